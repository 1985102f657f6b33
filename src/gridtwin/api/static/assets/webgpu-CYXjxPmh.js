<<<<<<<< HEAD:src/gridtwin/api/static/assets/webgpu-4gxSKkzc.js
export{p as arithmetic,f as dot,d as equalAll,u as extent,l as fround,c as gather,o as interleave,a as length,s as segmentedMap,i as select,r as sequence,n as swizzle}from"./flowoverlay-D9kZLRWk.js";
========
export{p as arithmetic,f as dot,d as equalAll,u as extent,l as fround,c as gather,o as interleave,a as length,s as segmentedMap,i as select,r as sequence,n as swizzle}from"./flowoverlay-BI4GsYC-.js";
>>>>>>>> d2a750d (Try the panels in a browser):src/gridtwin/api/static/assets/webgpu-CYXjxPmh.js

<<<<<<<< HEAD:src/gridtwin/api/static/assets/ElementLink-C2R5cTsX.js
import{t as e}from"./params-Bk1Fdad9.js";import{w as t}from"./index-DprjPOps.js";var n=t();function r({mrid:t,children:r}){return(0,n.jsx)(`button`,{type:`button`,className:`text-button`,onClick:()=>e(t),children:r??t})}export{r as t};
========
import{t as e}from"./params-Bk1Fdad9.js";import{w as t}from"./index-d-_yRR_r.js";var n=t();function r({mrid:t,children:r}){return(0,n.jsx)(`button`,{type:`button`,className:`text-button`,onClick:()=>e(t),children:r??t})}export{r as t};
>>>>>>>> side/findings:src/gridtwin/api/static/assets/ElementLink-CelIaZjd.js

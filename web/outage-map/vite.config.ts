/** Build the outage map for the public: files that stand in any folder of any server. */

import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { licenses } from "../licenses.ts";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "./",
  plugins: [licenses("licenses.txt")],
  build: {
    outDir: fileURLToPath(new URL("../../src/gridtwin/publish/outage_map/site", import.meta.url)),
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200,
    modulePreload: { polyfill: false },
  },
  worker: { format: "es" },
});

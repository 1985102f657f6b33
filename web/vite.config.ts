import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { licenses } from "./licenses.ts";
import { preload } from "./preload.ts";

const server = process.env.GRIDTWIN_SERVER ?? "http://127.0.0.1:8766";

export default defineConfig({
  plugins: [react(), licenses("licenses.txt"), preload("index.html", "MapView")],
  build: {
    outDir: fileURLToPath(new URL("../src/gridtwin/api/static", import.meta.url)),
    emptyOutDir: true,
    target: "es2022",
    // The page runs under a strict content security policy: fonts and images stay files.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: Object.fromEntries(
        ["index", "manual"].map((page) => [
          page,
          fileURLToPath(new URL(`${page}.html`, import.meta.url)),
        ]),
      ),
    },
  },
  worker: { format: "es" },
  server: {
    // `npm run dev` serves the page and hands everything else to a running `gridtwin serve`.
    proxy: Object.fromEntries(["/api", "/tiles", "/ogc", "/health"].map((path) => [path, server])),
  },
});

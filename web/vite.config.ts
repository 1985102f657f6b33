import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { licenses } from "./licenses.ts";
import { preload } from "./preload.ts";

// What the first sight needs comes in few files, so that none waits behind many small ones: each is
// a request, and a browser has six at once. A group is what is named, without what that imports.
const FILES = [
  { name: "maplibre", test: /node_modules\/maplibre-gl\// },
  { name: "react", test: /node_modules\/(react|react-dom|scheduler|zustand)\// },
  {
    name: "parts",
    test: /preload-helper|src\/(api|parts|state)\/[^/]+$|src\/map\/(current|firstsight|flow|look|modes|palette|roles|symbols)\.ts$/,
  },
  { name: "map", test: /src\/map\/(?!flow|pmtilesprotocol|MapView)[^/]+$/ },
  {
    name: "widgets",
    test: /src\/panels\/(legend|replay)\/|\/(Signs|signs|WhatIfBanner)\.tsx?$|src\/parts\/operate\/client/,
  },
];

const server = process.env.GRIDTWIN_SERVER ?? "http://127.0.0.1:8766";

export default defineConfig({
  plugins: [
    react(),
    licenses("licenses.txt"),
    preload("index.html", "MapView", "maplibre-gl-worker"),
  ],
  build: {
    outDir: fileURLToPath(new URL("../src/gridtwin/api/static", import.meta.url)),
    emptyOutDir: true,
    target: "es2022",
    // The page runs under a strict content security policy: fonts and images stay files.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: { codeSplitting: { includeDependenciesRecursively: false, groups: FILES } },
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

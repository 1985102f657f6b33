import { validateStyleMin } from "@maplibre/maplibre-gl-style-spec";
import { expect, it } from "vitest";
import { BASEMAP, basemapLayers } from "../src/map/basemaplayers";

it.each(["dark", "light"] as const)("is a style that the map takes, in %s", (theme) => {
  const layers = basemapLayers(theme);
  const sources = { [BASEMAP]: { type: "vector" as const, url: "pmtiles://x" } };
  expect(validateStyleMin({ version: 8, sources, layers })).toEqual([]);
  const drawn = new Set(layers.map((layer) => "source-layer" in layer && layer["source-layer"]));
  expect([...drawn].sort()).toEqual(["buildings", "earth", "landuse", "places", "roads", "water"]);
});

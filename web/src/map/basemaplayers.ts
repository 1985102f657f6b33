/**
 * What lies beneath the grid, in the Protomaps scheme: earth, water, landuse, roads, buildings, places.
 *
 * It is quiet: grays near the ground, no red, thin roads, no pictures; the grid stays the subject.
 */

import type {
  ExpressionSpecification as Expr,
  FilterSpecification,
  LayerSpecification,
} from "maplibre-gl";
import type { Theme } from "../state/theme";
import { zoomed } from "./expressions";
import { FONT } from "./look";

export const BASEMAP = "basemap";

interface Ground {
  earth: string;
  water: string;
  green: string;
  building: string;
  road: string;
  minor: string;
  label: string;
  halo: string;
}

const GROUNDS: Record<Theme, Ground> = {
  dark: {
    earth: "#10151c",
    water: "#0a1b29",
    green: "#101b18",
    building: "#171e27",
    road: "#28323e",
    minor: "#1c242e",
    label: "#8793a1",
    halo: "#0d1117",
  },
  light: {
    earth: "#f4f2ec",
    water: "#d5e3ea",
    green: "#e7eddd",
    building: "#e8e5dc",
    road: "#dcd8cc",
    minor: "#e6e3d9",
    label: "#626a73",
    halo: "#f6f5f1",
  },
};

// Archives of the scheme before its third version call it otherwise.
const KIND: Expr = ["coalesce", ["get", "kind"], ["get", "pmap:kind"], ""];
const isOneOf = (...kinds: string[]): FilterSpecification => ["in", KIND, ["literal", kinds]];

const GREEN = ["park", "forest", "wood", "grass", "nature_reserve", "cemetery", "golf_course"];
const LARGE_ROADS = ["highway", "major_road", "medium_road"];
const SMALL_ROADS = ["minor_road", "other", "path"];
const TOWNS = ["locality", "city", "town", "village"];
const QUARTERS = ["neighbourhood", "macrohood", "suburb"];

export function basemapLayers(theme: Theme): LayerSpecification[] {
  const ground = GROUNDS[theme];
  return [...surfaces(ground), ...roads(ground), ...names(ground)];
}

function surfaces(ground: Ground): LayerSpecification[] {
  const fill = (
    layer: string,
    color: string,
    rest: { filter?: FilterSpecification; minzoom?: number } = {},
  ): LayerSpecification => ({
    id: `${BASEMAP}-${layer}`,
    source: BASEMAP,
    "source-layer": layer,
    type: "fill",
    ...rest,
    paint: { "fill-color": color },
  });
  return [
    fill("earth", ground.earth),
    fill("landuse", ground.green, { filter: isOneOf(...GREEN) }),
    fill("water", ground.water, { filter: ["==", ["geometry-type"], "Polygon"] }),
    {
      id: `${BASEMAP}-streams`,
      source: BASEMAP,
      "source-layer": "water",
      type: "line",
      filter: ["==", ["geometry-type"], "LineString"],
      paint: { "line-color": ground.water, "line-width": zoomed([9, 0.5], [16, 3]) },
    },
    fill("buildings", ground.building, { minzoom: 14 }),
  ];
}

function roads(ground: Ground): LayerSpecification[] {
  const road = (
    size: string,
    kinds: string[],
    minzoom: number,
    color: string,
    width: Expr,
  ): LayerSpecification => ({
    id: `${BASEMAP}-roads-${size}`,
    source: BASEMAP,
    "source-layer": "roads",
    type: "line",
    minzoom,
    filter: isOneOf(...kinds),
    layout: { "line-cap": "round", "line-join": "round" },
    paint: { "line-color": color, "line-width": width },
  });
  return [
    road("small", SMALL_ROADS, 12, ground.minor, zoomed([12, 0.4], [15, 2], [18, 10])),
    road("rail", ["rail"], 12, ground.minor, zoomed([12, 0.5], [18, 2])),
    road("large", LARGE_ROADS, 6, ground.road, zoomed([6, 0.4], [11, 1.6], [15, 5], [18, 16])),
    {
      id: `${BASEMAP}-roads-names`,
      source: BASEMAP,
      "source-layer": "roads",
      type: "symbol",
      minzoom: 15,
      filter: ["has", "name"],
      layout: {
        "symbol-placement": "line",
        "symbol-spacing": 500,
        "text-field": ["get", "name"],
        "text-font": [FONT],
        "text-size": 10.5,
      },
      paint: text(ground),
    },
  ];
}

function names(ground: Ground): LayerSpecification[] {
  const name = (size: string, kinds: string[], minzoom: number, px: Expr): LayerSpecification => ({
    id: `${BASEMAP}-places-${size}`,
    source: BASEMAP,
    "source-layer": "places",
    type: "symbol",
    minzoom,
    filter: isOneOf(...kinds),
    layout: {
      "text-field": ["coalesce", ["get", "name:en"], ["get", "name"], ""],
      "text-font": [FONT],
      "text-size": px,
      "text-padding": 10,
    },
    paint: text(ground),
  });
  return [
    name("quarters", QUARTERS, 12, zoomed([12, 10.5], [16, 13])),
    name("towns", TOWNS, 5, zoomed([5, 10.5], [12, 15])),
  ];
}

function text(ground: Ground): {
  "text-color": string;
  "text-halo-color": string;
  "text-halo-width": number;
} {
  return { "text-color": ground.label, "text-halo-color": ground.halo, "text-halo-width": 1.4 };
}

/** Shapes on the map that are no part of the grid: the area of an answer, a polygon being drawn. */

import type { ExpressionSpecification as Expr, LayerSpecification } from "maplibre-gl";
import type { Palette } from "./palette";

export const OVERLAY = "overlay";

/** `out` an area without supply, `draw` what the user draws, `note` anything else. */
export type Tone = "out" | "draw" | "note";

export interface Shape {
  geometry: GeoJSON.Geometry;
  tone: Tone;
  handle?: boolean; // a point to be grabbed
}

/** All shapes as one collection; each panel has its own key. */
export function collect(shapes: ReadonlyMap<string, readonly Shape[]>): GeoJSON.FeatureCollection {
  const features = [...shapes].flatMap(([key, list]) =>
    list.map(
      ({ geometry, tone, handle }): GeoJSON.Feature => ({
        type: "Feature",
        geometry,
        properties: { key, tone, handle: handle ?? false },
      }),
    ),
  );
  return { type: "FeatureCollection", features };
}

function tone(palette: Palette): Expr {
  return ["match", ["get", "tone"], "out", palette.outHalo, "draw", palette.draw, palette.select];
}

const source = { source: OVERLAY } as const;

/** Below the grid: nothing of it is hidden. */
export function overlayAreas(palette: Palette): LayerSpecification[] {
  return [
    {
      id: "overlay-fill",
      ...source,
      type: "fill",
      filter: ["==", ["geometry-type"], "Polygon"],
      paint: { "fill-color": tone(palette), "fill-opacity": 0.12 },
    },
    {
      id: "overlay-line",
      ...source,
      type: "line",
      filter: ["!=", ["geometry-type"], "Point"],
      layout: { "line-join": "round", "line-cap": "round" },
      paint: { "line-color": tone(palette), "line-width": 2, "line-opacity": 0.85 },
    },
  ];
}

/** Above the grid: they are to be grabbed. */
export function overlayHandles(palette: Palette): LayerSpecification[] {
  return [
    {
      id: "overlay-point",
      ...source,
      type: "circle",
      filter: ["==", ["geometry-type"], "Point"],
      paint: {
        "circle-radius": ["case", ["get", "handle"], 6, 4],
        "circle-color": palette.ground,
        "circle-stroke-color": tone(palette),
        "circle-stroke-width": 2,
      },
    },
  ];
}

/** What is drawn as a point: meters, transformers, substations, and the ring around one that is flagged. */

import type { ExpressionSpecification as Expr, LayerSpecification } from "maplibre-gl";
import { SOURCE } from "./channels";
import { energizedColor } from "./colors";
import {
  both,
  CHOSEN,
  DIFFERS,
  FLAGGED,
  IS_NOT_WELL,
  IS_OUT,
  MARK,
  markColor,
  RETURNS,
  state,
  steps,
  zoomed,
} from "./expressions";
import { FONT_STRONG, type StyleInput } from "./look";
import { opacityOf } from "./painted";
import type { Palette } from "./palette";

/** A ring around points that are chosen, marked, pointed at, or not the same on the map beside. */
export function pointFlag(
  layer: string,
  radius: number,
  { painted }: StyleInput,
  palette: Palette,
  minzoom: number,
): LayerSpecification {
  const id = `${layer}-flag`;
  return {
    id,
    source: SOURCE,
    "source-layer": layer,
    type: "circle",
    minzoom,
    paint: {
      "circle-radius": zoomed([10, both(FLAGGED, radius * 0.7)], [16, both(FLAGGED, radius * 1.5)]),
      "circle-color": [
        "case",
        CHOSEN,
        `${palette.select}4d`,
        [">", MARK, 0],
        markColor(palette, "8c"),
        DIFFERS,
        `${palette.differs}8c`,
        `${palette.select}33`,
      ],
      ...opacityOf(id, painted),
      "circle-stroke-color": palette.select,
      "circle-stroke-width": ["case", CHOSEN, 2, 0],
    },
  };
}

export function meterLayers(input: StyleInput, palette: Palette): LayerSpecification[] {
  return [
    pointFlag("usage_points", 4.5, input, palette, 15),
    {
      id: "usage_points",
      source: SOURCE,
      "source-layer": "usage_points",
      type: "circle",
      minzoom: 15,
      paint: {
        "circle-radius": zoomed([15, 1.7], [17, 3.4], [20, 7]),
        "circle-color": ["case", IS_OUT, palette.ground, RETURNS, palette.back, palette.closed],
        "circle-stroke-color": [
          "case",
          IS_OUT,
          palette.out,
          IS_NOT_WELL,
          palette.partial,
          palette.ground,
        ],
        "circle-stroke-width": ["case", IS_NOT_WELL, 1.6, 0.6],
      },
    },
    {
      id: "priority",
      source: SOURCE,
      "source-layer": "usage_points",
      type: "symbol",
      minzoom: 15,
      filter: ["!=", ["coalesce", ["get", "priority"], ""], ""],
      layout: {
        "icon-image": `priority/${input.theme}`,
        "icon-size": zoomed([15, 0.6], [18, 1]),
        "icon-allow-overlap": true,
        "icon-offset": [9, -9],
      },
    },
  ];
}

export function transformerLayers(input: StyleInput, palette: Palette): LayerSpecification[] {
  const load = state("load");
  const color: Expr =
    input.mode === "loading"
      ? ["case", ["<=", load, 0], palette.unknown, steps(load, palette.loads)]
      : energizedColor(input, palette);
  return [
    pointFlag("transformers", 6, input, palette, 10),
    {
      id: "transformers",
      source: SOURCE,
      "source-layer": "transformers",
      type: "circle",
      minzoom: 10,
      paint: {
        "circle-radius": zoomed([12, 1.1], [14, 2.4], [16, 4.6], [20, 11]),
        "circle-color": ["case", IS_OUT, palette.outCore, RETURNS, palette.back, color],
        "circle-stroke-color": [
          "case",
          IS_OUT,
          palette.out,
          IS_NOT_WELL,
          palette.partial,
          palette.ground,
        ],
        "circle-stroke-width": zoomed(
          [12, ["case", IS_NOT_WELL, 1.2, 0.4]],
          [16, ["case", IS_NOT_WELL, 2.2, 1]],
        ),
      },
    },
  ];
}

export function substationLayers(input: StyleInput, palette: Palette): LayerSpecification[] {
  return [
    pointFlag("substations", 15, input, palette, 0),
    {
      id: "substations",
      source: "substations",
      type: "symbol",
      layout: {
        "icon-image": ["concat", "station/", ["to-string", ["get", "ring"]], `/${input.theme}`],
        "icon-size": zoomed([5, 0.24], [9, 0.42], [11, 0.75], [15, 1.25]),
        "icon-allow-overlap": true,
        "icon-ignore-placement": true,
        "symbol-sort-key": ["get", "out"],
      },
    },
    {
      id: "substations-label",
      source: "substations",
      type: "symbol",
      minzoom: 9,
      layout: {
        "text-field": ["get", "name"],
        "text-font": [FONT_STRONG],
        "text-size": zoomed([9, 10.5], [13, 13]),
        "text-anchor": "top",
        "text-offset": [0, 1.1],
        "text-padding": 8,
        "text-optional": true,
        "symbol-sort-key": ["-", 0, ["get", "customers"]],
      },
      paint: {
        "text-color": palette.label,
        "text-halo-color": palette.labelHalo,
        "text-halo-width": 1.6,
      },
    },
  ];
}

/** Names beside lines, switches, transformers and meters. */

import type { LayerSpecification } from "maplibre-gl";
import { SOURCE } from "./channels";
import { byFeeder } from "./colors";
import { FONT, FONT_STRONG, type StyleInput } from "./look";
import type { Palette } from "./palette";

export function labelLayers(input: StyleInput, palette: Palette): LayerSpecification[] {
  const names = new Map(input.info.feeders.map(({ id, name, mrid }) => [id, name || mrid]));
  const text = {
    "text-color": palette.labelQuiet,
    "text-halo-color": palette.labelHalo,
    "text-halo-width": 1.5,
  } as const;
  const beside = (layer: string, minzoom: number, offset: number): LayerSpecification => ({
    id: `${layer}-label`,
    source: SOURCE,
    "source-layer": layer,
    type: "symbol",
    minzoom,
    layout: {
      "text-field": ["get", "mrid"],
      "text-font": [FONT],
      "text-size": 11,
      "text-anchor": "left",
      "text-offset": [offset, 0],
      "text-optional": true,
    },
    paint: text,
  });
  return [
    {
      id: "feeder-label",
      source: SOURCE,
      "source-layer": "lines",
      type: "symbol",
      minzoom: 12,
      filter: ["==", ["get", "class"], "backbone"],
      layout: {
        "symbol-placement": "line",
        "symbol-spacing": 420,
        "text-field": ["to-string", byFeeder<string>(input, "", (id) => names.get(id) ?? "")],
        "text-font": [FONT],
        "text-size": 11,
        "text-max-angle": 30,
        "text-offset": [0, -0.85],
        "text-padding": 12,
      },
      paint: text,
    },
    beside("switches", 15.5, 1.1),
    {
      id: "transformers-label",
      source: SOURCE,
      "source-layer": "transformers",
      type: "symbol",
      minzoom: 15,
      filter: [">", ["coalesce", ["get", "customers"], 0], 0],
      layout: {
        "text-field": ["to-string", ["get", "customers"]],
        "text-font": [FONT_STRONG],
        "text-size": 10.5,
        "text-anchor": "top",
        "text-offset": [0, 0.6],
      },
      paint: text,
    },
    beside("usage_points", 18, 0.8),
  ];
}

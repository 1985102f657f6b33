/** Switches: a symbol for each position, the letters of open phases, a ring where the position is not the normal one. */

import type { ExpressionSpecification as Expr, LayerSpecification } from "maplibre-gl";
import { SOURCE } from "./channels";
import { both, state, zoomed } from "./expressions";
import { FONT_STRONG, type StyleInput } from "./look";
import type { Palette } from "./palette";
import { pointFlag } from "./pointlayers";

const BITS: (string | number)[] = ["A", 1, "B", 2, "AB", 3, "C", 4, "AC", 5, "BC", 6, "ABC", 7];
const bitsOf = (property: string, none: number): Expr =>
  ["match", ["coalesce", ["get", property], ""], "", none, ...BITS, 7] as unknown as Expr;
const NORMAL_OPEN = bitsOf("normal_open", 0);
const OPEN_NOW = state("open");
const TRIED = state("tried");
/** Bits of the phases that stand open. */
const OPEN: Expr = [
  "case",
  ["==", TRIED, 8],
  0,
  [">", TRIED, 0],
  TRIED,
  ["==", OPEN_NOW, -1],
  0,
  ["!=", OPEN_NOW, 0],
  OPEN_NOW,
  NORMAL_OPEN,
];
const OF_PHASES = bitsOf("phases", 7);
const ALL_OPEN: Expr = ["any", ["==", OPEN, 7], ["==", OPEN, OF_PHASES]];
const IS_CLOSED: Expr = ["==", OPEN, 0];
const ABNORMAL: Expr = [
  "any",
  [">", TRIED, 0],
  ["all", ["!=", OPEN_NOW, 0], ["!=", OPEN, NORMAL_OPEN]],
];

export function switchLayers(input: StyleInput, palette: Palette): LayerSpecification[] {
  const symbol = (position: "closed" | "open" | "partial", test: Expr): LayerSpecification => ({
    id: `switches-${position}`,
    source: SOURCE,
    "source-layer": "switches",
    type: "symbol",
    minzoom: 10,
    layout: {
      "icon-image": ["concat", "switch/", ["get", "kind"], `/${position}/${input.theme}`],
      "icon-size": zoomed([10, 0.22], [12, 0.42], [13, 0.6], [16, 1], [20, 1.5]),
      "icon-allow-overlap": true,
      "icon-ignore-placement": true,
    },
    paint: { "icon-opacity": ["case", test, 1, 0] },
  });
  const letter = (name: string, bits: number[], offset: number): LayerSpecification => ({
    id: `switches-phase-${name}`,
    source: SOURCE,
    "source-layer": "switches",
    type: "symbol",
    minzoom: 14,
    layout: {
      "text-field": name,
      "text-font": [FONT_STRONG],
      "text-size": 11,
      "text-offset": [offset, 1.3],
      "text-allow-overlap": true,
      "text-ignore-placement": true,
    },
    paint: {
      "text-color": palette.open,
      "text-halo-color": palette.labelHalo,
      "text-halo-width": 1.4,
      "text-opacity": ["case", ["all", ["!", ALL_OPEN], ["in", OPEN, ["literal", bits]]], 1, 0],
    },
  });
  return [
    pointFlag("switches", 8, input, palette, 10),
    {
      id: "switches-abnormal",
      source: SOURCE,
      "source-layer": "switches",
      type: "circle",
      minzoom: 10,
      paint: {
        "circle-radius": zoomed([10, both(ABNORMAL, 5)], [16, both(ABNORMAL, 13)]),
        "circle-color": palette.abnormal,
        "circle-opacity": 0.16,
        "circle-stroke-color": palette.abnormal,
        "circle-stroke-width": ["case", ABNORMAL, 1.5, 0],
      },
    },
    symbol("closed", IS_CLOSED),
    symbol("partial", ["all", ["!", IS_CLOSED], ["!", ALL_OPEN]]),
    symbol("open", ALL_OPEN),
    letter("A", [1, 3, 5, 7], -0.8),
    letter("B", [2, 3, 6, 7], 0),
    letter("C", [4, 5, 6, 7], 0.8),
  ];
}

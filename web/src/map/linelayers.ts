/** Lines and secondaries: core, dashes, halo, flag, each a layer of its own. */

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
  RISK,
  riskColor,
  riskWidth,
  zoomed,
} from "./expressions";
import type { StyleInput } from "./look";
import { opacityOf } from "./painted";
import type { Palette } from "./palette";

/** Grows with the zoom; `more` is added at every stop. Nothing where the test fails. */
function widths(stops: [number, number, number][], test: Expr | null, more: number | Expr): Expr {
  const wider = (width: number): number | Expr =>
    typeof more === "number" ? width + more : ["+", width, more];
  const flat = stops.flatMap(([zoom, backbone, lateral]) => {
    const width: Expr = [
      "case",
      ["==", ["get", "class"], "backbone"],
      wider(backbone),
      wider(lateral),
    ];
    return [zoom, test ? (["case", test, width, 0] as Expr) : width];
  });
  return ["interpolate", ["exponential", 1.5], ["zoom"], ...flat] as unknown as Expr;
}

const LINE_STOPS: [number, number, number][] = [
  [6, 0.7, 0.3],
  [9, 1.1, 0.5],
  [11, 1.7, 0.7],
  [13, 2.6, 1.2],
  [15, 4, 2.1],
  [17, 6, 3.4],
  [20, 12, 7],
];

// Layers of one source layer with one layout share their geometry: dashes are round too.
const DASH = [1.2, 2.4];
const round = { "line-cap": "round", "line-join": "round" } as const;

export function lineLayers(input: StyleInput, palette: Palette): LayerSpecification[] {
  const lines = { source: SOURCE, "source-layer": "lines", type: "line" } as const;
  const seconds = { source: SOURCE, "source-layer": "secondaries", type: "line" } as const;
  const color = energizedColor(input, palette);
  const core: Expr = ["case", IS_OUT, palette.outCore, RETURNS, palette.back, color];
  const dash: Expr = ["case", IS_OUT, palette.out, palette.partial];
  const flag: Expr = [
    "case",
    CHOSEN,
    `${palette.select}e6`,
    [">", MARK, 0],
    markColor(palette, "9e"),
    DIFFERS,
    `${palette.differs}9e`,
    `${palette.select}59`,
  ];
  const shown = (layer: string) => opacityOf(layer, input.painted);
  const thin = (test: Expr | null, more: number) =>
    zoomed(
      [14, test ? both(test, 0.6 + more) : 0.6],
      [17, test ? both(test, 1.6 + more) : 1.6],
      [20, test ? both(test, 4 + more) : 4],
    );
  const risk: LayerSpecification = {
    id: "lines-risk",
    ...lines,
    layout: round,
    paint: {
      "line-color": riskColor(palette),
      ...shown("lines-risk"),
      "line-width": widths(LINE_STOPS, [">", RISK, 0], riskWidth(palette)),
    },
  };
  return [
    {
      id: "secondaries-flag",
      ...seconds,
      layout: round,
      paint: { "line-color": flag, ...shown("secondaries-flag"), "line-width": thin(FLAGGED, 5) },
    },
    {
      id: "secondaries",
      ...seconds,
      layout: round,
      paint: { "line-color": core, "line-opacity": 0.7, "line-width": thin(null, 0) },
    },
    {
      id: "secondaries-out",
      ...seconds,
      layout: round,
      paint: {
        "line-color": dash,
        "line-dasharray": DASH,
        ...shown("secondaries-out"),
        "line-width": thin(IS_NOT_WELL, 0.4),
      },
    },
    {
      id: "lines-halo",
      ...lines,
      layout: round,
      paint: {
        "line-color": ["case", RETURNS, palette.back, IS_OUT, palette.outHalo, palette.partial],
        ...shown("lines-halo"),
        "line-width": widths(LINE_STOPS, ["any", IS_NOT_WELL, RETURNS], 5),
      },
    },
    ...(input.mode === "vegetation" ? [risk] : []),
    {
      id: "lines-flag",
      ...lines,
      layout: round,
      paint: {
        "line-color": flag,
        ...shown("lines-flag"),
        "line-width": widths(LINE_STOPS, FLAGGED, 6),
      },
    },
    {
      id: "lines",
      ...lines,
      layout: round,
      paint: {
        "line-color": core,
        // Of each feature in both looks: a tile that is under way when a property turns constant
        // cannot take the state of its features any more.
        "line-opacity": ["case", FLAGGED, 1, IS_NOT_WELL, 1, input.dim ? 0.32 : 1],
        "line-width": widths(LINE_STOPS, null, 0),
      },
    },
    {
      id: "lines-out",
      ...lines,
      layout: round,
      paint: {
        "line-color": dash,
        "line-dasharray": DASH,
        ...shown("lines-out"),
        "line-width": widths(LINE_STOPS, IS_NOT_WELL, 0.6),
      },
    },
  ];
}

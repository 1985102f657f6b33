/**
 * The layers of the map, from the ground up.
 *
 * Geometry comes once, in tiles; what changes comes as feature-state. Layout properties (icons, dashes)
 * cannot follow feature-state, so each appearance has a layer of its own and the state says which one
 * has a width or an opacity. A line of no width costs no fragment.
 */

import type { ExpressionSpecification as Expr, LayerSpecification } from "maplibre-gl";
import { SOURCE } from "./channels";
import type { Palette } from "./palette";
import { FONT, FONT_STRONG, type StyleInput } from "./style";

type Layers = LayerSpecification[];

const state = (key: string): Expr => ["coalesce", ["feature-state", key], 0];
const FATE = state("fate");
/** Comes back in a what-if. */
const RETURNS: Expr = ["==", FATE, 2];
/** 1 out, 2 partial, 0 supplied; a what-if has the last word. */
const SUPPLY: Expr = ["case", ["==", FATE, 1], 1, RETURNS, 0, state("supply")];
const IS_OUT: Expr = ["==", SUPPLY, 1];
const IS_NOT_WELL: Expr = ["!=", SUPPLY, 0];
const MARK = state("mark");
const CHOSEN: Expr = ["==", state("chosen"), 1];
const HOVER: Expr = ["==", state("hover"), 1];

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

const both = (test: Expr, width: number): Expr => ["case", test, width, 0];

/** Grows with the zoom; `factor` and `more` are applied to every stop. */
function widths(stops: [number, number, number][], test: Expr | null, more: number): Expr {
  const flat = stops.flatMap(([zoom, backbone, lateral]) => {
    const width: Expr = [
      "case",
      ["==", ["get", "class"], "backbone"],
      backbone + more,
      lateral + more,
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

function zoomed(...stops: [number, number | Expr][]): Expr {
  return ["interpolate", ["exponential", 1.5], ["zoom"], ...stops.flat()] as unknown as Expr;
}

function steps(value: Expr, levels: readonly [number, string][]): Expr {
  const [first, ...rest] = levels;
  return ["step", value, first?.[1] ?? "#888888", ...rest.flat()] as unknown as Expr;
}

const FEEDER: Expr = ["coalesce", ["get", "feeder"], 0];

/** A value of each feeder, looked up by its id. */
function byFeeder<T extends string | number>(
  input: StyleInput,
  none: T,
  of: (id: number) => T,
): Expr {
  const size = input.info.feeders.reduce((most, { id }) => Math.max(most, id), 0) + 1;
  const values: T[] = new Array<T>(size).fill(none);
  for (const { id } of input.info.feeders) values[id] = of(id);
  return ["at", ["case", ["<", FEEDER, size], FEEDER, 0], ["literal", values]] as Expr;
}

function feederColor(input: StyleInput, palette: Palette): Expr {
  const index = new Map(input.info.feeders.map(({ id, color_index }) => [id, color_index]));
  const colors = palette.feeders.flatMap((color, i) => [i, color]);
  return [
    "match",
    byFeeder(input, -1, (id) => (index.get(id) ?? 0) % palette.feeders.length),
    ...colors,
    palette.noFeeder,
  ] as unknown as Expr;
}

/** The color of what has supply. */
export function energizedColor(input: StyleInput, palette: Palette): Expr {
  switch (input.mode) {
    case "feeder":
      return feederColor(input, palette);
    case "voltage":
      return [
        "case",
        ["has", "v"],
        steps(["to-number", ["get", "v"]], palette.voltages),
        palette.unknown,
      ];
    case "loading": {
      const load = byFeeder(input, -1, (id) => input.loads.get(id) ?? -1);
      return ["case", ["<", load, 0], palette.unknown, steps(load, palette.loads)];
    }
    case "state":
      return ["to-color", palette.calm];
  }
}

function markColor(palette: Palette): Expr {
  const colors = palette.mark.slice(1).flatMap((color, i) => [i + 1, color]);
  return ["match", MARK, ...colors, palette.select] as unknown as Expr;
}

// Layers of one source layer with one layout share their geometry: dashes are round too.
const DASH = [1.2, 2.4];
const round = { "line-cap": "round", "line-join": "round" } as const;

export function gridLayers(input: StyleInput, palette: Palette): Layers {
  return [
    ...lineLayers(input, palette),
    ...meterLayers(input, palette),
    ...transformerLayers(input, palette),
    ...switchLayers(input, palette),
    ...labelLayers(input, palette),
    ...substationLayers(input, palette),
  ];
}

function lineLayers(input: StyleInput, palette: Palette): Layers {
  const lines = { source: SOURCE, "source-layer": "lines", type: "line" } as const;
  const seconds = { source: SOURCE, "source-layer": "secondaries", type: "line" } as const;
  const color = energizedColor(input, palette);
  const core: Expr = ["case", IS_OUT, palette.outCore, RETURNS, palette.back, color];
  const dash: Expr = ["case", IS_OUT, palette.out, palette.partial];
  const flagged: Expr = ["any", [">", MARK, 0], CHOSEN, HOVER];
  const flag: Expr = [
    "case",
    CHOSEN,
    palette.select,
    [">", MARK, 0],
    markColor(palette),
    palette.select,
  ];
  const flagOpacity: Expr = ["case", CHOSEN, 0.9, [">", MARK, 0], 0.62, 0.35];
  const thin = (test: Expr | null, more: number) =>
    zoomed(
      [14, test ? both(test, 0.6 + more) : 0.6],
      [17, test ? both(test, 1.6 + more) : 1.6],
      [20, test ? both(test, 4 + more) : 4],
    );
  return [
    {
      id: "secondaries-flag",
      ...seconds,
      layout: round,
      paint: { "line-color": flag, "line-opacity": flagOpacity, "line-width": thin(flagged, 5) },
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
      paint: { "line-color": dash, "line-dasharray": DASH, "line-width": thin(IS_NOT_WELL, 0.4) },
    },
    {
      id: "lines-halo",
      ...lines,
      layout: round,
      paint: {
        "line-color": ["case", RETURNS, palette.back, IS_OUT, palette.outHalo, palette.partial],
        "line-opacity": 0.3,
        "line-width": widths(LINE_STOPS, ["any", IS_NOT_WELL, RETURNS], 5),
      },
    },
    {
      id: "lines-flag",
      ...lines,
      layout: round,
      paint: {
        "line-color": flag,
        "line-opacity": flagOpacity,
        "line-width": widths(LINE_STOPS, flagged, 6),
      },
    },
    {
      id: "lines",
      ...lines,
      layout: round,
      paint: {
        "line-color": core,
        "line-opacity": input.dim ? ["case", flagged, 1, IS_NOT_WELL, 1, 0.32] : 1,
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
        "line-width": widths(LINE_STOPS, IS_NOT_WELL, 0.6),
      },
    },
  ];
}

/** A ring around points that are chosen, marked or pointed at. */
function pointFlag(
  layer: string,
  radius: number,
  palette: Palette,
  minzoom: number,
): LayerSpecification {
  const flagged: Expr = ["any", [">", MARK, 0], CHOSEN, HOVER];
  return {
    id: `${layer}-flag`,
    source: SOURCE,
    "source-layer": layer,
    type: "circle",
    minzoom,
    paint: {
      "circle-radius": zoomed([10, both(flagged, radius * 0.7)], [16, both(flagged, radius * 1.5)]),
      "circle-color": [
        "case",
        CHOSEN,
        palette.select,
        [">", MARK, 0],
        markColor(palette),
        palette.select,
      ],
      "circle-opacity": ["case", CHOSEN, 0.3, [">", MARK, 0], 0.55, 0.2],
      "circle-stroke-color": palette.select,
      "circle-stroke-width": ["case", CHOSEN, 2, 0],
    },
  };
}

function meterLayers(_input: StyleInput, palette: Palette): Layers {
  return [
    pointFlag("usage_points", 4.5, palette, 15),
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
        "icon-image": `priority/${_input.theme}`,
        "icon-size": zoomed([15, 0.6], [18, 1]),
        "icon-allow-overlap": true,
        "icon-offset": [9, -9],
      },
    },
  ];
}

function transformerLayers(input: StyleInput, palette: Palette): Layers {
  const load = state("load");
  const color: Expr =
    input.mode === "loading"
      ? ["case", ["<=", load, 0], palette.unknown, steps(load, palette.loads)]
      : energizedColor(input, palette);
  return [
    pointFlag("transformers", 6, palette, 10),
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

function switchLayers(input: StyleInput, palette: Palette): Layers {
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
    pointFlag("switches", 8, palette, 10),
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

function labelLayers(input: StyleInput, palette: Palette): Layers {
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

function substationLayers(input: StyleInput, palette: Palette): Layers {
  return [
    pointFlag("substations", 15, palette, 0),
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

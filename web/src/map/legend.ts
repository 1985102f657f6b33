/** What the signs of the map mean, for the legend on the screen and the one on paper. */

import type { Info } from "../api/types";
import type { Theme } from "../state/theme";
import type { Mode } from "./modes";
import { PALETTES, type Palette } from "./palette";

export interface Entry {
  sign:
    | { kind: "line"; color: string; width: number; dash?: boolean }
    | { kind: "dot"; color: string; ring?: string }
    | { kind: "symbol"; name: string }; // as map/symbols.ts draws it
  says: string;
}

export interface Group {
  title: string;
  entries: Entry[];
}

export function legendOf(mode: Mode, theme: Theme, info: Info | null): Group[] {
  const palette = PALETTES[theme];
  return [
    { title: "Supply", entries: supply(palette) },
    { title: TITLES[mode], entries: colors(mode, palette, info) },
    { title: "Switches", entries: switches(theme) },
    { title: "Places", entries: places(palette, theme) },
    { title: "Operating", entries: operating(theme) },
  ];
}

function operating(theme: Theme): Entry[] {
  const symbol = (name: string): Entry["sign"] => ({ kind: "symbol", name: `${name}/${theme}` });
  return [
    { sign: symbol("tag/hold"), says: "hold: nobody operates it" },
    { sign: symbol("tag/caution"), says: "caution" },
    { sign: symbol("crew/free"), says: "crew" },
    { sign: symbol("crew/en_route"), says: "crew on its way" },
    { sign: symbol("crew/on_site"), says: "crew at work" },
  ];
}

const TITLES: Record<Mode, string> = {
  feeder: "Lines by feeder",
  voltage: "Lines by voltage",
  loading: "Lines and transformers by loading",
  vegetation: "Lines by vegetation risk",
  state: "Lines",
};

function supply(palette: Palette): Entry[] {
  return [
    { sign: { kind: "line", color: palette.out, width: 3, dash: true }, says: "no supply" },
    { sign: { kind: "line", color: palette.partial, width: 3, dash: true }, says: "some phases" },
    { sign: { kind: "line", color: palette.back, width: 3 }, says: "comes back (what if)" },
    {
      sign: { kind: "line", color: palette.differs, width: 7 },
      says: "not the same (side by side)",
    },
  ];
}

function colors(mode: Mode, palette: Palette, info: Info | null): Entry[] {
  const line = (color: string): Entry["sign"] => ({ kind: "line", color, width: 3 });
  switch (mode) {
    case "voltage":
      return palette.voltages.map(([from, color], at) => ({
        sign: line(color),
        says: range(from / 1000, (palette.voltages[at + 1]?.[0] ?? Number.NaN) / 1000, "kV"),
      }));
    case "loading":
      return [
        ...palette.loads.map(([from, color], at) => ({
          sign: line(color),
          says: range(from, palette.loads[at + 1]?.[0] ?? Number.NaN, "%"),
        })),
        { sign: line(palette.unknown), says: "not known" },
      ];
    case "vegetation":
      return [
        ...palette.risks.map(([name, color, width]) => ({
          sign: { kind: "line", color, width: 2 + width } as const,
          says: `${name} risk`,
        })),
        { sign: line(palette.unknown), says: "not at risk" },
      ];
    case "state":
      return [{ sign: line(palette.calm), says: "supplied" }];
    case "feeder":
      return feeders(palette, info);
  }
}

function feeders(palette: Palette, info: Info | null): Entry[] {
  const many = info && info.feeders.length > palette.feeders.length;
  const says = many ? "one color for several feeders, told apart where they meet" : "one feeder";
  const line = (color: string): Entry["sign"] => ({ kind: "line", color, width: 3 });
  return [
    ...palette.feeders.slice(0, 3).map((color, at) => ({
      sign: line(color),
      says: at === 0 ? says : at === 1 ? "another" : "and so on",
    })),
    { sign: line(palette.noFeeder), says: "of no feeder" },
  ];
}

/** `5 to 10 kV`, `above 10 kV`, `below 5 kV`. */
export function range(from: number, to: number, unit: string): string {
  if (Number.isNaN(to)) return `above ${from} ${unit}`;
  return from === 0 ? `below ${to} ${unit}` : `${from} to ${to} ${unit}`;
}

const KINDS: [string, string][] = [
  ["breaker", "breaker"],
  ["recloser", "recloser"],
  ["sectionaliser", "sectionaliser"],
  ["load_break_switch", "load break switch"],
  ["fuse", "fuse"],
];

function switches(theme: Theme): Entry[] {
  const symbol = (kind: string, position: string): Entry["sign"] => ({
    kind: "symbol",
    name: `switch/${kind}/${position}/${theme}`,
  });
  return [
    ...KINDS.map(([kind, says]) => ({ sign: symbol(kind, "closed"), says })),
    { sign: symbol("load_break_switch", "open"), says: "open: hollow" },
    { sign: symbol("load_break_switch", "partial"), says: "open on some phases" },
  ];
}

function places(palette: Palette, theme: Theme): Entry[] {
  return [
    { sign: { kind: "symbol", name: `station/0/${theme}` }, says: "substation" },
    {
      sign: { kind: "symbol", name: `station/40/${theme}` },
      says: "red: share of its customers out",
    },
    { sign: { kind: "dot", color: palette.calm, ring: palette.ground }, says: "transformer" },
    {
      sign: { kind: "dot", color: palette.ground, ring: palette.out },
      says: "meter without supply",
    },
    { sign: { kind: "symbol", name: `priority/${theme}` }, says: "priority site" },
  ];
}

/** Expressions that several layers are made of: what the feature-state says, sizes by zoom, colors by level. */

import type { ExpressionSpecification as Expr } from "maplibre-gl";
import type { Palette } from "./palette";

export const state = (key: string): Expr => ["coalesce", ["feature-state", key], 0];
export const FATE = state("fate");
/** Comes back in a what-if. */
export const RETURNS: Expr = ["==", FATE, 2];
/** 1 out, 2 partial, 0 supplied; a what-if has the last word. */
export const SUPPLY: Expr = ["case", ["==", FATE, 1], 1, RETURNS, 0, state("supply")];
export const IS_OUT: Expr = ["==", SUPPLY, 1];
export const IS_NOT_WELL: Expr = ["!=", SUPPLY, 0];
export const MARK = state("mark");
/** Place of the class of vegetation risk, from 1; 0 none. */
export const RISK = state("risk");
export const CHOSEN: Expr = ["==", state("chosen"), 1];
const HOVER: Expr = ["==", state("hover"), 1];
/** Is not the same on the map beside. */
export const DIFFERS: Expr = ["==", state("differs"), 1];
export const FLAGGED: Expr = ["any", [">", MARK, 0], CHOSEN, HOVER, DIFFERS];

export const both = (test: Expr, width: number): Expr => ["case", test, width, 0];

export function zoomed(...stops: [number, number | Expr][]): Expr {
  return ["interpolate", ["exponential", 1.5], ["zoom"], ...stops.flat()] as unknown as Expr;
}

export function steps(value: Expr, levels: readonly [number, string][]): Expr {
  const [first, ...rest] = levels;
  return ["step", value, first?.[1] ?? "#888888", ...rest.flat()] as unknown as Expr;
}

/** The color of each class of risk. */
export function riskColor(palette: Palette): Expr {
  const colors = palette.risks.flatMap(([, color], i) => [i + 1, color]);
  return ["match", RISK, ...colors, palette.unknown] as unknown as Expr;
}

/** How much wider than its line each class of risk is drawn: told apart without color, too. */
export function riskWidth(palette: Palette): Expr {
  const widths = palette.risks.flatMap(([, , width], i) => [i + 1, width]);
  return ["match", RISK, ...widths, 0] as unknown as Expr;
}

/** @param alpha Two more digits of every color: how much it covers. */
export function markColor(palette: Palette, alpha = ""): Expr {
  const colors = palette.mark.slice(1).flatMap((color, i) => [i + 1, color + alpha]);
  return ["match", MARK, ...colors, palette.select + alpha] as unknown as Expr;
}

/** Two states side by side, as words of the URL: `left=normal&right=2026-07-01T12:00:00Z`. */

import type { Schemas } from "../api/types";
import { getParams, type Params, type Patch, setParams, useParam } from "./params";
import { readSwitches } from "./switches";

/** What one of two maps shows; a what-if is that of the URL. */
export type Side = { kind: "now" | "normal" | "whatif" } | { kind: "moment"; at: string };

const ZONED = /T.*(Z|[+-]\d\d:\d\d)$/;

/** Read a side; what is none is the present. */
export function parseSide(text: string | null | undefined): Side {
  if (text === "normal" || text === "whatif") return { kind: text };
  const ms = Date.parse(text ?? "");
  if (!text || !Number.isFinite(ms)) return { kind: "now" };
  // As it is written where it names its zone: the log counts microseconds, a Date does not.
  return { kind: "moment", at: ZONED.test(text) ? text : new Date(ms).toISOString() };
}

export function formatSide(side: Side): string {
  return side.kind === "moment" ? side.at : side.kind;
}

/** Whether a side becomes another when somebody operates a switch. */
export function followsPresent(side: Side): boolean {
  return side.kind === "now" || side.kind === "whatif";
}

/** A side as the server is asked for it. */
export function askedOf(side: Side, whatif: string | null): Schemas["SideAsked"] {
  switch (side.kind) {
    case "now":
      return {};
    case "normal":
      return { state: "normal" };
    case "moment":
      return { at: side.at };
    case "whatif":
      return { switches: Object.fromEntries(readSwitches(whatif)) };
  }
}

/**
 * What opens two maps, or closes the second one.
 *
 * What the one map showed meanwhile is one of the two: the past moment, or the what-if.
 */
export function sidesToggled({ right, at, whatif }: Params): Patch {
  if (right) return { left: null, right: null };
  const alone = { at: null, replay: null };
  if (at) return { ...alone, left: at, right: "now" };
  if (whatif) return { ...alone, left: "now", right: "whatif" };
  return { ...alone, left: "normal", right: "now" };
}

export function toggleSides(): void {
  setParams(sidesToggled(getParams()), { push: true });
}

/** What the map shows, or the first of two. */
export function firstSide({ left, right, at }: Params): Side {
  return parseSide(right ? left : at);
}

/** Whether two maps are on the page. */
export function useSidesOpen(): boolean {
  return useParam("right") !== null;
}

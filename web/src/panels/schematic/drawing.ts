/** Where the parts of a one-line diagram are drawn, in pixels. */

import type { Schematic, Section, Switch } from "./client";

export const COLUMN = 104;
export const ROW = 40;
export const EDGE = 24;
export const SIDE = 12; // of the sign of a switch

export const left = (column: number) => EDGE + column * COLUMN;
export const middle = (row: number) => EDGE + row * ROW;

export interface Line {
  key: string;
  d: string;
  tone: Tone;
}

/** `dark` without supply, `partial` short of a phase, `other` fed by another feeder. */
export type Tone = "live" | "dark" | "partial" | "other";

export function toneOf(section: Section, feeder: string): Tone {
  if (section.energized === "no") return "dark";
  if (section.energized === "partial") return "partial";
  return section.fed_by !== null && section.fed_by !== feeder ? "other" : "live";
}

/** The line of each section: from its switch to the last thing that hangs on it. */
export function linesOf({ feeder, sections, switches }: Schematic): Line[] {
  return sections.flatMap((section, at) => {
    const tone = toneOf(section, feeder);
    const own = switches[at];
    if (!own) return [];
    const y = middle(section.row);
    const end = left(section.column + 1);
    const lines = [{ key: own.mrid, d: `M${left(section.column)} ${y}H${end}`, tone }];
    const lowest = switches.filter(
      (each) => each !== own && each.from_row === section.row && each.column === section.column + 1,
    );
    const down = Math.max(section.row, ...lowest.map((each) => each.row));
    if (down > section.row) {
      lines.push({ key: `${own.mrid} down`, d: `M${end} ${y}V${middle(down)}`, tone });
    }
    return lines;
  });
}

/** What a switch is and how it stands, in words. */
export function describe(each: Switch, section: Section | undefined): string {
  const stands = each.open
    ? each.open === each.phases
      ? "open"
      : `open on ${each.open}`
    : "closed";
  const parts = [each.mrid, each.kind.replaceAll("_", " "), stands];
  if (each.open !== each.normal_open) parts.push("not as designed");
  if (section) {
    parts.push(`${section.customers.toLocaleString("en")} customers`);
    if (section.customers_out) parts.push(`${section.customers_out.toLocaleString("en")} out`);
  }
  if (each.tie_to) parts.push(`to ${each.tie_to}`);
  return parts.join(", ");
}

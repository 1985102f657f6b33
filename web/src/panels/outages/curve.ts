/** The curve of customers back: as paths in a box, with ticks, and in words for who hears it. */

import type { Schemas } from "../../api/types";
import { clock } from "../../parts/words";

export type CurvePoint = Schemas["CurvePoint"];

export interface Box {
  width: number;
  height: number;
}

export interface Drawn {
  p50: string;
  p80: string;
  between: string; // the band between the two
  ticks: { x: number; ms: number }[];
  levels: { y: number; customers: number }[];
  from: number;
  to: number;
}

const HOUR = 3_600_000;
const STEPS = [5 / 60, 10 / 60, 0.25, 0.5, 1, 2, 3, 6, 12, 24, 48, 168].map((each) => each * HOUR);

export function drawn(points: readonly CurvePoint[], customers: number, box: Box): Drawn | null {
  const curve = points
    .map((each) => ({ ...each, ms: Date.parse(each.at) }))
    .filter((each) => Number.isFinite(each.ms))
    .sort((a, b) => a.ms - b.ms);
  const [first, last] = [curve[0], curve.at(-1)];
  if (!first || !last) return null;
  const span = Math.max(last.ms - first.ms, 60_000);
  const top = Math.max(customers, 1);
  const x = (ms: number) => round(((ms - first.ms) / span) * box.width);
  const y = (back: number) => round(box.height - (Math.min(back, top) / top) * box.height);
  const line = (of: (point: CurvePoint) => number) =>
    curve.map((each, at) => step(at, x(each.ms), y(of(each)))).join("");
  const p50 = line((each) => each.customers_back_p50);
  const p80 = line((each) => each.customers_back_p80);
  const back = [...curve].reverse();
  const between =
    p50 +
    back
      .map((each, at) => {
        const before = back[at + 1];
        const corner = `L${x(each.ms)} ${y(each.customers_back_p80)}`;
        return before ? `${corner}L${x(each.ms)} ${y(before.customers_back_p80)}` : corner;
      })
      .join("");
  return {
    p50,
    p80,
    between: `${between}Z`,
    ticks: ticksOf(first.ms, first.ms + span).map((ms) => ({ x: x(ms), ms })),
    levels: levelsOf(top).map((each) => ({ y: y(each), customers: each })),
    from: first.ms,
    to: first.ms + span,
  };
}

/** The curve from when the outage began, when nobody was back. */
export function fromStart(points: readonly CurvePoint[], beganAt: string): CurvePoint[] {
  const [first] = points;
  if (!first || Date.parse(first.at) <= Date.parse(beganAt)) return [...points];
  return [{ at: beganAt, customers_back_p50: 0, customers_back_p80: 0 }, ...points];
}

/** A value holds until the next: steps, not slopes. */
function step(at: number, x: number, y: number): string {
  return at === 0 ? `M${x} ${y}` : `H${x}V${y}`;
}

/** Round times between two, five at most. */
export function ticksOf(from: number, to: number): number[] {
  const wide = STEPS.find((each) => (to - from) / each <= 5) ?? (to - from) / 4;
  const found: number[] = [];
  for (let ms = Math.ceil(from / wide) * wide; ms <= to; ms += wide) found.push(ms);
  return found;
}

/** Round levels up to the top, three at most, with zero. */
export function levelsOf(top: number): number[] {
  const wide = niceUp(top / 3);
  const found: number[] = [];
  for (let level = 0; level <= top; level += wide) found.push(level);
  return found;
}

function niceUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return [1, 2, 5, 10].map((each) => each * power).find((each) => each >= value) ?? 10 * power;
}

/** When half, and when all, are back: as likely as not, and with four chances of five. */
export function spoken(points: readonly CurvePoint[], customers: number): string {
  const sorted = [...points].sort((a, b) => a.at.localeCompare(b.at));
  const last = sorted.at(-1);
  if (!last || customers <= 0) return "No estimate of who is back when.";
  const likely = reached(sorted, customers / 2, (each) => each.customers_back_p50);
  const sure = reached(sorted, customers / 2, (each) => each.customers_back_p80);
  const all = reached(sorted, customers, (each) => each.customers_back_p80);
  const parts = [
    likely && `Half of ${customers.toLocaleString("en")} customers are likely back by ${likely}`,
    sure && `with four chances of five by ${sure}`,
    all && `all by ${all}`,
  ].filter(Boolean);
  return parts.length ? `${parts.join(", ")}.` : "Fewer than half are back in the time shown.";
}

function reached(
  points: readonly CurvePoint[],
  customers: number,
  of: (point: CurvePoint) => number,
): string {
  const found = points.find((each) => of(each) >= customers);
  return found ? clock(found.at) : "";
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

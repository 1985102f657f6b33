/** A storm as the event log tells it: moments, who was out when, and a clock that runs over it. */

import type { History, Moment } from "../../api/types";

/** The same in milliseconds, in the order of time. */
export interface Story {
  from: number;
  to: number;
  moments: (Moment & { ms: number })[];
  curve: { ms: number; out: number }[];
}

export function storyOf(history: History): Story {
  const moments = history.moments.map((each) => ({ ...each, ms: msOf(each.at) }));
  const curve = history.curve.map((each) => ({ ms: msOf(each.at), out: each.customers_out }));
  return {
    from: Date.parse(history.from),
    to: Date.parse(history.to),
    moments: moments.filter((each) => Number.isFinite(each.ms)).sort((a, b) => a.ms - b.ms),
    curve: curve.filter((each) => Number.isFinite(each.ms)).sort((a, b) => a.ms - b.ms),
  };
}

/** The first millisecond that is not before a time; the log counts microseconds. */
export function msOf(at: string): number {
  const finer = /\.\d{3}\d*[1-9]/.test(at);
  return Date.parse(at) + Number(finer);
}

/** How many of `items`, in the order of time, are not after a moment. */
export function upTo(items: readonly { ms: number }[], ms: number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const half = (low + high) >> 1;
    if ((items[half] as { ms: number }).ms <= ms) low = half + 1;
    else high = half;
  }
  return low;
}

export function outAt(story: Story, ms: number): number {
  return story.curve[upTo(story.curve, ms) - 1]?.out ?? 0;
}

export function momentAt(story: Story, ms: number): Story["moments"][number] | null {
  return story.moments[upTo(story.moments, ms) - 1] ?? null;
}

/** The moment after `ms`, or the one before it: what the arrow keys go to. */
export function neighbor(story: Story, ms: number, forward: boolean): number {
  if (forward) return story.moments[upTo(story.moments, ms)]?.ms ?? story.to;
  return story.moments[upTo(story.moments, ms - 1) - 1]?.ms ?? story.from;
}

export function clamped(story: Story, ms: number): number {
  return Math.min(Math.max(ms, story.from), story.to);
}

export const SPEEDS = [1, 10, 60, 300, 1800] as const;
const QUIET_S = 3; // seconds of the watcher's time; a longer wait for nothing is cut to this

/**
 * Where the clock stands after `elapsedMs` of the watcher's time.
 *
 * Where nothing happens for long, the clock jumps ahead: a night between two storms is not sat out.
 */
export function advanced(story: Story, ms: number, elapsedMs: number, speed: number): number {
  const next = story.moments[upTo(story.moments, ms)]?.ms ?? story.to;
  const quiet = QUIET_S * 1000 * speed;
  const start = next - ms > quiet ? next - quiet : ms;
  return clamped(story, start + elapsedMs * speed);
}

/** A speed at which the whole story lasts about a minute. */
export function fittingSpeed(story: Story): number {
  const wanted = (story.to - story.from) / 60_000;
  return SPEEDS.find((speed) => speed >= wanted) ?? SPEEDS[SPEEDS.length - 1] ?? 1;
}

/** The curve as an SVG path of steps, filled down to zero, in a box of `width` by `height`. */
export function trackPath(story: Story, width: number, height: number): string {
  const span = Math.max(story.to - story.from, 1);
  const top = Math.max(1, ...story.curve.map((each) => each.out));
  const x = (ms: number) => round(((clamped(story, ms) - story.from) / span) * width);
  const y = (out: number) => round(height - (out / top) * height);
  let path = `M0 ${height}V${y(outAt(story, story.from))}`;
  for (const { ms, out } of story.curve) {
    if (ms >= story.from && ms <= story.to) path += `H${x(ms)}V${y(out)}`;
  }
  return `${path}H${width}V${height}Z`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

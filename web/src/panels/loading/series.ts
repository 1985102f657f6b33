/** What meters measured over time, as paths for a small chart; a gap in the data is a gap in the line. */

export interface Sample {
  ms: number;
  value: number | null;
}

const INTERVAL_MS = 15 * 60_000;

export interface Series {
  path: string;
  low: number;
  high: number;
  from: number;
  to: number;
}

/** Return a line through samples in a box; null without two values to join. */
export function seriesOf(samples: readonly Sample[], width: number, height: number): Series | null {
  const known = samples.filter((each): each is { ms: number; value: number } => {
    return each.value !== null && Number.isFinite(each.value) && Number.isFinite(each.ms);
  });
  known.sort((a, b) => a.ms - b.ms);
  const [first, last] = [known[0], known.at(-1)];
  if (!first || !last || first === last) return null;
  const values = known.map((each) => each.value);
  const low = Math.min(...values);
  const high = Math.max(...values);
  const x = (ms: number) => round(((ms - first.ms) / (last.ms - first.ms)) * width);
  const y = (value: number) => round(height - ((value - low) / (high - low || 1)) * height);
  let path = "";
  let before = Number.NEGATIVE_INFINITY;
  for (const { ms, value } of known) {
    path += `${ms - before > 1.5 * INTERVAL_MS ? "M" : "L"}${x(ms)} ${y(value)}`;
    before = ms;
  }
  return { path, low, high, from: first.ms, to: last.ms };
}

export interface Loaded {
  id: number;
  pct: number;
  kw: number | null;
}

/** The most loaded first; what has no value is left out. */
export function mostLoaded(
  ids: readonly number[],
  pct: readonly (number | null)[],
  kw: readonly (number | null)[] | undefined,
  count: number,
): Loaded[] {
  const rows = ids.map((id, at) => ({ id, pct: pct[at] ?? null, kw: kw?.[at] ?? null }));
  return rows
    .filter((row): row is Loaded => row.pct !== null && Number.isFinite(row.pct))
    .sort((a, b) => b.pct - a.pct || a.id - b.id)
    .slice(0, count);
}

export const CLASSES = [
  { from: 0, word: "below 50 %" },
  { from: 50, word: "50 to 80 %" },
  { from: 80, word: "80 to 100 %" },
  { from: 100, word: "above 100 %" },
] as const;

/** The class of a loading, from 0. */
export function classOf(pct: number): number {
  return CLASSES.filter((each) => pct >= each.from).length - 1;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** What meters measured over time, as paths for a small chart; a gap in the data is a gap in the line. */

export interface Sample {
  ms: number;
  value: number | null;
}

export const INTERVAL_MS = 15 * 60_000;

export interface Series {
  path: string;
  low: number;
  high: number;
  from: number;
  to: number;
}

/** Return a line through samples in a box, broken where more than a step lies between; null without two values. */
export function seriesOf(
  samples: readonly Sample[],
  width: number,
  height: number,
  stepMs = INTERVAL_MS,
): Series | null {
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
    path += `${ms - before > 1.5 * stepMs ? "M" : "L"}${x(ms)} ${y(value)}`;
    before = ms;
  }
  return { path, low, high, from: first.ms, to: last.ms };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

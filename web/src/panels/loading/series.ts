/** What is most loaded, and how a loading is classed. */

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

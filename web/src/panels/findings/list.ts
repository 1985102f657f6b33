/** The list of findings: which are shown, and how one walks through them. */

import { type FindingRow, SEVERITIES, type Severity } from "../../api/types";

/** How a severity is colored; the word says it too. */
export const TONES: Record<Severity, string> = { error: "out", warning: "partial", info: "" };

export const SEVERITY_WORDS: Record<Severity, string> = {
  error: "Errors",
  warning: "Warnings",
  info: "Notes",
};

/** What tells a finding from every other, as far as one can be chosen. */
export function nameOf(row: FindingRow): string {
  return `${row.rule}:${row.mrid}`;
}

/** `open` what nobody accepted, `all`, a severity, or a rule; of these two what nobody accepted. */
export function passing(rows: readonly FindingRow[], filter: string): FindingRow[] {
  if (filter === "all") return [...rows];
  const open = rows.filter((row) => !row.accepted);
  if (filter === "open") return open;
  return open.filter((row) => row.severity === filter || row.rule === filter);
}

/** The rules there are findings of, the worst first, with how many nobody accepted. */
export function rulesOf(rows: readonly FindingRow[]): [rule: string, open: number][] {
  const counts = new Map<string, number>();
  for (const { rule, accepted } of rows) {
    counts.set(rule, (counts.get(rule) ?? 0) + (accepted ? 0 : 1));
  }
  return [...counts];
}

export function countOpen(rows: readonly FindingRow[]): Record<Severity, number> {
  const counts = { error: 0, warning: 0, info: 0 };
  for (const row of rows) if (!row.accepted) counts[row.severity] += 1;
  return counts;
}

/** Where one comes from `at` (-1: nowhere yet) by a step; round the end of the list to its begin. */
export function stepped(at: number, step: 1 | -1, length: number): number {
  if (!length) return -1;
  if (at < 0) return step > 0 ? 0 : length - 1;
  return (at + step + length) % length;
}

/** The part of a long list that holds a place. */
export function pageOf(at: number, length: number, size: number): [from: number, to: number] {
  const from = Math.floor(Math.max(at, 0) / size) * size;
  return [from, Math.min(from + size, length)];
}

export const FILTERS = ["open", ...SEVERITIES, "all"] as const;

/** Findings with a place, as points of the map. */
export function pointsOf(rows: readonly FindingRow[], chosen: string): GeoJSON.FeatureCollection {
  const features = rows.flatMap((row): GeoJSON.Feature[] =>
    row.at
      ? [
          {
            type: "Feature",
            geometry: { type: "Point", coordinates: row.at },
            properties: {
              name: nameOf(row),
              look: row.accepted ? "accepted" : row.severity,
              chosen: nameOf(row) === chosen,
            },
          },
        ]
      : [],
  );
  return { type: "FeatureCollection", features };
}

/**
 * Give lines a direction and a distance, for the animation of a trace.
 *
 * The server sends the lines of a trace nearest first. A line begins where a line before it ended, or,
 * where a device lies between, at its end that is nearer to one; so each gets its way from the start.
 */

export type Position = [number, number];

export interface Segment {
  from: Position;
  to: Position;
  start: number; // distance of `from`, in the unit of the coordinates
  end: number;
}

const CELL = 1e-5; // about a meter

function key([x, y]: Position): string {
  return `${Math.round(x / CELL)},${Math.round(y / CELL)}`;
}

/** Cut lines into segments with their distance from the start. */
export function courseOf(lines: readonly Position[][]): Segment[] {
  const reached = new Map<string, number>();
  const segments: Segment[] = [];
  let origin: Position | null = null;
  for (const line of lines) {
    const first = line[0];
    const last = line.at(-1);
    if (!first || !last || line.length < 2) continue;
    origin ??= first;
    const atFirst = reached.get(key(first));
    const atLast = reached.get(key(last));
    const turned = isTurned(atFirst, atLast, first, last, origin);
    const course = turned ? line.toReversed() : line;
    let way = (turned ? atLast : atFirst) ?? span(origin, turned ? last : first);
    for (let i = 1; i < course.length; i++) {
      const from = course[i - 1];
      const to = course[i];
      if (!from || !to) continue;
      const next = way + span(from, to);
      segments.push({ from, to, start: way, end: next });
      way = next;
    }
    const tip = key(turned ? first : last);
    reached.set(tip, Math.min(reached.get(tip) ?? Number.POSITIVE_INFINITY, way));
    const tail = key(turned ? last : first);
    if (!reached.has(tail)) reached.set(tail, segments.at(-1)?.start ?? 0);
  }
  return segments;
}

function isTurned(
  atFirst: number | undefined,
  atLast: number | undefined,
  first: Position,
  last: Position,
  origin: Position,
): boolean {
  if (atFirst !== undefined && atLast !== undefined) return atLast < atFirst;
  if (atFirst !== undefined) return false;
  if (atLast !== undefined) return true;
  return span(origin, last) < span(origin, first);
}

function span(a: Position, b: Position): number {
  const east = (a[0] - b[0]) * Math.cos((a[1] * Math.PI) / 180);
  return Math.hypot(east, a[1] - b[1]);
}

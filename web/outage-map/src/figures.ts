/** What is told: the shape of outages.json, and when it was last heard. */

export interface PublicCount {
  readonly about?: number;
  readonly fewer_than?: number;
}

export interface PublicArea {
  readonly id: number;
  readonly name: string;
  readonly customers_served: number;
  readonly customers_out: PublicCount;
  readonly restored_by: string | null;
  readonly is_being_assessed: boolean;
  readonly cause: string;
}

export interface Figures {
  readonly utility: string;
  readonly disclaimer: string;
  readonly updated_at: string;
  readonly every_s: number;
  readonly tiles: string;
  readonly bounds: readonly [number, number, number, number];
  readonly customers_served: number;
  readonly customers_out: PublicCount;
  readonly areas: readonly PublicArea[];
}

const OLD_AFTER = 10; // writings that were missed
const FASTEST_MS = 15_000;

export async function fetchFigures(): Promise<Figures> {
  const answer = await fetch("./outages.json", { cache: "no-cache" });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return (await answer.json()) as Figures;
}

/** Whether figures are so old that something must be wrong where they are written. */
export function isOld(figures: Figures, now: number): boolean {
  return now - Date.parse(figures.updated_at) > OLD_AFTER * figures.every_s * 1000;
}

/** Milliseconds until figures are asked for again; those of many pages are spread. */
export function untilNext(figures: Figures | null, chance: number): number {
  return Math.max(FASTEST_MS, (figures?.every_s ?? 60) * 1000) * (0.9 + 0.2 * chance);
}

/** How bad it is in an area: the share of its customers who are out, in four steps. */
export function severityOf(area: PublicArea): 1 | 2 | 3 | 4 {
  const out = area.customers_out.about ?? 0;
  const share = area.customers_served ? out / area.customers_served : 0;
  if (share >= 0.75) return 4;
  if (share >= 0.4) return 3;
  return share >= 0.1 ? 2 : 1;
}

/** The areas whose names have the words asked for, worst first. */
export function chooseAreas(areas: readonly PublicArea[], asked: string): PublicArea[] {
  const words = fold(asked).split(" ").filter(Boolean);
  const size = (area: PublicArea) => area.customers_out.about ?? 1;
  return areas
    .filter((area) => words.every((word) => fold(area.name).includes(word)))
    .sort((a, b) => size(b) - size(a) || a.id - b.id);
}

function fold(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/\s+/g, " ").trim();
}

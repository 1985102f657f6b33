/** The list of outages: which are shown, in which order, and in which words. */

import type { FeatureRef, LonLat } from "../../api/types";

export const STATUSES = [
  "predicted",
  "confirmed",
  "partially_restored",
  "restored",
  "closed",
  "invalid",
] as const;
export type Status = (typeof STATUSES)[number];

export interface OutageEstimate {
  etr: string | null;
  p50: string | null;
  p80: string | null;
  model?: string | null;
  source?: string | null;
}

export interface OutageRow {
  id: string;
  status: Status;
  device: string;
  feeder?: string | null;
  cause: string;
  crew_status?: string;
  began_at: string;
  restored_at?: string | null;
  etr_manual?: string | null;
  etr_crew?: string | null;
  customers: number;
  customers_out: number;
  priority_customers: number;
  estimate: OutageEstimate | null;
  feature: FeatureRef | null;
  at: LonLat | null;
}

export interface Filters {
  status: "open" | "all" | Status;
  feeder: string;
  priority: boolean;
  text: string;
}

export const NO_FILTERS: Filters = { status: "open", feeder: "", priority: false, text: "" };

const OPEN: readonly Status[] = ["predicted", "confirmed", "partially_restored"];

export function isOpen(row: OutageRow): boolean {
  return OPEN.includes(row.status);
}

export function shown(rows: readonly OutageRow[], filters: Filters): OutageRow[] {
  const words = filters.text.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => passes(row, filters, words)).sort(byWeight);
}

function passes(row: OutageRow, filters: Filters, words: string[]): boolean {
  if (filters.status === "open" ? !isOpen(row) : !isStatus(row, filters.status)) return false;
  if (filters.feeder && row.feeder !== filters.feeder) return false;
  if (filters.priority && !row.priority_customers) return false;
  const text = [row.id, row.device, row.feeder, row.cause, row.crew_status].join(" ").toLowerCase();
  return words.every((word) => text.includes(word));
}

function isStatus(row: OutageRow, status: Filters["status"]): boolean {
  return status === "all" || row.status === status;
}

/** Open ones first, the most customers out first, then the newest. */
function byWeight(a: OutageRow, b: OutageRow): number {
  return (
    Number(isOpen(b)) - Number(isOpen(a)) ||
    b.customers_out - a.customers_out ||
    b.began_at.localeCompare(a.began_at) ||
    a.id.localeCompare(b.id)
  );
}

export function feedersOf(rows: readonly OutageRow[]): string[] {
  return [...new Set(rows.map((row) => row.feeder ?? "").filter(Boolean))].sort();
}

export interface Totals {
  outages: number;
  customers: number;
  priority: number;
}

export function totals(rows: readonly OutageRow[]): Totals {
  const open = rows.filter(isOpen);
  return {
    outages: open.length,
    customers: open.reduce((sum, row) => sum + row.customers_out, 0),
    priority: open.reduce((sum, row) => sum + row.priority_customers, 0),
  };
}

/** The promise in force: a person's before the crew's before the model's. */
export function promised(row: OutageRow): { at: string; by: string } | null {
  if (row.etr_manual) return { at: row.etr_manual, by: "control room" };
  if (row.etr_crew) return { at: row.etr_crew, by: "crew" };
  const etr = row.estimate?.etr;
  return etr ? { at: etr, by: row.estimate?.source || row.estimate?.model || "model" } : null;
}

export function statusWords(status: Status): string {
  return status.replaceAll("_", " ");
}

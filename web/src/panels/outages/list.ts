/** The list of outages: which are shown, in which order, and in which words. */

import type { OutageRow, Schemas } from "../../api/types";

export const STATUSES = [
  "predicted",
  "confirmed",
  "partially_restored",
  "restored",
  "closed",
  "invalid",
] as const satisfies readonly Status[];
export type Status = Schemas["Status"];

export interface Filters {
  status: "open" | "all" | Status;
  feeder: string;
  priority: boolean;
  text: string;
}

export const NO_FILTERS: Filters = { status: "open", feeder: "", priority: false, text: "" };

/** How a status is colored; the word says it too. */
export const TONES: Record<Status, string> = {
  predicted: "partial",
  confirmed: "out",
  partially_restored: "partial",
  restored: "back",
  closed: "",
  invalid: "",
};

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

/** The filters as one word of the address: `all,feeder:F-1,priority,text:wind`. */
export function filtersWritten(filters: Filters): string {
  const parts = [
    filters.status !== NO_FILTERS.status && filters.status,
    filters.feeder && `feeder:${filters.feeder}`,
    filters.priority && "priority",
    filters.text && `text:${filters.text}`,
  ];
  return parts
    .filter((part) => typeof part === "string" && part !== "")
    .map((part) => String(part).replaceAll("%", "%25").replaceAll(",", "%2C"))
    .join(",");
}

export function filtersRead(text: string | null): Filters {
  const filters = { ...NO_FILTERS };
  for (const part of (text ?? "").split(",").filter(Boolean)) {
    const word = part.replaceAll("%2C", ",").replaceAll("%25", "%");
    if (word === "priority") filters.priority = true;
    else if (word.startsWith("feeder:")) filters.feeder = word.slice(7);
    else if (word.startsWith("text:")) filters.text = word.slice(5);
    else if (word === "all" || (STATUSES as readonly string[]).includes(word)) {
      filters.status = word as Filters["status"];
    }
  }
  return filters;
}

/** The outages as they stood at a past moment: open then, and how many were in them. */
export function asOf(rows: readonly OutageRow[], at: string | null): OutageRow[] {
  if (!at) return [...rows];
  const ms = Date.parse(at);
  return rows
    .filter((row) => row.status !== "invalid" && Date.parse(row.began_at) <= ms)
    .filter((row) => !row.restored_at || Date.parse(row.restored_at) > ms)
    .map((row) => ({ ...row, status: "confirmed", customers_out: row.customers, estimate: null }));
}

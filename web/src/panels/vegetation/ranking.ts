/** The ranked list in words. */

import type { RankedRow, Vegetation } from "../../api/types";
import { count, counted } from "../../parts/words";
import type { Grouping } from "./client";

export const GROUPINGS: Record<Grouping, string> = {
  section: "By section, between switches",
  span: "By span",
  feeder: "By feeder",
};

export function asGrouping(text: string | null): Grouping {
  return text === "span" || text === "feeder" ? text : "section";
}

/** 1,234 m as "1.2 km", 87 m as "87 m". */
export function metersOf(meters: number): string {
  return meters >= 1_000 ? `${count(Math.round(meters / 100) / 10)} km` : `${Math.round(meters)} m`;
}

export function nameOf(row: RankedRow, by: Grouping): string {
  return row.mrid || (by === "section" ? "before the first switch" : "of no feeder");
}

/** "12 spans, 340 m at risk, 87 customers". */
export function factsOf(row: RankedRow, by: Grouping): string {
  const spans = by === "span" ? "" : `${counted(row.spans, "span")}, `;
  return `${spans}${metersOf(row.length_in_risk_m)} at risk, ${counted(row.customers, "customer")}`;
}

export function minutesOf(row: RankedRow): string {
  return count(Math.round(row.customer_minutes_per_km));
}

/** What all of it comes to, in one sentence. */
export function sumUp(answer: Vegetation): string {
  const minutes = count(Math.round(answer.customer_minutes_at_risk));
  const spans = counted(answer.spans, "span");
  return `${spans} with ${metersOf(answer.length_in_risk_m)} at risk: ${minutes} customer-minutes a year.`;
}

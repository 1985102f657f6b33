/** Records of customers as the page shows them: whom they are of, and field by field in pairs. */

import { counted } from "../../parts/words";
import type { Complaint, CustomerRecord, ReviewPair, Usage } from "./client";

const COMPARED = {
  organization: "Organization",
  given_name: "Given name",
  surname: "Surname",
  birth_date: "Born",
  identity_number: "Number",
  phone: "Phone",
  email: "E-mail",
  address: "Address",
  zip: "ZIP",
  esi_id: "ESI ID",
} as const;

/** By which field of a record the weights are given. */
const WEIGHED: Partial<Record<keyof typeof COMPARED, string>> = {
  organization: "name",
  given_name: "given",
  surname: "name",
  birth_date: "birth",
  identity_number: "identity",
  phone: "phone",
  email: "email",
  address: "place",
  esi_id: "esi_id",
};

export interface ComparedField {
  name: string;
  left: string;
  right: string;
  weight: number | null; // bits; null: it was not compared, or one of them does not say it
}

export function nameCustomer(record: CustomerRecord): string {
  const name = record.organization || `${record.given_name} ${record.surname}`.trim();
  return name || record.record;
}

/** The first record of each party, with how many it has. */
export function groupParties(
  records: readonly CustomerRecord[],
): { first: CustomerRecord; records: number }[] {
  const parties = new Map<string, { first: CustomerRecord; records: number }>();
  for (const record of records) {
    const party = parties.get(record.party);
    if (party) party.records += 1;
    else parties.set(record.party, { first: record, records: 1 });
  }
  return [...parties.values()];
}

/** The fields that one of two records says at least, side by side. */
export function compareFields({ left, right, weights }: ReviewPair): ComparedField[] {
  const keys = Object.keys(COMPARED) as (keyof typeof COMPARED)[];
  return keys
    .filter((key) => left[key] || right[key])
    .map((key) => ({
      name: COMPARED[key],
      left: left[key],
      right: right[key],
      weight: weights[WEIGHED[key] ?? ""] ?? null,
    }));
}

/** What was measured in the week before a complaint, and whether it is mended in the week after. */
export function tellComplaint({ finding, before, after }: Complaint): string {
  if (finding === "no_place") return "of no place that the network has";
  if (finding === "not_read") return "no voltage was read in the week before";
  const said = `${before.v_min} to ${before.v_max} V in the week before, outside Range A in`;
  const counts = `${before.outside_a} of ${counted(before.intervals, "interval")}`;
  if (after.out_of_range === null) return `${said} ${counts}`;
  const since = after.out_of_range ? "out of range" : "within the ranges";
  return `${said} ${counts}; ${since} since then`;
}

export function tellUsage({ kwh, period_start, period_end, reading }: Usage): string {
  const guessed = reading === "estimated" ? ", estimated" : "";
  return `${kwh.toLocaleString("en")} kWh from ${period_start} to ${period_end}${guessed}`;
}

export function tellMinutes(minutes: number): string {
  const hours = Math.floor(minutes / 60);
  const rest = Math.round(minutes % 60);
  return hours ? `${hours.toLocaleString("en")} h ${rest} min` : `${rest} min`;
}

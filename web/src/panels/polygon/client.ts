/** What lies inside an area, and who is out if it is damaged. */

import { type Ask, post } from "../../api/client";
import type { BlastAnswer, Bounds, Features, Scope } from "../../api/types";
import type { Area } from "./upload";

export const MOST_METERS = 10_000; // by name; all of them are counted

export interface Inside {
  counts: Record<string, number>; // pieces of equipment by kind
  customers: number;
  customers_out: number; // of them, out already
  priority: { mrid: string; priority: string }[];
  groups: { mrid: string | null; usage_points: number; customers: number }[]; // by feeder
  usage_points: string[];
  left_out: number; // usage points beyond those named
  substations: string[];
  features: Features;
  bounds: Bounds | null;
  warnings: string[];
}

export function whatIsInside(polygon: Area, options?: Ask): Promise<Inside> {
  const asked = { polygon, by: "feeder", limit: MOST_METERS };
  return post<Inside>("/api/intersect", asked, options);
}

export function damage(polygon: Area, scope: Scope, options?: Ask): Promise<BlastAnswer> {
  return post<BlastAnswer>("/api/storm", { polygon, scope }, options);
}

/** What lies inside an area, and who is out if it is damaged. */

import { type Ask, post } from "../../api/client";
import type { BlastAnswer, Features, Scope } from "../../api/types";
import type { Row } from "./table";
import type { Area } from "./upload";

export interface Inside {
  counts: Record<string, number>; // pieces by kind
  customers: number;
  usage_points: number;
  rows: Row[]; // capped by the server
  features: Features;
  warnings: string[];
}

export function whatIsInside(
  polygon: Area,
  layer: string,
  by: string | null,
  options?: Ask,
): Promise<Inside> {
  return post<Inside>("/api/intersect", { polygon, layer, by }, options);
}

export function damage(
  polygon: Area,
  kinds: string[],
  scope: Scope,
  options?: Ask,
): Promise<BlastAnswer> {
  return post<BlastAnswer>("/api/storm", { polygon, kinds, scope }, options);
}

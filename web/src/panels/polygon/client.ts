/** What lies inside an area, and who is out if it is damaged. */

import { type Ask, post } from "../../api/client";
import type { BlastAnswer, Inside, Schemas, Scope } from "../../api/types";
import type { Area } from "./upload";

export const MOST_METERS = 10_000; // by name; all of them are counted

export function whatIsInside(polygon: Area, options?: Ask): Promise<Inside> {
  const asked: Schemas["IntersectAsked"] = {
    polygon: { ...polygon },
    by: "feeder",
    limit: MOST_METERS,
  };
  return post<Inside>("/api/intersect", asked, options);
}

export function damage(polygon: Area, scope: Scope, options?: Ask): Promise<BlastAnswer> {
  const asked: Schemas["StormAsked"] = { polygon: { ...polygon }, scope };
  return post<BlastAnswer>("/api/storm", asked, options);
}

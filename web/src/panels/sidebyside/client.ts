/** Ask for two states and what differs between them. */

import { type Ask, post } from "../../api/client";
import type { Comparison, Schemas } from "../../api/types";

export function compare(asked: Schemas["ComparisonAsked"], options?: Ask): Promise<Comparison> {
  return post<Comparison>("/api/compare", asked, options);
}

/** What the server tells of vegetation risk. */

import { type Ask, ask, query } from "../../api/client";
import type { Vegetation } from "../../api/types";

export type Grouping = Vegetation["by"];

export function rankTrimming(by: Grouping, limit: number, options?: Ask): Promise<Vegetation> {
  return ask<Vegetation>(`/api/vegetation${query({ by, limit })}`, options);
}

/** What the server tells of outages. */

import { type Ask, ask, query } from "../../api/client";
import type { OutageDetail, OutageRow } from "../../api/types";

export function listOutages(since: string | null, options?: Ask): Promise<OutageRow[]> {
  const path = `/api/outages${query({ since })}`;
  return ask<{ outages: OutageRow[] }>(path, options).then((answer) => answer.outages);
}

export function readOutage(id: string, options?: Ask): Promise<OutageDetail> {
  return ask<OutageDetail>(`/api/outages/${encodeURIComponent(id)}`, options);
}

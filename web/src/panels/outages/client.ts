/** What the server tells of outages. */

import { type Ask, ask, query } from "../../api/client";
import type { Features } from "../../api/types";
import type { CurvePoint } from "./curve";
import type { OutageRow } from "./list";

export interface RestorationStep {
  restored_at: string | null;
  usage_points: number;
  customers: number;
  customer_minutes: number;
}

export interface EvidenceRow {
  at: string;
  kind: string;
  mrid: string;
  detail: Record<string, unknown>;
  actor: string;
}

export interface OutageDetail extends OutageRow {
  members: number;
  features: Features;
  area: GeoJSON.Geometry | null;
  steps: RestorationStep[];
  evidence: EvidenceRow[];
  curve: CurvePoint[];
  priority: { mrid: string; priority: string }[];
}

export function listOutages(since: string | null, options?: Ask): Promise<OutageRow[]> {
  const path = `/api/outages${query({ since })}`;
  return ask<{ outages: OutageRow[] }>(path, options).then((answer) => answer.outages);
}

export function readOutage(id: string, options?: Ask): Promise<OutageDetail> {
  return ask<OutageDetail>(`/api/outages/${encodeURIComponent(id)}`, options);
}

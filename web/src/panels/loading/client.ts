/** What meters measured: how loaded the grid is, and what one element took over time. */

import { type Ask, api, ask, query } from "../../api/client";
import type { ElementDetail, Reading, SeriesAnswer } from "../../api/types";

export function readSeries(
  mrid: string,
  what: "meters" | "devices",
  from: string | null,
  to: string | null,
  options?: Ask,
): Promise<SeriesAnswer> {
  const path = `/api/ami/${what}/${encodeURIComponent(mrid)}${query({ from, to })}`;
  return ask<SeriesAnswer>(path, options);
}

/** Which series an element has: that of a meter, of a device, or none. */
export function seriesKind(detail: ElementDetail): "meters" | "devices" | null {
  if (detail.table === "usage_points") return "meters";
  if (detail.table === "feeders") return "devices";
  return TRANSFORMERS.has(detail.kind) ? "devices" : null;
}

const TRANSFORMERS = new Set(["power_transformer"]);

/** Names of transformers by their ids on the map. */
export function transformerNames(ids: number[], options?: Ask): Promise<Map<number, string>> {
  const one = async (id: number): Promise<[number, string]> => {
    const found = await api.feature({ layer: "transformers", id }, { quiet: true, ...options });
    return [id, found.mrid];
  };
  return Promise.all(ids.map(one)).then((pairs) => new Map(pairs));
}

/** Mean power of the interval, where only its energy is given. */
export function kwOf(reading: Reading): number | null {
  return reading.kw ?? (typeof reading.kwh === "number" ? reading.kwh * 4 : null);
}

export function voltageOf(reading: Reading): number | null {
  return reading.voltage_v ?? reading.v_min ?? null;
}

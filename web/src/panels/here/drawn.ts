/** Name what the map draws at a place. */

import type { MapGeoJSONFeature } from "maplibre-gl";
import { kindName } from "../../parts/words";

export interface Drawn {
  mrid: string;
  says: string;
}

const MOST_LISTED = 12;
const KINDS: Record<string, string> = {
  substations: "substation",
  lines: "ac_line_segment",
  secondaries: "ac_line_segment",
  usage_points: "usage_point",
};

type Feature = Pick<MapGeoJSONFeature, "properties" | "source" | "sourceLayer">;

/** Each element once, in the order given. */
export function listDrawn(features: readonly Feature[]): Drawn[] {
  const drawn = new Map<string, string>();
  for (const { properties, sourceLayer, source } of features) {
    const { mrid, kind, phases } = properties as Record<string, unknown>;
    if (!mrid || drawn.has(String(mrid))) continue;
    const layer = sourceLayer ?? source;
    const says = kindName(String(kind ?? KINDS[layer] ?? layer));
    drawn.set(String(mrid), phases ? `${says}, ${phases}` : says);
    if (drawn.size === MOST_LISTED) break;
  }
  return [...drawn].map(([mrid, says]) => ({ mrid, says }));
}

/** Tags and crews as points of the map. */

import type { Crew, Tag } from "../../api/operatingtypes";
import type { Theme } from "../../state/theme";

/** One point a tag, one a crew; what has no place is left out. */
export function signsOf(
  tags: readonly Tag[],
  crews: readonly Crew[],
  theme: Theme,
): GeoJSON.FeatureCollection {
  const point = (at: [number, number], sign: string, name: string): GeoJSON.Feature => ({
    type: "Feature",
    geometry: { type: "Point", coordinates: at },
    properties: { sign, name },
  });
  const hung = tags.flatMap((tag) =>
    tag.at ? [point(tag.at, `tag/${tag.kind}/${theme}`, tag.mrid)] : [],
  );
  const standing = crews.flatMap((crew) =>
    crew.at ? [point(crew.at, `crew/${crewSign(crew.status)}/${theme}`, crew.name)] : [],
  );
  return { type: "FeatureCollection", features: [...hung, ...standing] };
}

/** Free, under way, at work, or not to be sent. */
function crewSign(status: string): string {
  if (status === "on_site" || status === "en_route") return status;
  return status === "unavailable" || status === "off_duty" ? "away" : "free";
}

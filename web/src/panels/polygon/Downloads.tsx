/** Take the answer away: as tables, and as GeoJSON. */

import type { BlastAnswer, Inside } from "../../api/types";
import { download, fileName } from "../../parts/download";
import { csvOf, type Row } from "./table";
import type { Area } from "./upload";

interface Props {
  area: Area;
  inside: Inside;
  hurt: BlastAnswer | null;
}

export function Downloads({ area, inside, hurt }: Props) {
  const table = () => download(fileName("area", "csv"), "text/csv", csvOf(summary(inside, hurt)));
  const meters = () => {
    const rows = inside.usage_points.map((mrid) => ({ usage_point: mrid }));
    download(fileName("meters", "csv"), "text/csv", csvOf(rows, ["usage_point"]));
  };
  const geojson = () => {
    const text = JSON.stringify(featuresOf(area, inside, hurt));
    download(fileName("area", "geojson"), "application/geo+json", text);
  };
  return (
    <div className="row">
      <button type="button" className="button small" onClick={table}>
        Summary as CSV
      </button>
      <button type="button" className="button small" onClick={meters}>
        Meters as CSV
      </button>
      <button type="button" className="button small" onClick={geojson}>
        Area as GeoJSON
      </button>
      {inside.left_out > 0 && (
        <p className="quiet wide">
          The list of meters is cut at {inside.usage_points.length.toLocaleString("en")}.
        </p>
      )}
    </div>
  );
}

export function summary(inside: Inside, hurt: BlastAnswer | null): Row[] {
  const rows: Row[] = [
    { what: "customers", name: "inside", count: inside.customers },
    { what: "customers", name: "inside and out already", count: inside.customers_out },
  ];
  if (hurt) {
    const name = `out if damaged (${hurt.scope})`;
    rows.push({ what: "customers", name, count: hurt.customers });
  }
  for (const group of inside.groups) {
    rows.push({ what: "feeder", name: group.mrid, count: group.customers });
  }
  for (const [kind, count] of Object.entries(inside.counts)) {
    rows.push({ what: "equipment", name: kind, count });
  }
  for (const site of inside.priority) {
    rows.push({ what: "priority site", name: `${site.mrid} ${site.priority}`, count: 1 });
  }
  return rows;
}

export function featuresOf(
  area: Area,
  inside: Inside,
  hurt: BlastAnswer | null,
): GeoJSON.FeatureCollection {
  const asked: GeoJSON.Feature = {
    type: "Feature",
    properties: { what: "area", customers: inside.customers, counts: inside.counts },
    geometry: area,
  };
  if (!hurt?.area) return { type: "FeatureCollection", features: [asked] };
  const out: GeoJSON.Feature = {
    type: "Feature",
    properties: { what: "out if damaged", scope: hurt.scope, customers: hurt.customers },
    geometry: hurt.area,
  };
  return { type: "FeatureCollection", features: [asked, out] };
}

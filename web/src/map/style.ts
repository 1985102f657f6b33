/** The style: sources and layers as data, from theme and mode. Nothing outside of this host is named. */

import type { StyleSpecification } from "maplibre-gl";
import type { Info } from "../api/types";
import { SOURCE } from "./channels";
import { gridLayers } from "./layers";
import type { StyleInput } from "./look";
import { OVERLAY, overlayAreas, overlayHandles } from "./overlay";
import { PALETTES } from "./palette";

export function styleOf(input: StyleInput): StyleSpecification {
  const palette = PALETTES[input.theme];
  const { tiles, info } = input;
  return {
    version: 8,
    name: `gridtwin ${input.theme}`,
    sources: {
      [SOURCE]: {
        type: "vector",
        tiles: tiles.tiles.map((url) =>
          new URL(url, window.location.origin).href.replace(/%7B/g, "{").replace(/%7D/g, "}"),
        ),
        minzoom: tiles.minzoom,
        maxzoom: tiles.maxzoom,
        bounds: tiles.bounds,
      },
      substations: { type: "geojson", data: substationsOf(info) },
      [OVERLAY]: { type: "geojson", data: input.overlay },
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": palette.ground } },
      ...overlayAreas(palette),
      ...gridLayers(input, palette),
      ...overlayHandles(palette),
    ],
  };
}

function substationsOf(info: Info): GeoJSON.FeatureCollection {
  return {
    type: "FeatureCollection",
    features: info.substations.map((station) => ({
      type: "Feature",
      id: station.id,
      geometry: { type: "Point", coordinates: station.at },
      properties: {
        mrid: station.mrid,
        name: station.name || station.mrid,
        customers: station.customers,
        out: station.out,
        ring: ring(station.out, station.customers),
      },
    })),
  };
}

/** Share of customers out in steps of 5 %; never 0 while one is out, never 100 while one is in. */
export function ring(out: number, customers: number): number {
  if (out <= 0 || customers <= 0) return 0;
  if (out >= customers) return 100;
  return Math.min(95, Math.max(5, Math.round((out / customers) * 20) * 5));
}

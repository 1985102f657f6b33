/** The style: sources and layers as data, from theme and mode. Nothing outside of this host is named. */

import type { StyleSpecification } from "maplibre-gl";
import type { Info } from "../api/types";
import { BASEMAP, basemapLayers } from "./basemaplayers";
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
      ...(input.basemap ? basemapSource(info) : {}),
      [STATIONS]: { type: "geojson", data: stationsOf(input) },
      [OVERLAY]: { type: "geojson", data: input.overlay },
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": palette.ground } },
      ...(input.basemap ? basemapLayers(input.theme) : []),
      ...overlayAreas(palette),
      ...gridLayers(input, palette),
      ...overlayHandles(palette),
    ],
  };
}

/** The archive of this server; its zooms and bounds are read from its head. */
function basemapSource({ basemap }: Info): StyleSpecification["sources"] {
  if (!basemap) return {};
  const { href } = new URL(basemap.url, window.location.origin);
  return { [BASEMAP]: { type: "vector", url: `pmtiles://${href}` } };
}

export const STATIONS = "substations";

/** The substations, and what share of its customers each has out. */
export function stationsOf({ info, stations }: StyleInput): GeoJSON.FeatureCollection {
  return {
    type: "FeatureCollection",
    features: info.substations.map((station) => {
      const out = stations ? (stations.get(station.id) ?? 0) : station.out;
      return {
        type: "Feature",
        id: station.id,
        geometry: { type: "Point", coordinates: station.at },
        properties: {
          mrid: station.mrid,
          name: station.name || station.mrid,
          customers: station.customers,
          out,
          ring: ring(out, station.customers),
        },
      };
    }),
  };
}

/** Share of customers out in steps of 5 %; never 0 while one is out, never 100 while one is in. */
export function ring(out: number, customers: number): number {
  if (out <= 0 || customers <= 0) return 0;
  if (out >= customers) return 100;
  return Math.min(95, Math.max(5, Math.round((out / customers) * 20) * 5));
}

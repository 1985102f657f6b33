/** Areas over the map: filled, hatched and outlined, so that color is not all that tells them. */

import type { Map as MapLibre } from "maplibre-gl";
import { useEffect } from "react";
import { useTheme } from "../state/theme";
import { useGridMap } from "./current";

export type AreaName = "outage" | "area";

/** By theme: color of the area and how its hatch leans. */
const LOOKS = {
  outage: { dark: "#ff8a80", light: "#b3261e", leans: 1 },
  area: { dark: "#7cc4ff", light: "#0b5cad", leans: -1 },
} as const;

const HATCH_PX = 10;

/** Show an area on the map for as long as the component is mounted. */
export function useArea(name: AreaName, area: GeoJSON.Geometry | null): void {
  const map = useGridMap()?.map ?? null;
  const theme = useTheme();
  useEffect(() => {
    if (!map) return;
    if (area) addArea(map, name, area, LOOKS[name][theme]);
    return () => removeArea(map, name);
  }, [map, name, area, theme]);
}

function sourceOf(name: AreaName): string {
  return `over-${name}`;
}

function addArea(map: MapLibre, name: AreaName, area: GeoJSON.Geometry, color: string): void {
  const source = sourceOf(name);
  const image = `hatch-${name}-${color}`;
  if (!map.hasImage(image)) map.addImage(image, hatch(color, LOOKS[name].leans), { pixelRatio: 2 });
  map.addSource(source, { type: "geojson", data: featureOf(area) });
  map.addLayer({
    id: `${source}-fill`,
    type: "fill",
    source,
    paint: { "fill-color": color, "fill-opacity": 0.12 },
  });
  map.addLayer({
    id: `${source}-hatch`,
    type: "fill",
    source,
    paint: { "fill-pattern": image, "fill-opacity": 0.55 },
  });
  map.addLayer({
    id: `${source}-line`,
    type: "line",
    source,
    paint: { "line-color": color, "line-width": 2 },
  });
}

function removeArea(map: MapLibre, name: AreaName): void {
  const source = sourceOf(name);
  for (const part of ["fill", "hatch", "line"]) {
    if (map.getLayer(`${source}-${part}`)) map.removeLayer(`${source}-${part}`);
  }
  if (map.getSource(source)) map.removeSource(source);
}

function featureOf(geometry: GeoJSON.Geometry): GeoJSON.Feature {
  return { type: "Feature", properties: {}, geometry };
}

/** A tile of slanted lines, drawn by hand: it must repeat without a seam. */
function hatch(color: string, leans: 1 | -1): ImageData {
  const size = HATCH_PX * 2;
  const image = new ImageData(size, size);
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const across = (((x + leans * y) % size) + size) % size;
      if (across < 3) image.data.set([red ?? 0, green ?? 0, blue ?? 0, 255], (y * size + x) * 4);
    }
  }
  return image;
}

/** The extent of a geometry; null if it is empty. */
export function boundsOf(geometry: GeoJSON.Geometry): [number, number, number, number] | null {
  const box: [number, number, number, number] = [180, 90, -180, -90];
  const visit = (value: unknown): void => {
    if (!Array.isArray(value)) return;
    const [lon, lat] = value;
    if (typeof lon !== "number" || typeof lat !== "number") {
      for (const each of value) visit(each);
      return;
    }
    box[0] = Math.min(box[0], lon);
    box[1] = Math.min(box[1], lat);
    box[2] = Math.max(box[2], lon);
    box[3] = Math.max(box[3], lat);
  };
  if (geometry.type === "GeometryCollection") return null;
  visit(geometry.coordinates);
  return box[0] <= box[2] ? box : null;
}

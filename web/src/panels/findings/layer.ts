/** Findings on the map: a ring at each, filled at the chosen one; a click chooses. */

import type { ExpressionSpecification, GeoJSONSource, MapLayerMouseEvent } from "maplibre-gl";
import { useEffect, useRef } from "react";
import { useGridMap } from "../../map/current";
import { pointer } from "../../map/pointer";
import { type Theme, useTheme } from "../../state/theme";

const LAYER = "over-findings";

const COLORS: Record<Theme, Record<string, string>> = {
  dark: { error: "#ff7f73", warning: "#ffb454", info: "#7cc4ff", accepted: "#a3b0be" },
  light: { error: "#b81d15", warning: "#8f4d00", info: "#0b5cad", accepted: "#55616e" },
};

/** Show points on the map for as long as the component is mounted. */
export function useFindingsLayer(
  points: GeoJSON.FeatureCollection,
  onChoose: (name: string) => void,
): void {
  const map = useGridMap()?.map ?? null;
  const theme = useTheme();
  const latest = useRef({ points, onChoose });
  latest.current = { points, onChoose };
  useEffect(() => {
    if (!map) return;
    const color = colorOf(theme);
    map.addSource(LAYER, { type: "geojson", data: latest.current.points });
    map.addLayer({
      id: LAYER,
      type: "circle",
      source: LAYER,
      layout: { "circle-sort-key": ["case", ["get", "chosen"], 1, 0] },
      paint: {
        "circle-radius": ["case", ["get", "chosen"], 11, 6],
        "circle-color": color,
        "circle-opacity": ["case", ["get", "chosen"], 0.45, 0.15],
        "circle-stroke-color": color,
        "circle-stroke-width": ["case", ["get", "chosen"], 3, 2],
      },
    });
    // The pointer chooses findings before elements, where they lie over them.
    const enter = () => {
      pointer.held = true;
      map.getCanvas().style.cursor = "pointer";
    };
    const leave = () => {
      pointer.held = false;
      map.getCanvas().style.cursor = "";
    };
    const click = (event: MapLayerMouseEvent) => {
      const name = event.features?.[0]?.properties?.name as string | undefined;
      if (name) latest.current.onChoose(name);
    };
    map.on("mouseenter", LAYER, enter);
    map.on("mouseleave", LAYER, leave);
    map.on("click", LAYER, click);
    return () => {
      leave();
      map.off("mouseenter", LAYER, enter);
      map.off("mouseleave", LAYER, leave);
      map.off("click", LAYER, click);
      if (map.getLayer(LAYER)) map.removeLayer(LAYER);
      if (map.getSource(LAYER)) map.removeSource(LAYER);
    };
  }, [map, theme]);
  useEffect(() => {
    map?.getSource<GeoJSONSource>(LAYER)?.setData(points);
  }, [map, points]);
}

function colorOf(theme: Theme): ExpressionSpecification {
  const { error, warning, info, accepted } = COLORS[theme];
  return [
    "match",
    ["get", "look"],
    "error",
    error ?? "",
    "warning",
    warning ?? "",
    "info",
    info ?? "",
    accepted ?? "",
  ];
}

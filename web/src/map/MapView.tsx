/** Put the map on the page and keep it in step with theme, mode, supply and URL. */

import { useEffect, useRef } from "react";
import type { Info, TileJson } from "../api/types";
import { getParams, setParams, subscribeParams, useParam } from "../state/params";
import { useStore } from "../state/store";
import { supply } from "../state/supply";
import { currentTheme, useTheme } from "../state/theme";
import { putGridMap, useGridMap } from "./current";
import { formatView, GridMap, parseView } from "./gridmap";
import { installHook, markIdle } from "./hook";
import { usePaintedLoading } from "./loading";
import { asMode } from "./modes";
import { followPointer } from "./pointer";
import { usePaintedVegetation } from "./vegetation";
import "maplibre-gl/dist/maplibre-gl.css";
import "./map.css";

export default function MapView({ info, tiles }: { info: Info; tiles: TileJson }) {
  const box = useRef<HTMLDivElement>(null);
  const first = useRef({ info, tiles });
  const theme = useTheme();
  const mode = asMode(useParam("mode"));
  const grid = useGridMap();

  useEffect(() => {
    if (!box.current) return;
    const params = getParams();
    const made = new GridMap(box.current, first.current.info, first.current.tiles, {
      theme: currentTheme(),
      mode: asMode(params.mode),
      view: parseView(params.map),
    });
    installHook(made);
    const leave = attach(made);
    return () => {
      leave();
      putGridMap(null);
      made.map.remove();
    };
  }, []);

  usePaintedLoading(mode === "loading");
  usePaintedVegetation(mode === "vegetation");
  useEffect(() => grid?.restyle({ theme, mode, info, tiles }), [grid, theme, mode, info, tiles]);

  return <div className="map" ref={box} />;
}

/** What the map tells the page, and the page the map. */
function attach(grid: GridMap): () => void {
  const { map, channels } = grid;
  const leaves: (() => void)[] = [followPointer(grid)];
  setDrawing(true);
  map.once("style.load", () => {
    leaves.push(
      supply.subscribe((picture) => {
        channels.set("supply", picture.supply);
        channels.set("open", picture.open);
      }),
    );
    putGridMap(grid);
  });
  map.on("moveend", () => setParams({ map: formatView(map) }));
  map.on("dataloading", () => setDrawing(true));
  map.on("idle", () => {
    setDrawing(false);
    markIdle();
  });
  leaves.push(
    subscribeParams(() => {
      const view = parseView(getParams().map);
      if (view && getParams().map !== formatView(map)) map.jumpTo(view);
    }),
  );
  return () => {
    for (const leave of leaves) leave();
  };
}

function setDrawing(drawing: boolean): void {
  if (useStore.getState().drawing !== drawing) useStore.setState({ drawing });
}

/** Put the map on the page and keep it in step with theme, mode, supply and URL. */

import { useEffect, useRef } from "react";
import type { Info, TileJson } from "../api/types";
import { getParams, setParams, subscribeParams, useParam } from "../state/params";
import { useStore } from "../state/store";
import { supply } from "../state/supply";
import { currentTheme, useTheme } from "../state/theme";
import { useBasemap } from "./basemap";
import { isCarried } from "./camera";
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
  const basemap = useBasemap(info);
  useEffect(
    () => grid?.restyle({ theme, mode, info, tiles, basemap }),
    [grid, theme, mode, info, tiles, basemap],
  );

  return (
    <>
      <div className="map" ref={box} />
      {basemap && info.basemap?.attribution && (
        <p className="attribution">{info.basemap.attribution}</p>
      )}
    </>
  );
}

/** What the map tells the page, and the page the map. */
function attach(grid: GridMap): () => void {
  const { map } = grid;
  const leaves: (() => void)[] = [followPointer(grid)];
  setDrawing(true);
  map.once("style.load", () => {
    leaves.push(supply.subscribe((picture) => grid.paint(picture)));
    putGridMap(grid);
  });
  map.on("moveend", (event) => {
    if (!isCarried(event)) setParams({ map: formatView(map) });
  });
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

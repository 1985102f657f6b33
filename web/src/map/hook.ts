/** `window.gridtwin`: what tests and curious people may look at; described in web/README.md. */

import type { Map as MapLibre } from "maplibre-gl";
import type { LayerName } from "../api/types";
import { getParams } from "../state/params";
import { useStore } from "../state/store";
import type { ChannelName } from "./channels";
import { currentGridMap } from "./current";
import type { GridMap } from "./gridmap";

export interface Hook {
  map: MapLibre;
  /** Whether the map has drawn all it had to since the last change. */
  readonly idle: boolean;
  /** Milliseconds from the start of navigation to the first idle. */
  firstIdle: number | null;
  /** What of the store is plain data. */
  state: () => Record<string, unknown>;
  /** The value painted on a feature by a channel; 0 where none. */
  painted: (channel: ChannelName, layer: LayerName, id: number) => number;
  /** How many features a channel paints. */
  count: (channel: ChannelName) => number;
}

declare global {
  interface Window {
    gridtwin?: Hook;
  }
}

export function installHook(grid: GridMap): void {
  window.gridtwin = {
    map: grid.map,
    get idle() {
      return (
        currentGridMap() === grid &&
        !useStore.getState().drawing &&
        grid.map.loaded() &&
        !grid.map.isMoving()
      );
    },
    firstIdle: null,
    state: () => {
      const { link, version, customersOut, spoken, ticks } = useStore.getState();
      return { link, version, customersOut, spoken, ticks, params: getParams() };
    },
    painted: (channel, layer, id) => grid.channels.read(channel, layer, id),
    count: (channel) => grid.channels.count(channel),
  };
}

export function markIdle(): void {
  if (window.gridtwin && window.gridtwin.firstIdle === null) {
    window.gridtwin.firstIdle = performance.now();
  }
}

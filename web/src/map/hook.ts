/** `window.gridtwin`: what tests and curious people may look at; described in web/README.md. */

import type { Map as MapLibre } from "maplibre-gl";
import type { LayerName } from "../api/types";
import { getParams } from "../state/params";
import { useStore } from "../state/store";
import type { ChannelName } from "./channels";
import { currentGridMap } from "./current";
import type { GridMap } from "./gridmap";

/** What can be seen of one map. */
interface Seen {
  map: MapLibre;
  /** Whether the map has drawn all it had to since the last change. */
  readonly idle: boolean;
  /** The value painted on a feature by a channel; 0 where none. */
  painted: (channel: ChannelName, layer: LayerName, id: number) => number;
  /** How many features a channel paints. */
  count: (channel: ChannelName) => number;
}

export interface Hook extends Seen {
  /** The second of two maps side by side; null while there is one. */
  beside: Seen | null;
  /** Milliseconds from the start of navigation to the first idle. */
  firstIdle: number | null;
  /** What of the store is plain data. */
  state: () => Record<string, unknown>;
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
      return currentGridMap() === grid && !useStore.getState().drawing && isIdle(grid);
    },
    ...paintOf(grid),
    beside: null,
    firstIdle: null,
    state: () => {
      const { link, version, customersOut, spoken, ticks } = useStore.getState();
      return { link, version, customersOut, spoken, ticks, params: getParams() };
    },
  };
}

/** Let the second map be looked at, until the function that is returned is called. */
export function showBeside(grid: GridMap): () => void {
  const hook = window.gridtwin;
  if (!hook) return () => {};
  hook.beside = {
    map: grid.map,
    get idle() {
      return isIdle(grid);
    },
    ...paintOf(grid),
  };
  return () => {
    hook.beside = null;
  };
}

function isIdle({ map }: GridMap): boolean {
  return map.loaded() && !map.isMoving();
}

function paintOf({ channels }: GridMap): Pick<Seen, "painted" | "count"> {
  return {
    painted: (channel, layer, id) => channels.read(channel, layer, id),
    count: (channel) => channels.count(channel),
  };
}

export function markIdle(): void {
  if (window.gridtwin && window.gridtwin.firstIdle === null) {
    window.gridtwin.firstIdle = performance.now();
  }
}

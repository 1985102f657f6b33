/** The map that is on the page; null until its style stands, and again once it is gone. */

import { create } from "zustand";
import type { GridMap } from "./gridmap";

const held = create<{ grid: GridMap | null }>(() => ({ grid: null }));

export function useGridMap(): GridMap | null {
  return held((current) => current.grid);
}

export function currentGridMap(): GridMap | null {
  return held.getState().grid;
}

export function putGridMap(grid: GridMap | null): void {
  held.setState({ grid });
}

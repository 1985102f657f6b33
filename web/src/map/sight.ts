/** What of the territory is on the screen. */

import type { Bounds } from "../api/types";
import type { GridMap } from "./gridmap";

/** Whether an extent can be seen as a whole, and is not a dot. */
export function isInSight(map: GridMap, [west, south, east, north]: Bounds): boolean {
  const view = map.map.getBounds();
  const whole = view.contains([west, south]) && view.contains([east, north]);
  const share = (east - west) / Math.max(view.getEast() - view.getWest(), 1e-9);
  return whole && share > 0.08;
}

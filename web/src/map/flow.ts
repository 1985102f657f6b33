/** Let a trace flow: pulses of light that run along its lines, away from the start or towards it. */

import type { GridMap } from "./gridmap";

/** Start; the answer stops it at once. deck.gl is fetched the first time. */
export function showFlow(
  map: GridMap,
  geometry: GeoJSON.MultiLineString,
  direction: "in" | "out",
): () => void {
  let stop = () => {};
  let stopped = false;
  void import("./flowoverlay").then(({ runFlow }) => {
    if (!stopped) stop = runFlow(map, geometry, direction);
  });
  return () => {
    stopped = true;
    stop();
  };
}

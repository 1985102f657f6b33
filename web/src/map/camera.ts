/** Keep two maps at one place: whichever of them is moved, the other goes along. */

import type { Map as MapLibre } from "maplibre-gl";

const CARRIED = { carried: true };

/** Whether an event tells of a map that goes along while another one is still moved. */
export function isCarried(event: object): boolean {
  return "carried" in event;
}

/** Tie the cameras of two maps of one size; the second begins where the first is. */
export function tieCameras(first: MapLibre, second: MapLibre): () => void {
  let following = false; // what a map says because the other was moved moves nothing
  const follow = (from: MapLibre, to: MapLibre, said?: object) => {
    if (following) return;
    following = true;
    const at = { center: from.getCenter(), zoom: from.getZoom(), padding: from.getPadding() };
    to.jumpTo(at, said);
    following = false;
  };
  const leaves = [[first, second] as const, [second, first] as const].map(([from, to]) => {
    const moved = () => follow(from, to, CARRIED);
    const ended = () => follow(from, to);
    from.on("move", moved);
    from.on("moveend", ended);
    return () => {
      from.off("move", moved);
      from.off("moveend", ended);
    };
  });
  follow(first, second);
  return () => {
    for (const leave of leaves) leave();
  };
}

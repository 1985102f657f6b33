/** How the sides of two maps, and what differs between them, are said in words. */

import type { Comparison } from "../api/types";
import { LAYERS } from "../api/types";
import type { Side } from "../state/sides";
import { count, counted, dayClock } from "./words";

export function nameSide(side: Side): string {
  switch (side.kind) {
    case "now":
      return "now";
    case "normal":
      return "as designed";
    case "whatif":
      return "what-if";
    case "moment":
      return dayClock(side.at);
  }
}

/** "894 fewer right". */
export function differenceOf({ only_left, only_right }: Comparison): string {
  const more = only_right - only_left;
  if (more !== 0) return `${count(Math.abs(more))} ${more > 0 ? "more" : "fewer"} right`;
  return only_left > 0 ? "As many, but others" : "No difference";
}

/** Whose supply differs, and how much of the grid. */
export function detailsOf({ only_left, only_right, both, differs }: Comparison): string {
  const elements = LAYERS.reduce((sum, layer) => sum + (differs[layer]?.length ?? 0), 0);
  const who = `${count(only_left)} only left, ${count(only_right)} only right, ${count(both)} on both`;
  return `${who}; ${counted(elements, "element")} differ${elements === 1 ? "s" : ""}`;
}

/** The pointer on the map: a tooltip for what it is over, a choice on a click. */

import type { MapMouseEvent, MapTouchEvent } from "maplibre-gl";
import type { LonLat } from "../api/types";
import { formatPlace } from "../parts/places";
import { counted, kindName } from "../parts/words";
import { chooseElement, setParams } from "../state/params";
import { type GridMap, layerOf, refOf } from "./gridmap";
import { valuesOf } from "./roles";

/** Panels that use the pointer themselves (drawing a polygon) hold the choice back meanwhile. */
export const pointer = { held: false };

const LONG_PRESS_MS = 550;
const ENDS_OF_PRESS = ["touchend", "touchcancel", "touchmove", "movestart"] as const;

export function followPointer(grid: GridMap): () => void {
  const { map } = grid;
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  map.getContainer().append(tip);
  let frame = 0;
  let latest: MapMouseEvent | null = null;

  const look = () => {
    frame = 0;
    if (!latest || pointer.held || map.isMoving()) return hide();
    const feature = grid.at(latest.point);
    map.getCanvas().style.cursor = feature ? "pointer" : "";
    if (!feature) return hide();
    const ref = refOf(feature);
    grid.channels.set("hover", valuesOf({ [ref.layer]: [ref.id] }, 1));
    tip.replaceChildren(...describe(feature.properties, layerOf(feature)));
    tip.hidden = false;
    const { clientWidth } = map.getContainer();
    const { x, y } = latest.point;
    tip.style.transform = `translate(${Math.min(x + 14, clientWidth - 240)}px, ${y + 14}px)`;
  };
  const hide = () => {
    tip.hidden = true;
    grid.channels.clear("hover");
  };
  const moved = (event: MapMouseEvent) => {
    latest = event;
    frame ||= requestAnimationFrame(look);
  };
  const left = () => {
    latest = null;
    hide();
  };
  const clicked = (event: MapMouseEvent) => {
    if (pointer.held) return;
    const feature = grid.at(event.point);
    const mrid = feature?.properties?.mrid as string | undefined;
    if (mrid) chooseElement(mrid);
  };
  const leaveAsking = followAsking(grid);
  map.on("mousemove", moved);
  map.on("mouseout", left);
  map.on("click", clicked);
  return () => {
    cancelAnimationFrame(frame);
    map.off("mousemove", moved);
    map.off("mouseout", left);
    map.off("click", clicked);
    leaveAsking();
    tip.remove();
  };
}

/** Ask what is at a place: by the right button, or a finger that stays. */
function followAsking({ map }: GridMap): () => void {
  let timer = 0;
  const ask = ({ lngLat }: MapMouseEvent | MapTouchEvent) => {
    if (!pointer.held) askAbout([lngLat.lng, lngLat.lat]);
  };
  const pressed = (event: MapTouchEvent) => {
    clearTimeout(timer);
    if (event.points.length === 1) timer = window.setTimeout(() => ask(event), LONG_PRESS_MS);
  };
  const released = () => clearTimeout(timer);
  map.on("contextmenu", ask);
  map.on("touchstart", pressed);
  for (const end of ENDS_OF_PRESS) map.on(end, released);
  return () => {
    released();
    map.off("contextmenu", ask);
    map.off("touchstart", pressed);
    for (const end of ENDS_OF_PRESS) map.off(end, released);
  };
}

export function askAbout(place: LonLat): void {
  setParams({ here: formatPlace(place), panel: "here" }, { push: true });
}

function describe(properties: Record<string, unknown>, layer: string): HTMLElement[] {
  const head = document.createElement("strong");
  head.textContent = String((properties.name || properties.mrid) ?? "");
  const facts = document.createElement("span");
  const kind =
    layer === "usage_points"
      ? "Meter"
      : kindName(String(properties.kind ?? KIND_OF[layer] ?? layer));
  const parts = [kind];
  if (properties.phases) parts.push(String(properties.phases));
  if (Number(properties.customers) > 0)
    parts.push(counted(Number(properties.customers), "customer"));
  facts.textContent = parts.join(" · ");
  return [head, facts];
}

const KIND_OF: Record<string, string> = {
  substations: "substation",
  lines: "ac_line_segment",
  secondaries: "Secondary line",
};

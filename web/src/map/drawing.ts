/** Take clicks on the map as corners while somebody draws or measures. */

import type { Map as MapLibre } from "maplibre-gl";
import { useEffect, useRef } from "react";
import type { LonLat } from "../api/types";
import { pointer } from "./pointer";

const STILL_PX = 5; // a click that moved farther was a drag of the map

interface Drawing {
  onCorner: (corner: LonLat) => void;
  onDone: () => void;
  onCancel: () => void;
  onBack: () => void; // takes the last corner away
}

/**
 * Listen while `active`.
 *
 * Clicks are taken before the map sees them, so that nothing is selected; dragging, the wheel and
 * pinching stay the map's. Keys: Space adds a corner at the middle of the map, Enter ends.
 */
export function useDrawing(map: MapLibre | null, active: boolean, drawing: Drawing): void {
  const latest = useRef(drawing);
  latest.current = drawing;
  useEffect(() => {
    if (!map || !active) return;
    const container = map.getContainer();
    const ears = listeners(map, latest);
    for (const [name, ear] of ears) container.addEventListener(name, ear, true);
    const keys = keyListener(map, latest);
    window.addEventListener("keydown", keys, true);
    map.doubleClickZoom.disable();
    pointer.held = true;
    container.classList.add("drawing");
    return () => {
      for (const [name, ear] of ears) container.removeEventListener(name, ear, true);
      window.removeEventListener("keydown", keys, true);
      map.doubleClickZoom.enable();
      pointer.held = false;
      container.classList.remove("drawing");
    };
  }, [map, active]);
}

type Latest = { current: Drawing };
type Ear = (event: Event) => void;

function listeners(map: MapLibre, latest: Latest): [string, Ear][] {
  let down: [number, number] = [0, 0];
  const onMap = (event: Event) => map.getCanvasContainer().contains(event.target as Node);
  return [
    [
      "pointerdown",
      (event) => {
        const { clientX, clientY } = event as PointerEvent;
        down = [clientX, clientY];
      },
    ],
    [
      "click",
      (event) => {
        if (!onMap(event)) return;
        event.stopPropagation();
        const { clientX, clientY, detail } = event as MouseEvent;
        if (Math.hypot(clientX - down[0], clientY - down[1]) > STILL_PX || detail > 1) return;
        const box = map.getContainer().getBoundingClientRect();
        const { lng, lat } = map.unproject([clientX - box.left, clientY - box.top]);
        latest.current.onCorner([lng, lat]);
      },
    ],
    [
      "dblclick",
      (event) => {
        if (!onMap(event)) return;
        event.stopPropagation();
        latest.current.onDone();
      },
    ],
  ];
}

function keyListener(map: MapLibre, latest: Latest): (event: KeyboardEvent) => void {
  return (event) => {
    const target = event.target as HTMLElement;
    const elsewhere = target !== document.body && !map.getContainer().contains(target);
    const act = elsewhere && event.key !== "Escape" ? undefined : ACTS[event.key];
    if (!act || target.classList.contains("handle")) return;
    event.preventDefault();
    event.stopPropagation();
    act(map, latest.current);
  };
}

const ACTS: Record<string, (map: MapLibre, drawing: Drawing) => void> = {
  " ": (map, drawing) => drawing.onCorner(centerOf(map)),
  Enter: (_, drawing) => drawing.onDone(),
  Escape: (_, drawing) => drawing.onCancel(),
  Backspace: (_, drawing) => drawing.onBack(),
};

export function centerOf(map: MapLibre): LonLat {
  const { lng, lat } = map.getCenter();
  return [lng, lat];
}

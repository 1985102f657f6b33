/** Corners on the map: dragged by mouse or finger, moved by the arrow keys, removed by Delete. */

import type { Map as MapLibre } from "maplibre-gl";
import { type KeyboardEvent, type PointerEvent, useEffect, useReducer } from "react";
import { createPortal } from "react-dom";
import { type Corner, middle, moved, removed, split } from "./ring";

interface Props {
  map: MapLibre;
  ring: Corner[];
  closed: boolean;
  onChange: (ring: Corner[]) => void;
}

export function Handles({ map, ring, closed, onChange }: Props) {
  useMapMotion(map);
  return createPortal(
    <div className="handles">
      <svg aria-hidden="true">
        {ring.length > 1 && <polyline points={points(map, ring, closed)} />}
      </svg>
      {ring.map((corner, at) => (
        <Handle
          key={at}
          map={map}
          corner={corner}
          name={`Corner ${at + 1} of ${ring.length}`}
          onMove={(to) => onChange(moved(ring, at, to))}
          onRemove={() => onChange(removed(ring, at))}
        />
      ))}
      {closed &&
        ring.map((_, at) => (
          <Middle
            key={at}
            map={map}
            ring={ring}
            at={at}
            onSplit={() => onChange(split(ring, at))}
          />
        ))}
    </div>,
    map.getContainer(),
  );
}

/** Draw again with every move of the map. */
function useMapMotion(map: MapLibre): void {
  const [, draw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    map.on("move", draw);
    map.on("resize", draw);
    return () => {
      map.off("move", draw);
      map.off("resize", draw);
    };
  }, [map]);
}

function points(map: MapLibre, ring: Corner[], closed: boolean): string {
  const places = (closed ? [...ring, ring[0] as Corner] : ring).map((corner) =>
    map.project(corner),
  );
  return places.map(({ x, y }) => `${x},${y}`).join(" ");
}

interface HandleProps {
  map: MapLibre;
  corner: Corner;
  name: string;
  onMove: (corner: Corner) => void;
  onRemove: () => void;
}

function Handle({ map, corner, name, onMove, onRemove }: HandleProps) {
  const { x, y } = map.project(corner);
  const drag = (event: PointerEvent<HTMLButtonElement>) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const box = map.getContainer().getBoundingClientRect();
    onMove(cornerAt(map, event.clientX - box.left, event.clientY - box.top));
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key === "Delete" || event.key === "Backspace") onRemove();
    else {
      const by = shift(event);
      if (!by) return;
      onMove(cornerAt(map, x + by[0], y + by[1]));
    }
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <button
      type="button"
      className="handle"
      style={{ transform: `translate(${x}px, ${y}px)` }}
      aria-label={`${name}: arrow keys move it, Delete removes it`}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={drag}
      onKeyDown={keys}
    />
  );
}

const STEP_PX = 10;

/** How far an arrow key moves, in pixels: ten, or one with Shift. */
function shift(event: KeyboardEvent): [number, number] | null {
  const by = event.shiftKey ? 1 : STEP_PX;
  switch (event.key) {
    case "ArrowLeft":
      return [-by, 0];
    case "ArrowRight":
      return [by, 0];
    case "ArrowUp":
      return [0, -by];
    case "ArrowDown":
      return [0, by];
    default:
      return null;
  }
}

function cornerAt(map: MapLibre, x: number, y: number): Corner {
  const { lng, lat } = map.unproject([x, y]);
  return [lng, lat];
}

interface MiddleProps {
  map: MapLibre;
  ring: Corner[];
  at: number;
  onSplit: () => void;
}

function Middle({ map, ring, at, onSplit }: MiddleProps) {
  const corner = middle(ring, at);
  if (!corner) return null;
  const { x, y } = map.project(corner);
  return (
    <button
      type="button"
      className="handle handle-middle"
      style={{ transform: `translate(${x}px, ${y}px)` }}
      aria-label={`Add a corner to side ${at + 1}`}
      onClick={onSplit}
    />
  );
}

/** Run the pulses of a trace over the map, on a canvas of their own. Loaded on the first trace. */

import { MapLibreOverlay } from "@deck.gl/maplibre";
import { currentTheme } from "../state/theme";
import { courseOf, type Position, type Segment } from "./course";
import { FlowLayer } from "./flowlayer";
import type { GridMap } from "./gridmap";

const FLOW_MS = 9_000; // long enough to be understood, then the page is calm again
const PULSES = 5; // at a time, from the start to the farthest end
const SPEED = 0.55; // periods per second

export function runFlow(
  grid: GridMap,
  geometry: GeoJSON.MultiLineString,
  direction: "in" | "out",
): () => void {
  const segments = courseOf(geometry.coordinates as Position[][]);
  const length = segments.reduce((most, { end }) => Math.max(most, end), 0);
  if (length === 0) return () => {};
  const overlay = new MapLibreOverlay({ interleaved: false, layers: [] });
  grid.map.addControl(overlay);
  const began = performance.now();
  let frame = 0;
  const step = () => {
    const age = performance.now() - began;
    if (age > FLOW_MS) return stop();
    const sign = direction === "in" ? -1 : 1;
    const time = (sign * SPEED * age) / 1000 + 100;
    overlay.setProps({ layers: [layerOf(segments, time, length / PULSES)] });
    frame = requestAnimationFrame(step);
  };
  const stop = () => {
    cancelAnimationFrame(frame);
    if (grid.map.hasControl(overlay)) grid.map.removeControl(overlay);
  };
  step();
  return stop;
}

function layerOf(segments: Segment[], time: number, period: number): FlowLayer<Segment> {
  return new FlowLayer<Segment>({
    id: "flow",
    data: segments,
    getSourcePosition: (segment) => segment.from,
    getTargetPosition: (segment) => segment.to,
    getDistances: (segment) => [segment.start, segment.end],
    getColor: currentTheme() === "dark" ? [235, 250, 255, 235] : [0, 70, 140, 235],
    getWidth: 4,
    widthUnits: "pixels",
    time,
    period,
  });
}

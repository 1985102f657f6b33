/**
 * Layers that show nothing but what some channels paint.
 *
 * While none of these paints, the layer is wholly transparent: MapLibre then skips it, and a whole
 * territory is drawn in half the time where no graphics card helps. Only a constant is skipped: what
 * differs by feature is in the color.
 */

import type { ChannelName } from "./channels";

const FLAGS: readonly ChannelName[] = ["mark", "chosen", "hover", "differs"];
const SUPPLIES: readonly ChannelName[] = ["supply", "fate"];

type Opacity = "line-opacity" | "circle-opacity" | "circle-stroke-opacity";
const LINE: readonly Opacity[] = ["line-opacity"];
const CIRCLE: readonly Opacity[] = ["circle-opacity", "circle-stroke-opacity"];

interface Painted {
  by: readonly ChannelName[];
  names: readonly Opacity[];
  opacity: number; // while one of the channels paints
}

const line = (by: readonly ChannelName[], opacity = 1): Painted => ({ by, names: LINE, opacity });
const flag: Painted = { by: FLAGS, names: CIRCLE, opacity: 1 };

const PAINTED_ONLY: Readonly<Record<string, Painted>> = {
  "secondaries-flag": line(FLAGS),
  "secondaries-out": line(SUPPLIES),
  "lines-halo": line(SUPPLIES, 0.3),
  "lines-risk": line(["risk"], 0.75),
  "lines-flag": line(FLAGS),
  "lines-out": line(SUPPLIES),
  "usage_points-flag": flag,
  "transformers-flag": flag,
  "switches-flag": flag,
  "substations-flag": flag,
};

/** Opacities of each of these layers, by what is painted now. */
export function paintedOpacities(
  painted: ReadonlySet<ChannelName>,
): { layer: string; name: Opacity; opacity: number }[] {
  return Object.entries(PAINTED_ONLY).flatMap(([layer, { by, names, opacity }]) => {
    const now = by.some((channel) => painted.has(channel)) ? opacity : 0;
    return names.map((name) => ({ layer, name, opacity: now }));
  });
}

/** The part of a layer's paint that says how opaque it is: at once, without a transition. */
export function opacityOf(
  layer: string,
  painted: ReadonlySet<ChannelName>,
): Record<string, number | { duration: number }> {
  const own = paintedOpacities(painted).filter((each) => each.layer === layer);
  return Object.fromEntries(
    own.flatMap(({ name, opacity }) => [
      [name, opacity],
      [`${name}-transition`, { duration: 0 }],
    ]),
  );
}

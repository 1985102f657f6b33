/** The color of what has supply, by the mode that was chosen; a value of each feeder, looked up by its id. */

import type { ExpressionSpecification as Expr } from "maplibre-gl";
import { riskColor, steps } from "./expressions";
import type { StyleInput } from "./look";
import type { Palette } from "./palette";

const FEEDER: Expr = ["coalesce", ["get", "feeder"], 0];

/** A value of each feeder, looked up by its id. */
export function byFeeder<T extends string | number>(
  input: StyleInput,
  none: T,
  of: (id: number) => T,
): Expr {
  const size = input.info.feeders.reduce((most, { id }) => Math.max(most, id), 0) + 1;
  const values: T[] = new Array<T>(size).fill(none);
  for (const { id } of input.info.feeders) values[id] = of(id);
  return ["at", ["case", ["<", FEEDER, size], FEEDER, 0], ["literal", values]] as Expr;
}

function feederColor(input: StyleInput, palette: Palette): Expr {
  const index = new Map(input.info.feeders.map(({ id, color_index }) => [id, color_index]));
  const colors = palette.feeders.flatMap((color, i) => [i, color]);
  return [
    "match",
    byFeeder(input, -1, (id) => (index.get(id) ?? 0) % palette.feeders.length),
    ...colors,
    palette.noFeeder,
  ] as unknown as Expr;
}

/** The color of what has supply. */
export function energizedColor(input: StyleInput, palette: Palette): Expr {
  switch (input.mode) {
    case "feeder":
      return feederColor(input, palette);
    case "voltage":
      return [
        "case",
        ["has", "v"],
        steps(["to-number", ["get", "v"]], palette.voltages),
        palette.unknown,
      ];
    case "loading": {
      const load = byFeeder(input, -1, (id) => input.loads.get(id) ?? -1);
      return ["case", ["<", load, 0], palette.unknown, steps(load, palette.loads)];
    }
    case "vegetation":
      return riskColor(palette);
    case "state":
      return ["to-color", palette.calm];
  }
}

import { expect, it } from "vitest";
import { gridLayers } from "../src/map/layers";
import type { StyleInput } from "../src/map/look";
import { MODES } from "../src/map/modes";
import { PALETTES } from "../src/map/palette";

/** Names of the paint properties that follow the state of a feature. */
function followersOf(look: Partial<StyleInput>): string[] {
  const info = { feeders: [{ id: 1, color_index: 0 }] };
  const input = { theme: "light", loads: new Map(), dim: false, info, ...look } as StyleInput;
  return gridLayers(input, PALETTES[input.theme]).flatMap(({ id, paint }) =>
    Object.entries(paint ?? {})
      .filter(([, value]) => JSON.stringify(value).includes("feature-state"))
      .map(([name]) => `${id} ${name}`),
  );
}

it("has the same properties follow the state of features in every look", () => {
  const plain = followersOf({ mode: "feeder" });
  expect(plain).toContain("lines line-opacity");
  for (const mode of MODES)
    for (const dim of [false, true])
      for (const theme of ["light", "dark"] as const)
        expect(followersOf({ mode, dim, theme })).toEqual(plain);
});

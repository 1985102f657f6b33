import type { LayerSpecification } from "maplibre-gl";
import { expect, it } from "vitest";
import type { ChannelName } from "../src/map/channels";
import { gridLayers } from "../src/map/layers";
import type { StyleInput } from "../src/map/look";
import { MODES } from "../src/map/modes";
import { PALETTES } from "../src/map/palette";

function layersOf(look: Partial<StyleInput>): LayerSpecification[] {
  const plain = { theme: "light", loads: new Map(), dim: false, painted: new Set() };
  const input = { ...plain, info: { feeders: [{ id: 1, color_index: 0 }] }, ...look } as StyleInput;
  return gridLayers(input, PALETTES[input.theme]);
}

/** Names of the paint properties that follow the state of a feature. */
function followersOf(look: Partial<StyleInput>): string[] {
  return layersOf(look).flatMap(({ id, paint }) =>
    Object.entries(paint ?? {})
      .filter(([, value]) => JSON.stringify(value).includes("feature-state"))
      .map(([name]) => `${id} ${name}`),
  );
}

it("has the same properties follow the state of features in every look", () => {
  const followers = (look: Partial<StyleInput>) =>
    followersOf(look).filter((name) => !name.startsWith("lines-risk"));
  const plain = followers({ mode: "feeder" });
  expect(plain).toContain("lines line-opacity");
  for (const mode of MODES)
    for (const dim of [false, true])
      for (const theme of ["light", "dark"] as const)
        expect(followers({ mode, dim, theme })).toEqual(plain);
});

it("skips lines that only channels fill until one of these paints", () => {
  const seen = (...painted: ChannelName[]) =>
    layersOf({ mode: "feeder", painted: new Set(painted) })
      .filter(({ id }) => id.startsWith("lines"))
      .filter(({ paint }) => (paint as Record<string, unknown>)["line-opacity"] !== 0)
      .map(({ id }) => id);
  expect(seen()).toEqual(["lines"]);
  expect(seen("supply")).toEqual(["lines-halo", "lines", "lines-out"]);
  expect(seen("hover", "fate")).toEqual(["lines-halo", "lines-flag", "lines", "lines-out"]);
});

it("has the layer of vegetation risk in its mode alone", () => {
  const named = (mode: StyleInput["mode"]) => layersOf({ mode }).map(({ id }) => id);
  expect(named("vegetation")).toContain("lines-risk");
  for (const mode of MODES.filter((each) => each !== "vegetation"))
    expect(named(mode)).not.toContain("lines-risk");
});

it("skips flags of points until something is flagged", () => {
  const seen = (...painted: ChannelName[]) =>
    layersOf({ mode: "feeder", painted: new Set(painted) })
      .filter(({ id, type }) => id.endsWith("-flag") && type === "circle")
      .map(({ paint }) => (paint as Record<string, unknown>)["circle-opacity"]);
  expect(seen()).toEqual([0, 0, 0, 0]);
  expect(seen("supply")).toEqual([0, 0, 0, 0]);
  expect(seen("hover")).toEqual([1, 1, 1, 1]);
});

import { validateStyleMin } from "@maplibre/maplibre-gl-style-spec";
import { beforeAll, expect, it, vi } from "vitest";
import type { ChannelName } from "../src/map/channels";
import type { StyleInput } from "../src/map/look";
import { MODES } from "../src/map/modes";
import { collect } from "../src/map/overlay";
import { styleOf } from "../src/map/style";

const info = {
  feeders: [{ id: 1, color_index: 0 }],
  substations: [{ id: 1, mrid: "SUB-1", name: "", at: [-95, 29], customers: 9, out: 1 }],
  basemap: { url: "/tiles/basemap.pmtiles", attribution: "" },
};
const tiles = { tiles: ["/tiles/grid/{z}/{x}/{y}.mvt"], minzoom: 0, maxzoom: 15 };
const painted: ChannelName[] = ["supply", "open", "mark", "chosen", "risk"];

function styleFor(look: Partial<StyleInput>): ReturnType<typeof styleOf> {
  return styleOf({
    info,
    tiles: { ...tiles, bounds: [-96, 29, -95, 30] },
    stations: null,
    loads: new Map([[1, 50]]),
    basemap: true,
    dim: false,
    painted: new Set(),
    overlay: collect(new Map()),
    ...look,
  } as StyleInput);
}

beforeAll(() => {
  vi.stubGlobal("window", { location: { origin: "http://127.0.0.1" } });
});

it.each(MODES)("keeps to the specification in mode %s, as the map itself does not ask", (mode) => {
  const look = { mode, theme: "dark", painted: new Set(painted), basemap: false } as const;
  expect(validateStyleMin(styleFor(look))).toEqual([]);
});

it("is told where it does not", () => {
  const style = styleFor({ mode: "feeder", theme: "light" });
  const [first] = style.layers;
  expect(validateStyleMin({ ...style, layers: [{ ...first, type: "none" } as never] })).not.toEqual(
    [],
  );
});

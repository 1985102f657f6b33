import { describe, expect, it } from "vitest";
import type { Comparison } from "../../src/api/types";
import { isoOf, localOf } from "../../src/panels/sidebyside/moments";
import { detailsOf, differenceOf } from "../../src/parts/sides";
import { formatParams, type Params, type Patch, parseParams } from "../../src/state/params";
import {
  askedOf,
  firstSide,
  followsPresent,
  formatSide,
  parseSide,
  type Side,
  sidesToggled,
} from "../../src/state/sides";

const AT = "2026-07-01T12:00:00.000Z";
const SIDES: Side[] = [
  { kind: "now" },
  { kind: "normal" },
  { kind: "whatif" },
  { kind: "moment", at: AT },
];

const after = (params: Params, patch: Patch): Params =>
  Object.fromEntries(Object.entries({ ...params, ...patch }).filter(([, value]) => value));

describe("a side in a link", () => {
  it("reads what it wrote", () => {
    for (const side of SIDES) {
      const hash = formatParams({ left: formatSide(side), right: "now" });
      expect(parseSide(parseParams(hash).left)).toEqual(side);
    }
  });

  it("is the present where it is none", () => {
    for (const text of [null, "", "the day before"]) expect(parseSide(text).kind).toBe("now");
  });

  it("takes a moment of any zone, to the microsecond", () => {
    const at = "2026-07-01T14:00:00.123456+02:00";
    expect(parseSide(at)).toEqual({ kind: "moment", at });
    expect(parseSide("2026-07-01")).toEqual({ kind: "moment", at: "2026-07-01T00:00:00.000Z" });
  });
});

describe("the server is asked for", () => {
  it("each side in its own words", () => {
    expect(SIDES.map((side) => askedOf(side, "SW-1:o,SW-2:c,FUSE-3:A"))).toEqual([
      {},
      { state: "normal" },
      { switches: { "SW-1": true, "SW-2": false, "FUSE-3": "A" } },
      { at: AT },
    ]);
  });

  it("again where a side follows the present", () => {
    expect(SIDES.map(followsPresent)).toEqual([true, false, true, false]);
  });
});

describe("a second map", () => {
  it("opens beside the present, with what is designed", () => {
    expect(sidesToggled({})).toMatchObject({ left: "normal", right: "now" });
  });

  it("takes the past moment or the what-if of the one map for a side", () => {
    const past = after({ at: AT, replay: "6" }, sidesToggled({ at: AT, replay: "6" }));
    expect(past).toEqual({ left: AT, right: "now" });
    const tried = after({ whatif: "A:o" }, sidesToggled({ whatif: "A:o" }));
    expect(tried).toEqual({ left: "now", right: "whatif", whatif: "A:o" });
  });

  it("closes to the one map with everything else as it was", () => {
    const open: Params = { map: "11/1/2", sel: "X", left: "normal", right: AT };
    expect(after(open, sidesToggled(open))).toEqual({ map: "11/1/2", sel: "X" });
  });

  it("leaves the first to what is on the left", () => {
    expect(firstSide({ left: "normal", right: "now" }).kind).toBe("normal");
    expect(firstSide({ left: "normal", at: AT }).kind).toBe("moment");
    expect(firstSide({}).kind).toBe("now");
  });
});

describe("the difference in words", () => {
  const comparison = (only_left: number, only_right: number, lines: number[]) =>
    ({ only_left, only_right, both: 3, differs: lines.length ? { lines } : {} }) as Comparison;

  it("says which side has more without supply", () => {
    expect(differenceOf(comparison(900, 6, [1]))).toBe("894 fewer right");
    expect(differenceOf(comparison(0, 1204, [1]))).toBe("1,204 more right");
    expect(differenceOf(comparison(0, 0, []))).toBe("No difference");
  });

  it("does not take as many for the same", () => {
    expect(differenceOf(comparison(5, 5, [1]))).toBe("As many, but others");
  });

  it("says who is out where, and how much of the grid differs", () => {
    expect(detailsOf(comparison(900, 6, [1]))).toBe(
      "900 only left, 6 only right, 3 on both; 1 element differs",
    );
    expect(detailsOf(comparison(0, 0, []))).toContain("0 elements differ");
  });
});

describe("a field of date and time", () => {
  it("gives back the moment that it was given, to the second", () => {
    expect(isoOf(localOf("2026-07-01T12:34:56.789Z"))).toBe("2026-07-01T12:34:56.000Z");
    expect(isoOf("")).toBeNull();
  });
});

import { describe, expect, it } from "vitest";
import { classOf, mostLoaded } from "../../src/panels/loading/series";
import { barOf, metersPerPixel, ratioOf } from "../../src/panels/print/scale";
import { seriesOf } from "../../src/parts/series";

describe("the scale of a picture", () => {
  it("is that of the Mercator map", () => {
    expect(metersPerPixel(0, 0)).toBeCloseTo(78_271.517, 2);
    expect(metersPerPixel(60, 10)).toBeCloseTo(78_271.517 / 2 / 1024, 4);
  });

  it("has a bar of a round length that fits", () => {
    expect(barOf(10, 120)).toEqual({ meters: 1000, px: 100, label: "1 km" });
    expect(barOf(0.7, 100)).toMatchObject({ meters: 50, label: "50 m" });
    expect(barOf(33, 100)).toMatchObject({ meters: 2000, label: "2 km" });
  });

  it("is written as a ratio", () => {
    expect(ratioOf(metersPerPixel(29.76, 14))).toBe("1:16,000");
  });
});

describe("a series of readings", () => {
  const quarter = 15 * 60_000;
  const sample = (at: number, value: number | null) => ({ ms: at * quarter, value });

  it("breaks where intervals are missing", () => {
    const found = seriesOf([sample(0, 1), sample(1, 3), sample(2, null), sample(4, 2)], 40, 10);
    expect(found).toMatchObject({ path: "M0 10L10 0M40 5", low: 1, high: 3 });
  });

  it("is none without two values", () => {
    expect(seriesOf([sample(0, 1), sample(1, null)], 40, 10)).toBeNull();
  });
});

describe("loading", () => {
  it("lists the most loaded first and leaves out what is not known", () => {
    expect(mostLoaded([1, 2, 3, 4], [10, null, 120, 90], [1, 2, 3, null], 2)).toEqual([
      { id: 3, pct: 120, kw: 3 },
      { id: 4, pct: 90, kw: null },
    ]);
  });

  it("falls into classes", () => {
    expect([0, 49.9, 50, 99, 100, 250].map(classOf)).toEqual([0, 0, 1, 2, 3, 3]);
  });
});

import { describe, expect, it } from "vitest";
import type { RankedRow, Vegetation } from "../../src/api/types";
import { legendOf } from "../../src/map/legend";
import { PALETTES } from "../../src/map/palette";
import { risksOf } from "../../src/map/vegetation";
import { asGrouping, factsOf, metersOf, nameOf, sumUp } from "../../src/panels/vegetation/ranking";

const row: RankedRow = {
  mrid: "RCL-1",
  section: "RCL-1",
  feeder: "F-1",
  spans: 3,
  risk_class: "high",
  score: 4,
  length_in_risk_m: 340.4,
  customers: 1,
  priority_sites: 0,
  customer_minutes_at_risk: 100,
  customer_minutes_per_km: 294,
  bounds: null,
  feature: null,
};

describe("the trimming list in words", () => {
  it("says what a row is of", () => {
    expect(factsOf(row, "section")).toBe("3 spans, 340 m at risk, 1 customer");
    expect(factsOf(row, "span")).toBe("340 m at risk, 1 customer");
    expect(nameOf({ ...row, mrid: "" }, "section")).toBe("before the first switch");
  });

  it("writes lengths in meters and kilometers", () => {
    expect([metersOf(87.4), metersOf(1_234)]).toEqual(["87 m", "1.2 km"]);
  });

  it("sums up what all of it comes to", () => {
    const answer = { spans: 1, length_in_risk_m: 2_000, customer_minutes_at_risk: 1_234.4 };
    expect(sumUp(answer as Vegetation)).toBe(
      "1 span with 2 km at risk: 1,234 customer-minutes a year.",
    );
  });

  it("groups by section unless a link says otherwise", () => {
    expect([asGrouping(null), asGrouping("span"), asGrouping("x")]).toEqual([
      "section",
      "span",
      "section",
    ]);
  });
});

describe("risk on the map", () => {
  it("paints each class with its place", () => {
    const painted = risksOf({
      low: { lines: [1] },
      moderate: {},
      high: { lines: [2], secondaries: [3] },
      extreme: {},
    });
    expect([...(painted.get("lines") ?? [])]).toEqual([
      [1, 1],
      [2, 3],
    ]);
    expect([...(painted.get("secondaries") ?? [])]).toEqual([[3, 3]]);
  });

  it("tells the classes apart by width and by brightness, without any hue", () => {
    for (const { risks } of Object.values(PALETTES)) {
      const widths = risks.map(([, , width]) => width);
      expect(widths).toEqual([...widths].sort((a, b) => a - b));
      expect(new Set(widths).size).toBe(risks.length);
      const light = risks.map(([, color]) => brightness(color));
      const steps = light.slice(1).map((each, at) => each - (light[at] ?? 0));
      expect(steps.every((step) => step > 0.04) || steps.every((step) => step < -0.04)).toBe(true);
    }
  });

  it("has every class in the legend", () => {
    const groups = legendOf("vegetation", "dark", null);
    const says = groups.find(({ title }) => title === "Lines by vegetation risk")?.entries;
    expect(says?.map((entry) => entry.says)).toEqual([
      "low risk",
      "moderate risk",
      "high risk",
      "extreme risk",
      "not at risk",
    ]);
  });
});

/** Relative luminance, WCAG 2.2. */
function brightness(color: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

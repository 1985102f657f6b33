import { describe, expect, it } from "vitest";
import { signsOf } from "../../src/panels/operate/signs";
import { nextDeeds } from "../../src/panels/outages/OutageDeeds";
import { crewWords } from "../../src/parts/operate/CrewList";
import { sentenceOf } from "../../src/parts/operate/PreviewCard";

type Seen = Parameters<typeof sentenceOf>[0];
const group = (customers: number) => ({ customers, usage_points: customers });

describe("what an operation would do", () => {
  it("is read out with its dangers and with what forbids it", () => {
    const seen = {
      open: false,
      mrid: "TIE-3",
      gained: group(1200),
      lost: group(0),
      hazards: [{ message: "closes a loop", kind: "closes_loop", equipment: [], outage: null }],
      refusals: ["TIE-3 carries a hold"],
    } as unknown as Seen;
    expect(sentenceOf(seen)).toBe(
      "Closing TIE-3: 1,200 customers gain supply, 0 lose it. Danger: closes a loop. " +
        "Forbidden: TIE-3 carries a hold.",
    );
  });
});

describe("signs of the map", () => {
  type Tags = Parameters<typeof signsOf>[0];
  type Crews = Parameters<typeof signsOf>[1];
  it("leave out what has no place, and say what a crew does", () => {
    const tags = [
      { kind: "hold", mrid: "SW-1", at: [1, 2] },
      { kind: "caution", mrid: "GONE", at: null },
    ] as unknown as Tags;
    const crews = [
      { name: "Line 1", status: "assigned", at: [3, 4] },
      { name: "Line 2", status: "on_site", at: [5, 6] },
      { name: "Line 3", status: "off_duty", at: [7, 8] },
    ] as unknown as Crews;
    const signs = signsOf(tags, crews, "dark").features.map((each) => each.properties?.sign);
    expect(signs).toEqual([
      "tag/hold/dark",
      "crew/free/dark",
      "crew/on_site/dark",
      "crew/away/dark",
    ]);
  });
});

describe("a crew in words", () => {
  it("says what it can do and how far it is", () => {
    const crew = {
      skills: ["line"],
      distance_m: 4_240,
      travel_min: 8.27,
      at: [0, 0] as [number, number],
    };
    expect(crewWords(crew)).toBe("line; 4.2 km, about 8 min by road");
    expect(crewWords({ ...crew, skills: [], distance_m: null, at: null })).toBe(
      "nobody knows where",
    );
  });
});

describe("what can be done with an outage", () => {
  it("follows its life", () => {
    expect(nextDeeds("predicted")).toEqual(["confirm", "restore", "invalidate"]);
    expect(nextDeeds("partially_restored")).toEqual(["restore"]);
    expect(nextDeeds("restored")).toEqual(["close"]);
    expect(nextDeeds("closed")).toEqual([]);
  });
});

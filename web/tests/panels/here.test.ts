import { describe, expect, it } from "vitest";
import { listDrawn } from "../../src/panels/here/drawn";
import {
  formatDistance,
  formatPlace,
  formatWay,
  measureLegs,
  readPlace,
  readWay,
} from "../../src/parts/places";

describe("a place as text", () => {
  it("reads what it wrote, latitude first", () => {
    expect(formatPlace([-95.37, 29.76])).toBe("29.76000,-95.37000");
    expect(readPlace("29.76000,-95.37000")).toEqual([-95.37, 29.76]);
  });

  it.each(["", ",", "1", "1,2,3", "91,0", "0,181", "a,b", "1,"])("refuses %j", (text) => {
    expect(readPlace(text)).toBeNull();
  });

  it("keeps what of a course can be read", () => {
    expect(readWay("1,2;x;3,4")).toEqual([
      [2, 1],
      [4, 3],
    ]);
    expect(formatWay(readWay("1,2;3,4"))).toBe("1.00000,2.00000;3.00000,4.00000");
  });
});

describe("distances", () => {
  it("are those of great circles", () => {
    const [leg] = measureLegs([
      [0, 0],
      [1, 0],
    ]);
    expect(leg).toBeCloseTo(111_195.08, 1);
    expect(
      measureLegs([
        [0, 60],
        [1, 60],
      ])[0],
    ).toBeCloseTo(55_597.01, 1);
  });

  it("are written in meters, kilometers and feet", () => {
    expect(formatDistance(12.34)).toBe("12.3 m (40 ft)");
    expect(formatDistance(1609.344)).toBe("1.61 km (5,280 ft)");
  });
});

describe("what is drawn at a place", () => {
  it("names each element once", () => {
    const fuse = {
      source: "grid",
      sourceLayer: "switches",
      properties: { mrid: "F", kind: "fuse" },
    };
    const line = { source: "grid", sourceLayer: "lines", properties: { mrid: "L", phases: "AB" } };
    const drawn = listDrawn([fuse, line, fuse]);
    expect(drawn.map(({ mrid }) => mrid)).toEqual(["F", "L"]);
    expect(drawn[1]?.says).toMatch(/, AB$/);
  });
});

import { expect, test } from "vitest";
import { isAddress, ofAddress } from "../../src/panels/search/suggestions";

test("a number and a street may be an address, an id is none", () => {
  for (const text of ["12 oak", "1204 N Main St", "Hauptstrasse 7", "12b oak forest"]) {
    expect(isAddress(text)).toBe(true);
  }
  for (const text of ["FUSE-12", "RCL-0000001", "12", "oak forest", "1204 "]) {
    expect(isAddress(text)).toBe(false);
  }
});

test("an address says how many are there, and whether the map has it", () => {
  const found = {
    kind: "address" as const,
    address: "12 Oak St",
    city: "Fairmont",
    zip: "77002",
    service_points: 3,
    usage_point: "M3",
    at: null,
    feature: null,
  };
  const { title, says, mrid } = ofAddress(found, 0);
  expect([title, mrid]).toEqual(["12 Oak St", "M3"]);
  expect(says).toBe("Address · Fairmont 77002 · 3 service points · not on the map");
});

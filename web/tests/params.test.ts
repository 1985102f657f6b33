import { describe, expect, it } from "vitest";
import { formatParams, parseParams } from "../src/state/params";

describe("the view as text", () => {
  it("reads what it wrote", () => {
    const params = { map: "11/29.76/-95.37", sel: "a b&c=#1", trace: "downstream:X%3A1" };
    expect(parseParams(formatParams(params))).toEqual(params);
  });

  it("drops keys it does not know", () => {
    expect(parseParams("#sel=X&evil=1")).toEqual({ sel: "X" });
  });

  it("leaves slashes, colons and commas readable", () => {
    expect(formatParams({ whatif: "A:o,B:c", map: "1/2/3" })).toBe("#map=1/2/3&whatif=A:o,B:c");
  });

  it("is empty without parameters", () => {
    expect(formatParams({})).toBe("");
  });
});

import { expect, test } from "vitest";
import { readPlace, writePlace } from "../src/manual/place";
import { manualAddress } from "../src/parts/ManualList";

test("the place of a page is its address", () => {
  const place = { document: "0123456789abcdef", page: 12, question: "torque & tools?" };
  expect(readPlace(writePlace(place))).toEqual(place);
  expect(readPlace(`#${manualAddress("ab", 3, "a b").split("#")[1]}`)).toEqual({
    document: "ab",
    page: 3,
    question: "a b",
  });
});

test("a page that is none is the first", () => {
  for (const page of ["", "0", "-1", "1.5", "x"]) {
    expect(readPlace(`#document=ab&page=${page}`).page).toBe(1);
  }
});

import { expect, test } from "vitest";
import type { Section, Switch } from "../../src/panels/schematic/client";
import { describe, left, linesOf, middle, toneOf } from "../../src/panels/schematic/drawing";

const section = (more: Partial<Section>): Section => ({
  column: 0,
  row: 0,
  customers: 5,
  customers_out: 0,
  customers_behind: 8,
  transformers: 1,
  length_m: 10,
  energized: "yes",
  fed_by: "F1",
  ...more,
});
const breaker: Switch = {
  mrid: "BKR1",
  kind: "breaker",
  column: 0,
  row: 0,
  from_row: 0,
  phases: "ABC",
  open: "",
  normal_open: "",
  energized: "yes",
  is_tie: false,
  tie_to: null,
  at: null,
};

test("a line goes on to the next column and down to what hangs below", () => {
  const tie = { ...breaker, mrid: "TIE", column: 1, row: 2, is_tie: true, open: "ABC" };
  const lines = linesOf({
    schema: "gridtwin.schematic/1",
    feeder: "F1",
    state: "current",
    version: 0,
    columns: 2,
    rows: 3,
    sections: [section({})],
    switches: [breaker, tie],
  });
  expect(lines.map(({ d }) => d)).toEqual([
    `M${left(0)} ${middle(0)}H${left(1)}`,
    `M${left(1)} ${middle(0)}V${middle(2)}`,
  ]);
});

test("a section shows whether it lives, and whether another feeder feeds it", () => {
  expect(toneOf(section({}), "F1")).toBe("live");
  expect(toneOf(section({ fed_by: "F2" }), "F1")).toBe("other");
  expect(toneOf(section({ energized: "no", fed_by: null }), "F1")).toBe("dark");
  expect(toneOf(section({ energized: "partial" }), "F1")).toBe("partial");
});

test("a switch says in words how it stands", () => {
  expect(describe(breaker, section({ customers_out: 2 }))).toBe(
    "BKR1, breaker, closed, 5 customers, 2 out",
  );
  expect(describe({ ...breaker, open: "A" }, undefined)).toBe(
    "BKR1, breaker, open on A, not as designed",
  );
});

import { describe, expect, it } from "vitest";
import type { FindingRow } from "../../src/api/types";
import {
  countOpen,
  nameOf,
  pageOf,
  passing,
  pointsOf,
  rulesOf,
  stepped,
} from "../../src/panels/findings/list";

const row = (rule: string, fields: Partial<FindingRow> = {}): FindingRow => ({
  rule,
  severity: "warning",
  mrid: "L1",
  layer: "LINES",
  key: "1",
  place: [8, 47],
  at: [8, 47],
  feature: null,
  evidence: "seen",
  mend: "mend it",
  accepted: null,
  ...fields,
});

const accepted = { key: "L1", reason: "as built", actor: "ann", at: "2026-07-01T00:00:00Z" };
const rows = [
  row("island", { severity: "error", at: null, place: null }),
  row("near_miss"),
  row("near_miss", { mrid: "L2", accepted }),
];

describe("which findings are listed", () => {
  it("leaves out what is accepted unless all are asked for", () => {
    expect(passing(rows, "open").map(nameOf)).toEqual(["island:L1", "near_miss:L1"]);
    expect(passing(rows, "all")).toHaveLength(3);
    expect(passing(rows, "error").map(nameOf)).toEqual(["island:L1"]);
    expect(passing(rows, "near_miss").map(nameOf)).toEqual(["near_miss:L1"]);
  });

  it("counts what nobody accepted", () => {
    expect(countOpen(rows)).toEqual({ error: 1, warning: 1, info: 0 });
    expect(rulesOf(rows)).toEqual([
      ["island", 1],
      ["near_miss", 1],
    ]);
  });
});

describe("the walk", () => {
  it("begins at either end and goes round", () => {
    expect([stepped(-1, 1, 3), stepped(-1, -1, 3)]).toEqual([0, 2]);
    expect([stepped(2, 1, 3), stepped(0, -1, 3)]).toEqual([0, 2]);
    expect(stepped(-1, 1, 0)).toBe(-1);
  });

  it("lists the part that holds the chosen one", () => {
    expect(pageOf(-1, 250, 100)).toEqual([0, 100]);
    expect(pageOf(99, 250, 100)).toEqual([0, 100]);
    expect(pageOf(240, 250, 100)).toEqual([200, 250]);
  });
});

it("draws what has a place, in the look of its severity", () => {
  const points = pointsOf(rows, "near_miss:L1").features.map((each) => each.properties);
  expect(points).toEqual([
    { name: "near_miss:L1", look: "warning", chosen: true },
    { name: "near_miss:L2", look: "accepted", chosen: false },
  ]);
});

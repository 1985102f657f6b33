import { describe, expect, it } from "vitest";
import type { OutageRow } from "../../src/api/types";
import {
  type CurvePoint,
  drawn,
  fromStart,
  levelsOf,
  spoken,
  ticksOf,
} from "../../src/panels/outages/curve";
import {
  asOf,
  feedersOf,
  filtersRead,
  filtersWritten,
  NO_FILTERS,
  promised,
  shown,
  totals,
} from "../../src/panels/outages/list";

const row = (id: string, fields: Partial<OutageRow> = {}): OutageRow => ({
  id,
  status: "confirmed",
  device: `FUSE-${id}`,
  feeder: "F-1",
  cause: "vegetation",
  phases: "",
  planned: false,
  crew_status: "",
  parent: null,
  began_at: "2026-07-01T00:00:00Z",
  first_seen_at: null,
  confirmed_at: null,
  restored_at: null,
  closed_at: null,
  etr_manual: null,
  etr_crew: null,
  updated_at: null,
  state_version: 0,
  revision: 1,
  momentary: false,
  customers: 10,
  customers_out: 10,
  priority_customers: 0,
  estimate: null,
  feature: null,
  at: null,
  ...fields,
});

const rows = [
  row("1"),
  row("2", { customers_out: 50, feeder: "F-2", priority_customers: 2 }),
  row("3", { status: "restored", customers_out: 0, cause: "wind" }),
  row("4", { began_at: "2026-07-01T01:00:00Z", status: "predicted" }),
];

describe("the list of outages", () => {
  const ids = (filters: Partial<typeof NO_FILTERS>) =>
    shown(rows, { ...NO_FILTERS, ...filters }).map((each) => each.id);

  it("shows the open ones, the largest and then the newest first", () => {
    expect(ids({})).toEqual(["2", "4", "1"]);
    expect(ids({ status: "all" })).toEqual(["2", "4", "1", "3"]);
  });

  it("is filtered by status, feeder, priority and words", () => {
    expect(ids({ status: "restored" })).toEqual(["3"]);
    expect(ids({ feeder: "F-2" })).toEqual(["2"]);
    expect(ids({ priority: true })).toEqual(["2"]);
    expect(ids({ status: "all", text: "WIND fuse-3" })).toEqual(["3"]);
  });

  it("keeps its filters in the address", () => {
    const filters = { status: "all", feeder: "F,1", priority: true, text: "50%, wind" } as const;
    expect(filtersRead(filtersWritten(filters))).toEqual(filters);
    expect(filtersWritten(NO_FILTERS)).toBe("");
    expect(filtersRead("nonsense,closed")).toEqual({ ...NO_FILTERS, status: "closed" });
  });

  it("goes back to a past moment", () => {
    const past = [
      row("5", { began_at: "2026-07-01T02:00:00Z", restored_at: "2026-07-01T03:00:00Z" }),
      row("6", { began_at: "2026-07-01T02:00:00Z", status: "invalid" }),
    ].map((each) => ({ ...each, customers_out: 0 }));
    expect(asOf(past, "2026-07-01T01:59:00Z")).toEqual([]);
    expect(asOf(past, "2026-07-01T02:30:00Z")).toMatchObject([{ id: "5", customers_out: 10 }]);
    expect(asOf(past, "2026-07-01T03:00:00Z")).toEqual([]);
    expect(asOf(past, null)).toEqual(past);
  });

  it("adds up what is open", () => {
    expect(totals(rows)).toEqual({ outages: 3, customers: 70, priority: 2 });
    expect(feedersOf(rows)).toEqual(["F-1", "F-2"]);
  });

  it("takes a person's promise before a model's", () => {
    const estimate = {
      outage: "1",
      issued_at: "2026-07-01T00:10:00Z",
      inputs_at: "2026-07-01T00:10:00Z",
      p10: null,
      p50: null,
      p80: null,
      p90: null,
      p95: null,
      etr: "2026-07-01T03:00:00Z",
      source: "",
      model: "erm-1",
      reason: "",
      stage: "",
      usage_points: 10,
    };
    expect(promised(row("1"))).toBeNull();
    expect(promised(row("1", { estimate }))).toEqual({ at: estimate.etr, by: "erm-1" });
    const crew = row("1", { estimate, etr_crew: "2026-07-01T02:00:00Z" });
    expect(promised(crew)?.by).toBe("crew");
    expect(promised({ ...crew, etr_manual: "2026-07-01T01:00:00Z" })?.by).toBe("control room");
  });
});

describe("the curve of customers back", () => {
  const curve: CurvePoint[] = [
    { at: "2026-07-01T00:00:00Z", customers_back_p50: 0, customers_back_p80: 0 },
    { at: "2026-07-01T01:00:00Z", customers_back_p50: 60, customers_back_p80: 0 },
    { at: "2026-07-01T02:00:00Z", customers_back_p50: 100, customers_back_p80: 100 },
  ];

  it("is drawn in steps, with a band between", () => {
    const found = drawn(curve, 100, { width: 200, height: 100 });
    expect(found?.p50).toBe("M0 100H100V40H200V0");
    expect(found?.p80).toBe("M0 100H100V100H200V0");
    expect(found?.between).toBe("M0 100H100V40H200V0L200 0L200 100L100 100L100 100L0 100Z");
  });

  it("begins when the outage began", () => {
    const began = fromStart(curve.slice(1), "2026-07-01T00:10:00Z");
    expect(began).toHaveLength(3);
    expect(began[0]).toMatchObject({ at: "2026-07-01T00:10:00Z", customers_back_p50: 0 });
    expect(fromStart(curve, "2026-07-01T00:00:00Z")).toEqual(curve);
  });

  it("has round ticks, and few", () => {
    const hour = 3_600_000;
    expect(ticksOf(0, 2 * hour)).toHaveLength(5);
    for (const hours of [0.2, 1, 7, 30, 100, 4000]) {
      expect(ticksOf(12_345, 12_345 + hours * hour).length).toBeLessThanOrEqual(6);
      expect(ticksOf(12_345, 12_345 + hours * hour).length).toBeGreaterThan(1);
    }
    expect(levelsOf(100)).toEqual([0, 50, 100]);
    expect(levelsOf(1)).toEqual([0, 1]);
    expect(levelsOf(237)).toEqual([0, 100, 200]);
  });

  it("is told in words", () => {
    const told = spoken(curve, 100);
    expect(told).toMatch(
      /^Half of 100 customers are likely back by \d\d:\d\d, with four chances of five by \d\d:\d\d, all by \d\d:\d\d\.$/,
    );
    expect(spoken([], 100)).toBe("No estimate of who is back when.");
    expect(spoken(curve.slice(0, 1), 100)).toMatch(/Fewer than half/);
    expect(drawn([], 100, { width: 1, height: 1 })).toBeNull();
  });
});

import { describe, expect, it } from "vitest";
import { Channels } from "../src/map/channels";
import { marks } from "../src/map/roles";
import { changedBy, OUT, PARTIAL, pictureOf } from "../src/state/supply";

class Sheet {
  readonly state = new Map<string, Record<string, unknown>>();
  writes = 0;

  setFeatureState(target: { sourceLayer: string; id: number }, state: Record<string, unknown>) {
    const key = `${target.sourceLayer}/${target.id}`;
    this.state.set(key, { ...this.state.get(key), ...state });
    this.writes += 1;
  }
}

describe("a channel", () => {
  it("tells when it begins and when it ends to paint", () => {
    const told: string[] = [];
    const channels = new Channels(new Sheet(), (painted) => told.push([...painted].join("+")));
    channels.set("supply", new Map([["lines", new Map([[1, OUT]])]]));
    channels.set("supply", new Map([["lines", new Map([[2, OUT]])]]));
    channels.set("mark", marks({ area: { lines: [3] } }));
    channels.clear("supply");
    channels.clear("mark");
    expect(told).toEqual(["supply", "supply+mark", "mark", ""]);
  });

  it("paints only what differs", () => {
    const sheet = new Sheet();
    const channels = new Channels(sheet);
    channels.set(
      "supply",
      new Map([
        [
          "lines",
          new Map([
            [1, OUT],
            [2, OUT],
            [3, PARTIAL],
          ]),
        ],
      ]),
    );
    const before = sheet.writes;
    const changed = channels.set(
      "supply",
      new Map([
        [
          "lines",
          new Map([
            [2, OUT],
            [3, OUT],
          ]),
        ],
      ]),
    );
    expect(changed).toBe(2);
    expect(sheet.writes - before).toBe(2);
    expect(sheet.state.get("lines/1")).toEqual({ supply: 0 });
    expect(sheet.state.get("lines/3")).toEqual({ supply: OUT });
  });

  it("leaves the other channels alone", () => {
    const sheet = new Sheet();
    const channels = new Channels(sheet);
    channels.set("supply", new Map([["lines", new Map([[1, OUT]])]]));
    channels.set("mark", marks({ part: { lines: [1] } }));
    channels.clear("mark");
    expect(sheet.state.get("lines/1")).toEqual({ supply: OUT, mark: 0 });
  });
});

describe("the channels of a map beside", () => {
  const one = (id: number) => marks({ part: { lines: [id] } });

  it("paint what those of the first do, but for who has supply", () => {
    const [first, second] = [new Channels(new Sheet()), new Channels(new Sheet())];
    first.set("mark", one(1));
    first.set("supply", one(2));
    first.lead(second);
    first.set("chosen", one(3));
    first.set("open", one(4));
    first.set("fate", one(5));
    expect(second.read("mark", "lines", 1)).toBe(1);
    expect(second.read("chosen", "lines", 3)).toBe(1);
    for (const own of ["supply", "open", "fate"] as const) expect(second.count(own)).toBe(0);
    first.clear("mark");
    expect(second.count("mark")).toBe(0);
    first.lead(null);
    first.clear("chosen");
    expect(second.count("chosen")).toBe(1);
  });
});

describe("the picture of supply", () => {
  const start = pictureOf({
    out: { lines: [1, 2], usage_points: [9] },
    partial: { lines: [3] },
    open: { ids: [5], phases: ["A"] },
    closed: { ids: [6], phases: [""] },
    substations: { ids: [1, 4], customers: [7, 20] },
  });

  it("knows who is out, who partly, which phases are open", () => {
    expect(start.supply.get("lines")).toEqual(
      new Map([
        [3, PARTIAL],
        [1, OUT],
        [2, OUT],
      ]),
    );
    expect(start.open.get("switches")).toEqual(
      new Map([
        [5, 1],
        [6, -1],
      ]),
    );
  });

  it("counts who is out by substation, until what follows leaves that to the facts", () => {
    expect(start.stations).toEqual(
      new Map([
        [1, 7],
        [4, 20],
      ]),
    );
    const nothing = { out: {}, partial: {}, back: {}, closed: { ids: [] } };
    const event = { ...nothing, version: 2, changes: 2, customers_out: 0 };
    expect(changedBy(start, { ...event, open: { ids: [], phases: [] } }).stations).toBeNull();
  });

  it("follows a change and leaves the one before as it was", () => {
    const next = changedBy(start, {
      version: 2,
      changes: 2,
      customers_out: 0,
      out: { lines: [4] },
      partial: {},
      back: { lines: [1, 3], usage_points: [9] },
      open: { ids: [6], phases: ["ABC"] },
      closed: { ids: [5] },
    });
    expect(next.supply.get("lines")).toEqual(
      new Map([
        [2, OUT],
        [4, OUT],
      ]),
    );
    expect(next.supply.has("usage_points")).toBe(false);
    expect(next.open.get("switches")).toEqual(
      new Map([
        [5, -1],
        [6, 7],
      ]),
    );
    expect(start.supply.get("lines")?.size).toBe(3);
  });
});

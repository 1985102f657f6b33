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

describe("the picture of supply", () => {
  const start = pictureOf({
    out: { lines: [1, 2], usage_points: [9] },
    partial: { lines: [3] },
    open: { ids: [5], phases: ["A"] },
    closed: { ids: [6], phases: [""] },
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

import { describe, expect, it } from "vitest";
import type { History } from "../../src/api/types";
import { hoursOf } from "../../src/panels/replay/hours";
import {
  advanced,
  clamped,
  fittingSpeed,
  momentAt,
  msOf,
  neighbor,
  outAt,
  storyOf,
  trackPath,
  upTo,
} from "../../src/panels/replay/model";

const MINUTE = 60_000;
const at = (minutes: number) => new Date(minutes * MINUTE).toISOString();
const moment = { outage: null, customers: 0 };
const history: History = {
  out_at_start: 0,
  left_out: 0,
  from: at(0),
  to: at(100),
  moments: [
    { ...moment, at: at(40), version: 2, what: "restored", mrid: "O-1", customers_out: 20 },
    { ...moment, at: at(10), version: 1, what: "switch", mrid: "BKR-1", customers_out: 100 },
    { ...moment, at: at(90), version: 3, what: "switch", mrid: "BKR-1", customers_out: 0 },
  ],
  curve: [
    { at: at(10), customers_out: 100 },
    { at: at(40), customers_out: 20 },
    { at: at(90), customers_out: 0 },
  ],
};
const story = storyOf(history);

describe("how far back", () => {
  it("is what a link names, or what holds the moment it names", () => {
    const now = Date.parse(at(100));
    expect(hoursOf("24", null, now)).toBe(24);
    expect(hoursOf("7", null, now)).toBe(1);
    expect(hoursOf(null, at(-100), now)).toBe(6);
    expect(hoursOf(null, at(-1e6), now)).toBe(72);
  });
});

describe("the story of a log", () => {
  it("is in the order of time", () => {
    expect(story.moments.map((each) => each.version)).toEqual([1, 2, 3]);
  });

  it("knows who was out at any time", () => {
    const times = [0, 10, 39, 40, 95, 1000];
    expect(times.map((each) => outAt(story, each * MINUTE))).toEqual([0, 100, 100, 20, 0, 0]);
    expect(momentAt(story, 5 * MINUTE)).toBeNull();
    expect(momentAt(story, 50 * MINUTE)?.mrid).toBe("O-1");
  });

  it("never goes to a moment before what happened then", () => {
    expect(msOf("2026-07-01T00:00:00.123456+00:00") % 1000).toBe(124);
    expect(msOf("2026-07-01T00:00:00.123000+00:00") % 1000).toBe(123);
    expect(msOf("2026-07-01T00:00:00Z") % 1000).toBe(0);
  });

  it("counts as a plain search does", () => {
    for (let ms = -1; ms < 100 * MINUTE; ms += 777_777) {
      expect(upTo(story.curve, ms)).toBe(story.curve.filter((each) => each.ms <= ms).length);
    }
  });

  it("goes from moment to moment and stops at its ends", () => {
    expect(neighbor(story, 10 * MINUTE, true)).toBe(40 * MINUTE);
    expect(neighbor(story, 10 * MINUTE, false)).toBe(0);
    expect(neighbor(story, 40 * MINUTE, false)).toBe(10 * MINUTE);
    expect(neighbor(story, 95 * MINUTE, true)).toBe(100 * MINUTE);
    expect(clamped(story, -5)).toBe(0);
  });

  it("runs at its speed, jumps over the quiet, and ends at its end", () => {
    expect(advanced(story, 9.9 * MINUTE, 1000, 1)).toBe(9.9 * MINUTE + 4_000);
    expect(advanced(story, 9.99 * MINUTE, 100, 1)).toBeCloseTo(9.99 * MINUTE + 100);
    expect(advanced(story, 11 * MINUTE, 1000, 60)).toBe(40 * MINUTE - 180_000 + 60_000);
    expect(advanced(story, 99.9 * MINUTE, 60_000, 60)).toBe(100 * MINUTE);
    expect(fittingSpeed(story)).toBe(300);
  });

  it("is drawn in steps", () => {
    expect(trackPath(story, 100, 20)).toBe("M0 20V20H10V0H40V16H90V20H100V20Z");
  });
});

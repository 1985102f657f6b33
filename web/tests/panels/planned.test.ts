import { expect, test } from "vitest";
import { isLate, nextAdvances, type Planned, period } from "../../src/panels/outages/planned";
import { localTime } from "../../src/panels/outages/TimeFields";

const planned = (status: Planned["status"], starts_at: string, ends_at: string) =>
  ({ status, starts_at, ends_at }) as Planned;

test("what may follow depends on how it stands", () => {
  expect(nextAdvances("announced")).toEqual(["start", "cancel"]);
  expect(nextAdvances("ongoing")).toEqual(["end"]);
  expect(nextAdvances("done")).toEqual([]);
});

test("a day is said once where both times are of it", () => {
  const [from, noon, morrow] = [8, 12, 36].map((hours) =>
    new Date(2026, 11, 10, hours).toISOString(),
  ) as [string, string, string];
  expect(period({ starts_at: from, ends_at: noon })).toBe("10 Dec 08:00 to 12:00");
  expect(period({ starts_at: from, ends_at: morrow })).toBe("10 Dec 08:00 to 11 Dec 12:00");
});

test("work is late that has not begun, or not ended, when it was to", () => {
  const [start, end] = ["2026-12-10T08:00:00Z", "2026-12-10T12:00:00Z"];
  const now = Date.parse("2026-12-10T09:00:00Z");
  expect(isLate(planned("announced", start, end), now)).toBe(true);
  expect(isLate(planned("ongoing", start, end), now)).toBe(false);
  expect(isLate(planned("ongoing", start, start), now)).toBe(true);
  expect(isLate(planned("done", start, start), now)).toBe(false);
});

test("a time fills the field of a form and comes back", () => {
  const at = new Date(2026, 11, 10, 8, 30).toISOString();
  expect(localTime(at)).toBe("2026-12-10T08:30");
  expect(new Date(localTime(at)).toISOString()).toBe(at);
});

import { beforeEach, expect, it, vi } from "vitest";
import type { StreamHandlers } from "../src/api/events";
import type { StateEvent, SupplyState } from "../src/api/types";

// What a test answers for the server, and the line it speaks through.
const server = vi.hoisted(() => ({
  state: vi.fn(),
  info: vi.fn(),
  tiles: vi.fn(),
  line: {} as StreamHandlers,
}));

vi.mock("../src/api/client", () => ({
  api: server,
  ApiError: class extends Error {},
}));
vi.mock("../src/api/events", () => ({
  EventStream: class {
    constructor(_url: string, handlers: StreamHandlers) {
      server.line = handlers;
    }
    start() {}
    retry() {}
  },
}));

const NOTHING = { ids: [], phases: [] };
const picture = (changes: number, out: number[]) =>
  ({
    network: "n",
    version: changes,
    changes,
    customers_out: out.length,
    out: { usage_points: out },
    partial: {},
    open: NOTHING,
    closed: NOTHING,
    substations: { ids: [], customers: [] },
  }) as unknown as SupplyState;

const say = (changes: number, change: { out?: number[]; back?: number[] }) =>
  server.line.onEvent({
    id: `${changes}`,
    type: "state",
    data: JSON.stringify({
      ...picture(changes, change.out ?? []),
      back: { usage_points: change.back ?? [] },
    } as unknown as StateEvent),
  });
const resync = () => server.line.onEvent({ id: "", type: "resync", data: "{}" });

async function begin() {
  vi.resetModules();
  vi.useFakeTimers();
  vi.stubGlobal("window", { addEventListener: () => {} });
  server.info.mockResolvedValue({ network: "n" });
  server.tiles.mockResolvedValue({});
  server.state.mockResolvedValue(picture(1, []));
  const live = await import("../src/state/live");
  const { supply } = await import("../src/state/supply");
  await live.start();
  server.state.mockReset();
  return () => [...(supply.current.supply.get("usage_points")?.keys() ?? [])];
}

/** An answer that comes when the test says so. */
function later<T>() {
  let give: (value: T) => void = () => {};
  const promise = new Promise<T>((resolve) => {
    give = resolve;
  });
  return { promise, give };
}

let out: () => number[];
beforeEach(async () => {
  out = await begin();
});

it("keeps a change that comes while the facts of an older state are fetched", async () => {
  const info = later<unknown>();
  server.state.mockResolvedValue(picture(3, [7, 8]));
  server.info.mockReturnValue(info.promise);
  resync();
  await vi.advanceTimersByTimeAsync(0);
  say(4, { back: [7, 8] });
  info.give({ network: "n" });
  await vi.advanceTimersByTimeAsync(0);
  expect(out()).toEqual([]);
});

it("applies what is told with the same number as the change before", async () => {
  const out = await begin();
  say(3, { out: [1] }); // the third came while this was made: it is told next
  say(3, { out: [2], back: [1] });
  expect(out()).toEqual([2]);
});

it("fetches a state anew after a gap, though its number is that of the last change", async () => {
  const out = await begin();
  say(3, { out: [1] });
  server.state.mockResolvedValue(picture(3, [2]));
  resync();
  await vi.runAllTimersAsync();
  expect(out()).toEqual([2]);
});

it("does not apply a change over what it missed", async () => {
  const state = later<SupplyState>();
  server.state.mockReturnValue(state.promise);
  resync();
  say(4, { out: [9] });
  expect(out()).toEqual([]);
  state.give(picture(3, [7]));
  await vi.advanceTimersByTimeAsync(0);
  expect(out().sort()).toEqual([7, 9]);
});

it("fetches once more what was missed during a fetch", async () => {
  const first = later<SupplyState>();
  server.state.mockReturnValueOnce(first.promise).mockResolvedValueOnce(picture(5, [1, 2]));
  resync();
  resync();
  first.give(picture(3, [1]));
  await vi.advanceTimersByTimeAsync(0);
  expect(server.state).toHaveBeenCalledTimes(2);
  expect(out()).toEqual([1, 2]);
});

it("asks until it is answered, and holds what comes meanwhile", async () => {
  server.state.mockRejectedValueOnce(new Error("busy")).mockResolvedValueOnce(picture(4, [1]));
  resync();
  await vi.advanceTimersByTimeAsync(0);
  say(5, { out: [2] });
  expect(out()).toEqual([]);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(out().sort()).toEqual([1, 2]);
});

it("has findings asked for again when one is accepted, and after a gap", async () => {
  const { useStore } = await import("../src/state/store");
  server.line.onEvent({ id: "2", type: "findings", data: "{}" });
  expect(useStore.getState().ticks.findings).toBe(1);
  server.state.mockResolvedValue(picture(1, []));
  resync();
  await vi.advanceTimersByTimeAsync(0);
  expect(useStore.getState().ticks.findings).toBe(2);
});

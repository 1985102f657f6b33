import { beforeEach, expect, it, vi } from "vitest";

/** What of MapLibre the map leans on: frames are counted, tiles are as a test says. */
const { Fake } = vi.hoisted(() => ({
  Fake: class {
    style = {};
    frames = 0;
    tilesLoaded = false;
    moving = false;
    private readonly heard = new Map<string, ((event: object) => void)[]>();
    on(name: string, listener: (event: object) => void) {
      this.heard.set(name, [...(this.heard.get(name) ?? []), listener]);
    }
    once(name: string, listener: (event: object) => void) {
      this.on(name, listener);
    }
    tell(name: string, event: object = {}) {
      for (const listener of this.heard.get(name) ?? []) listener(event);
    }
    areTilesLoaded() {
      return this.tilesLoaded;
    }
    isMoving() {
      return this.moving;
    }
    triggerRepaint() {
      this.frames += 1;
    }
  },
}));
vi.mock("maplibre-gl", () => ({ Map: Fake }));

const { WholeMap } = await import("../src/map/wholemap");
let map: InstanceType<typeof Fake>;

beforeEach(() => {
  vi.useFakeTimers();
  map = new WholeMap({ container: "", style: "" }) as unknown as typeof map;
});

/** What MapLibre does with each tile that comes. */
function bringTiles(count: number) {
  for (let tile = 0; tile < count; tile += 1) {
    map.triggerRepaint();
    map.tell("data", { tile: {} });
  }
}

it("draws tiles that come close to one another together", () => {
  bringTiles(12);
  expect(map.frames).toBe(0);
  vi.advanceTimersByTime(1_000);
  expect(map.frames).toBe(1);
  bringTiles(3);
  map.tilesLoaded = true;
  bringTiles(1);
  expect(map.frames).toBe(2);
});

it("lets nothing wait that may ask for tiles, nor who moves it", () => {
  map.triggerRepaint();
  map.tell("data", { sourceDataType: "metadata" });
  expect(map.frames).toBe(1);
  map.moving = true;
  map.triggerRepaint();
  expect(map.frames).toBe(2);
});

it("draws each change at once when it has been whole", () => {
  map.tell("idle");
  bringTiles(4);
  expect(map.frames).toBe(4);
});

it("draws nothing any more when it is removed", () => {
  map.triggerRepaint();
  map.tell("remove");
  vi.advanceTimersByTime(1_000);
  expect(map.frames).toBe(0);
});

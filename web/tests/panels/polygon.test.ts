import { describe, expect, it } from "vitest";
import { read, written } from "../../src/panels/polygon/address";
import { featuresOf, summary } from "../../src/panels/polygon/Downloads";
import {
  added,
  areaKm2,
  type Corner,
  crossing,
  defect,
  MOST_CORNERS,
  moved,
  polygonOf,
  removed,
  split,
} from "../../src/panels/polygon/ring";
import { csvOf } from "../../src/panels/polygon/table";
import {
  MOST_VERTICES,
  readUpload,
  UploadError,
  verticesOf,
} from "../../src/panels/polygon/upload";

const SQUARE: Corner[] = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
];
const BOW: Corner[] = [
  [0, 0],
  [1, 1],
  [1, 0],
  [0, 1],
];

describe("a drawn ring", () => {
  it("takes corners up to a limit", () => {
    expect(added([], [1, 2])).toEqual([[1, 2]]);
    const full = Array.from({ length: MOST_CORNERS }, (_, at): Corner => [at / 1000, 0]);
    expect(added(full, [9, 9])).toBe(full);
  });

  it("moves, splits and removes corners and leaves the old ring as it was", () => {
    expect(moved(SQUARE, 2, [2, 2])[2]).toEqual([2, 2]);
    expect(split(SQUARE, 3)[4]).toEqual([0, 0.5]);
    expect(removed(SQUARE, 0)).toEqual(SQUARE.slice(1));
    expect(SQUARE).toHaveLength(4);
  });

  it("says which sides cross", () => {
    expect(crossing(SQUARE)).toBeNull();
    expect(crossing(BOW)).toEqual([0, 2]);
    expect(defect(BOW)).toBe("Sides 1 and 3 cross: move a corner between them.");
    expect(defect(SQUARE.slice(0, 2))).toMatch(/needs three corners; this has 2/);
    expect(defect(SQUARE)).toBe("");
  });

  it("has the area of a sphere's patch", () => {
    // R^2 * dlon * (sin lat2 - sin lat1), exactly
    const exact = ((6371.0088 ** 2 * Math.PI) / 180) * Math.sin(Math.PI / 180);
    expect(areaKm2(SQUARE)).toBeCloseTo(exact, 3);
    expect(areaKm2([...SQUARE].reverse())).toBeCloseTo(exact, 3);
  });

  it("becomes a closed GeoJSON polygon", () => {
    expect(polygonOf(SQUARE).coordinates[0]).toHaveLength(5);
  });
});

describe("the address of a ring", () => {
  it("reads back what it wrote, to a meter", () => {
    const ring: Corner[] = [
      [-95.36981, 29.76043],
      [-95.2, 29.7],
      [-95.4, 29.9],
    ];
    expect(read(written(ring))).toEqual(ring);
    expect(written(ring)).toMatch(/^[\w-]+$/);
  });

  it("is empty when it would be too long, and null when it is no address", () => {
    const many = Array.from({ length: 3000 }, (_, at): Corner => [Math.sin(at) * 90, Math.cos(at)]);
    expect(written(many)).toBe("");
    for (const text of ["", "!!", "A", "____", "_________"]) expect(read(text)).toBeNull();
  });
});

describe("an uploaded file", () => {
  const polygon = polygonOf(SQUARE);

  it("is read as geometry, feature, collection and multipolygon", () => {
    expect(readUpload(JSON.stringify(polygon)).area).toEqual(polygon);
    const feature = { type: "Feature", properties: {}, geometry: polygon };
    const point = {
      type: "Feature",
      properties: {},
      geometry: { type: "Point", coordinates: [0, 0] },
    };
    const all = { type: "FeatureCollection", features: [feature, point, feature] };
    const found = readUpload(`\uFEFF${JSON.stringify(all)}`);
    expect(found.area.type).toBe("MultiPolygon");
    expect(found).toMatchObject({ vertices: 10, left: 1 });
    expect(verticesOf(found.area)).toBe(10);
  });

  it("is closed where its ring is open", () => {
    const open = { type: "Polygon", coordinates: [SQUARE] };
    expect(readUpload(JSON.stringify(open)).vertices).toBe(5);
  });

  const point = { type: "Point", coordinates: [0, 0] };
  const utm = {
    type: "Polygon",
    coordinates: [SQUARE.map(([x, y]) => [x + 271_000, y + 3_290_000])],
  };
  const many = Array.from({ length: MOST_VERTICES + 1 }, (_, at) => [Math.sin(at), Math.cos(at)]);
  const crs = {
    ...polygon,
    crs: { type: "name", properties: { name: "urn:ogc:def:crs:EPSG::32615" } },
  };
  it.each([
    ["text", "POLYGON ((0 0))", /is no JSON/],
    ["a list", "[]", /without a "type"/],
    ["a point", JSON.stringify(point), /holds no polygon/],
    ["meters", JSON.stringify(utm), /no longitude and latitude/],
    ["another system", JSON.stringify(crs), /convert it to EPSG:4326/],
    [
      "two corners",
      JSON.stringify({ type: "Polygon", coordinates: [SQUARE.slice(0, 2)] }),
      /fewer than three/,
    ],
    [
      "words",
      JSON.stringify({ type: "Polygon", coordinates: [[["a", "b"]]] }),
      /no pair of numbers/,
    ],
    ["no rings", JSON.stringify({ type: "Polygon", coordinates: [] }), /is empty/],
    ["no list", JSON.stringify({ type: "FeatureCollection", features: 3 }), /features is no list/],
    [
      "many",
      JSON.stringify({ type: "Polygon", coordinates: [many] }),
      /20,002 vertices; at most 20,000/,
    ],
    ["a large one", " ".repeat(5_000_001), /larger than 5 MB/],
  ])("is refused with its reason if it is %s", (_, text, reason) => {
    expect(() => readUpload(text, "area.geojson")).toThrow(UploadError);
    expect(() => readUpload(text, "area.geojson")).toThrow(reason);
    expect(() => readUpload(text, "area.geojson")).toThrow(/^area\.geojson/);
  });

  it("names the system that old files name", () => {
    const old = { ...polygon, crs: { properties: { name: "urn:ogc:def:crs:OGC:1.3:CRS84" } } };
    expect(readUpload(JSON.stringify(old)).vertices).toBe(5);
  });
});

describe("a table", () => {
  it("is quoted where it must be, and never runs in a spreadsheet", () => {
    const rows = [
      { mrid: "L-1", name: 'a "b", c', customers: 3 },
      { mrid: "=1+1", name: null, customers: -2 },
    ];
    expect(csvOf(rows)).toBe('mrid,name,customers\r\nL-1,"a ""b"", c",3\r\n\'=1+1,,-2\r\n');
  });
});

describe("what is taken away", () => {
  const inside = {
    state: "current",
    version: 1,
    by: "feeder",
    counts: { fuse: 2 },
    customers: 7,
    customers_out: 1,
    priority: [{ mrid: "M-1", priority: "hospital" }],
    groups: [{ mrid: "F-1", usage_points: 5, customers: 7 }],
    usage_points: ["M-1"],
    left_out: 0,
    substations: [],
    features: {},
    bounds: null,
    warnings: [],
  };
  const square = polygonOf(SQUARE);
  const hurt = {
    of: [],
    scope: "trip" as const,
    state: "current",
    version: 1,
    customers: 9,
    priority_customers: 1,
    peak_w: 900,
    usage_points: 8,
    feeders: ["F-1"],
    features: {},
    partial: {},
    devices: {},
    area: square,
    bounds: null,
    warnings: [],
  };

  it("has a row for every figure", () => {
    const rows = summary(inside, hurt).map((row) => `${row.what}: ${row.name} ${row.count}`);
    expect(rows).toEqual([
      "customers: inside 7",
      "customers: inside and out already 1",
      "customers: out if damaged (trip) 9",
      "feeder: F-1 7",
      "equipment: fuse 2",
      "priority site: M-1 hospital 1",
    ]);
  });

  it("has the area, and that of who would be out", () => {
    expect(featuresOf(square, inside, null).features).toHaveLength(1);
    const [, out] = featuresOf(square, inside, hurt).features;
    expect(out?.properties).toMatchObject({ scope: "trip", customers: 9 });
  });
});

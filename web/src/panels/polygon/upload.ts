/** Read the GeoJSON somebody uploads: what is a polygon is taken, what is wrong is said. */

export const MOST_BYTES = 5_000_000;
export const MOST_VERTICES = 20_000; // as the server takes
const MOST_DEPTH = 8;

export type Area = GeoJSON.Polygon | GeoJSON.MultiPolygon;

/** The file is refused; the message says why and what to do. */
export class UploadError extends Error {
  override name = "UploadError";
}

export interface Upload {
  area: Area;
  vertices: number;
  left: number; // features without an area, which are not used
}

/** Return the polygons of a GeoJSON text as one area. */
export function readUpload(text: string, name = "the file"): Upload {
  if (text.length > MOST_BYTES) {
    throw new UploadError(
      `${name} is larger than ${MOST_BYTES / 1e6} MB: simplify the polygon, or clip it.`,
    );
  }
  const found: Found = { polygons: [], left: 0 };
  collect(parsed(text, name), found, name, 0);
  if (!found.polygons.length) {
    throw new UploadError(`${name} holds no polygon: give a Polygon or a MultiPolygon.`);
  }
  const vertices = found.polygons.reduce((sum, rings) => sum + count(rings), 0);
  if (vertices > MOST_VERTICES) {
    const figures = `${vertices.toLocaleString("en")} vertices; at most ${MOST_VERTICES.toLocaleString("en")}`;
    throw new UploadError(`${name} has ${figures} can be asked about: simplify it.`);
  }
  return { area: united(found.polygons), vertices, left: found.left };
}

type Rings = GeoJSON.Position[][];

interface Found {
  polygons: Rings[];
  left: number;
}

function parsed(text: string, name: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    const why = error instanceof Error ? error.message : "";
    throw new UploadError(`${name} is no JSON: ${why}`);
  }
}

function collect(value: unknown, found: Found, name: string, depth: number): void {
  if (!isRecord(value) || typeof value.type !== "string") {
    throw new UploadError(`${name} is no GeoJSON: an object without a "type" is in it.`);
  }
  if (depth > MOST_DEPTH) throw new UploadError(`${name} is nested too deeply.`);
  if (depth === 0) checkCrs(value, name);
  switch (value.type) {
    case "FeatureCollection":
      for (const each of list(value.features, "features", name)) {
        collect(each, found, name, depth + 1);
      }
      return;
    case "GeometryCollection":
      for (const each of list(value.geometries, "geometries", name)) {
        collect(each, found, name, depth + 1);
      }
      return;
    case "Feature":
      if (value.geometry === null) found.left += 1;
      else collect(value.geometry, found, name, depth + 1);
      return;
    case "Polygon":
      found.polygons.push(rings(value.coordinates, name, found.polygons.length + 1));
      return;
    case "MultiPolygon":
      for (const each of list(value.coordinates, "coordinates", name)) {
        found.polygons.push(rings(each, name, found.polygons.length + 1));
      }
      return;
    default:
      found.left += 1; // points and lines have no inside
  }
}

/** RFC 7946 knows one system; files of before may name another, and would land in the sea. */
function checkCrs(value: Record<string, unknown>, name: string): void {
  const crs = value.crs;
  if (crs === undefined || crs === null) return;
  const said = JSON.stringify(crs);
  if (/CRS84|EPSG:+(?:[\d.]*:)?4326/i.test(said)) return;
  throw new UploadError(`${name} is not in longitude and latitude: convert it to EPSG:4326.`);
}

function rings(value: unknown, name: string, number: number): Rings {
  const all = list(value, "coordinates", name);
  if (!all.length) throw new UploadError(`${name}: polygon ${number} is empty.`);
  return all.map((each) => ring(each, name, number));
}

function ring(value: unknown, name: string, number: number): GeoJSON.Position[] {
  const corners = list(value, "a ring", name).map((each) => corner(each, name, number));
  const first = corners[0];
  const last = corners.at(-1);
  if (first && last && (first[0] !== last[0] || first[1] !== last[1])) corners.push([...first]);
  if (corners.length < 4) {
    throw new UploadError(`${name}: a ring of polygon ${number} has fewer than three corners.`);
  }
  return corners;
}

function corner(value: unknown, name: string, number: number): GeoJSON.Position {
  const [lon, lat] = Array.isArray(value) ? value : [];
  if (!Number.isFinite(lon) || !Number.isFinite(lat)) {
    throw new UploadError(`${name}: polygon ${number} has a corner that is no pair of numbers.`);
  }
  if (Math.abs(lon) > 180 || Math.abs(lat) > 90) {
    throw new UploadError(
      `${name}: polygon ${number} has a corner at ${lon}, ${lat}, which is no longitude and` +
        " latitude: convert it to EPSG:4326.",
    );
  }
  return [lon, lat];
}

function list(value: unknown, what: string, name: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw new UploadError(`${name} is no GeoJSON: ${what} is no list.`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function united(polygons: Rings[]): Area {
  const [only] = polygons;
  return polygons.length === 1 && only
    ? { type: "Polygon", coordinates: only }
    : { type: "MultiPolygon", coordinates: polygons };
}

function count(polygon: Rings): number {
  return polygon.reduce((sum, each) => sum + each.length, 0);
}

/** How many corners an area has, for the limits. */
export function verticesOf(area: Area): number {
  const polygons = area.type === "Polygon" ? [area.coordinates] : area.coordinates;
  return polygons.reduce((sum, each) => sum + count(each), 0);
}

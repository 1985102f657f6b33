/** The polygon somebody draws: an open ring of corners, and what can be done to it. */

export type Corner = [lon: number, lat: number];

export const MOST_CORNERS = 200; // by hand; a file may have more
const EARTH_M = 6_371_008.8; // mean radius (IUGG)

export function added(ring: Corner[], corner: Corner): Corner[] {
  return ring.length < MOST_CORNERS ? [...ring, corner] : ring;
}

export function moved(ring: Corner[], at: number, corner: Corner): Corner[] {
  return ring.map((each, index) => (index === at ? corner : each));
}

/** Put a corner in the middle of the side that follows `at`. */
export function split(ring: Corner[], at: number): Corner[] {
  const corner = middle(ring, at);
  if (!corner || ring.length >= MOST_CORNERS) return ring;
  return [...ring.slice(0, at + 1), corner, ...ring.slice(at + 1)];
}

export function middle(ring: Corner[], at: number): Corner | null {
  const a = ring[at];
  const b = ring[(at + 1) % ring.length];
  return a && b ? [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2] : null;
}

export function removed(ring: Corner[], at: number): Corner[] {
  return ring.filter((_, index) => index !== at);
}

/** Sides that cross: the first two found, by the corner each begins at. */
export function crossing(ring: Corner[]): [number, number] | null {
  const count = ring.length;
  for (let i = 0; i < count; i += 1) {
    for (let j = i + 2; j < count; j += 1) {
      if (i === 0 && j === count - 1) continue; // neighbors, around the end
      if (cross(side(ring, i), side(ring, j))) return [i, j];
    }
  }
  return null;
}

type Side = [Corner, Corner];

function side(ring: Corner[], at: number): Side {
  return [ring[at] as Corner, ring[(at + 1) % ring.length] as Corner];
}

function cross([a, b]: Side, [c, d]: Side): boolean {
  const turns = (p: Corner, q: Corner, r: Corner) =>
    Math.sign((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]));
  return turns(a, b, c) * turns(a, b, d) < 0 && turns(c, d, a) * turns(c, d, b) < 0;
}

/** Why a ring is no polygon yet, in words for the one who draws; empty if it is one. */
export function defect(ring: Corner[]): string {
  const distinct = new Set(ring.map((corner) => corner.join())).size;
  if (distinct < 3) return `A polygon needs three corners; this has ${distinct}.`;
  const found = crossing(ring);
  if (found) {
    return `Sides ${found[0] + 1} and ${found[1] + 1} cross: move a corner between them.`;
  }
  return "";
}

/**
 * Area in square kilometers, on a sphere.
 *
 * Chamberlain and Duquette, Some Algorithms for Polygons on a Sphere, JPL Publication 07-03 (2007).
 */
export function areaKm2(ring: Corner[]): number {
  let sum = 0;
  ring.forEach(([, lat], at) => {
    const before = ring[(at + ring.length - 1) % ring.length] as Corner;
    const after = ring[(at + 1) % ring.length] as Corner;
    sum += radians(after[0] - before[0]) * Math.sin(radians(lat));
  });
  return (Math.abs(sum) * EARTH_M * EARTH_M) / 2 / 1e6;
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}

export function polygonOf(ring: Corner[]): GeoJSON.Polygon {
  const first = ring[0];
  return { type: "Polygon", coordinates: first ? [[...ring, first]] : [] };
}

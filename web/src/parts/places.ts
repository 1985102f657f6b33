/** Places as text, and how far they are apart. */

import type { LonLat } from "../api/types";

const EARTH_M = 6_371_008.8; // mean radius (IUGG)
const FEET_PER_M = 1 / 0.3048;
const DECIMALS = 5; // of a degree: about a meter
const MOST_PLACES = 100;

/** Latitude and longitude, as maps write them. */
export function formatPlace([lon, lat]: LonLat): string {
  return `${lat.toFixed(DECIMALS)},${lon.toFixed(DECIMALS)}`;
}

/** Null if the text is no place on the map. */
export function readPlace(text: string | null): LonLat | null {
  const parts = (text ?? "").split(",");
  const [lat, lon] = parts.map((part) => (part.trim() ? Number(part) : Number.NaN));
  if (parts.length !== 2 || lat === undefined || lon === undefined) return null;
  return Math.abs(lat) <= 85 && Math.abs(lon) <= 180 ? [lon, lat] : null;
}

export function formatWay(way: readonly LonLat[]): string {
  return way.slice(0, MOST_PLACES).map(formatPlace).join(";");
}

/** What of the text are places. */
export function readWay(text: string | null): LonLat[] {
  const places = (text ?? "").split(";", MOST_PLACES).map(readPlace);
  return places.filter((place) => place !== null);
}

/** Meters from each place to the next, by great circles. */
export function measureLegs(way: readonly LonLat[]): number[] {
  return way.slice(1).map((to, at) => measureDistance(way[at] ?? to, to));
}

function measureDistance([lonA, latA]: LonLat, [lonB, latB]: LonLat): number {
  const [a, b] = [radians(latA), radians(latB)];
  const across = Math.sin(radians(lonB - lonA) / 2) ** 2 * Math.cos(a) * Math.cos(b);
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(Math.sin((b - a) / 2) ** 2 + across)));
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}

/** In meters or kilometers, and in feet. */
export function formatDistance(meters: number): string {
  const feet = Math.round(meters * FEET_PER_M).toLocaleString("en");
  const metric = meters < 1000 ? `${meters.toFixed(1)} m` : `${(meters / 1000).toFixed(2)} km`;
  return `${metric} (${feet} ft)`;
}

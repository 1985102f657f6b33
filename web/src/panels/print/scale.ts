/** The scale of a picture of the map: a bar of a round length, and the ratio on paper. */

const EQUATOR_M = 40_075_016.686; // of the sphere of EPSG:3857
const TILE_PX = 512;
const CSS_PX_M = 0.0254 / 96; // a CSS pixel is 1/96 inch

/** Meters on the ground that one pixel shows, at a latitude and a zoom of the map. */
export function metersPerPixel(lat: number, zoom: number): number {
  return (EQUATOR_M * Math.cos((lat * Math.PI) / 180)) / (TILE_PX * 2 ** zoom);
}

export interface Bar {
  meters: number;
  px: number;
  label: string;
}

/** The longest bar of a round length that is not wider than `most` pixels. */
export function barOf(perPixel: number, most: number): Bar {
  const room = perPixel * most;
  const power = 10 ** Math.floor(Math.log10(room));
  const meters = ([5, 2, 1].find((each) => each * power <= room) ?? 1) * power;
  const label = meters >= 1000 ? `${meters / 1000} km` : `${meters} m`;
  return { meters, px: meters / perPixel, label };
}

/** The scale as cartographers write it, to two figures: 1:24,000. */
export function ratioOf(perPixel: number): string {
  const exact = perPixel / CSS_PX_M;
  const power = 10 ** Math.max(0, Math.floor(Math.log10(exact)) - 1);
  return `1:${(Math.round(exact / power) * power).toLocaleString("en")}`;
}

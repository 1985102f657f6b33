/**
 * Write a drawn polygon into the address bar, and read it back.
 *
 * The form is Google's encoded polyline (five decimals, about a meter), in letters a URL may have.
 */

import type { Corner } from "./ring";

const SCALE = 1e5;
const MOST = 4_000; // characters; a longer address is cut by some programs

export function written(ring: Corner[]): string {
  let before: [number, number] = [0, 0];
  let text = "";
  for (const [lon, lat] of ring) {
    const at: [number, number] = [Math.round(lat * SCALE), Math.round(lon * SCALE)];
    text += number(at[0] - before[0]) + number(at[1] - before[1]);
    before = at;
  }
  return text.length <= MOST ? text : "";
}

function number(value: number): string {
  let rest = value < 0 ? ~(value << 1) : value << 1;
  let text = "";
  while (rest >= 0x20) {
    text += letter((rest & 0x1f) | 0x20);
    rest >>= 5;
  }
  return text + letter(rest);
}

// 64 letters that need no escape in a fragment or a query (RFC 3986, unreserved)
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

function letter(code: number): string {
  return LETTERS[code] as string;
}

/** Return the ring of a text; null if it is no such text. */
export function read(text: string): Corner[] | null {
  const numbers: number[] = [];
  let value = 0;
  let shift = 0;
  for (const each of text.slice(0, MOST)) {
    const code = LETTERS.indexOf(each);
    if (code < 0 || shift > 30) return null;
    value |= (code & 0x1f) << shift;
    shift += 5;
    if (code & 0x20) continue;
    numbers.push(value & 1 ? ~(value >> 1) : value >> 1);
    value = shift = 0;
  }
  return shift ? null : corners(numbers);
}

function corners(numbers: number[]): Corner[] | null {
  if (!numbers.length || numbers.length % 2) return null;
  const ring: Corner[] = [];
  let [lat, lon] = [0, 0];
  for (let at = 0; at < numbers.length; at += 2) {
    lat += numbers[at] as number;
    lon += numbers[at + 1] as number;
    ring.push([lon / SCALE, lat / SCALE]);
  }
  return ring.every(([x, y]) => Math.abs(x) <= 180 && Math.abs(y) <= 90) ? ring : null;
}

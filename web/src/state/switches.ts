/** The switches of a what-if as one word of the URL: `SW-1:o,SW-2:c,FUSE-3:A`. */

import { getParams, setParams } from "./params";

/** True: open, false: closed, letters: the phases that are open. */
export type Positions = Map<string, boolean | string>;

export function readSwitches(text: string | null | undefined): Positions {
  const positions: Positions = new Map();
  for (const part of (text ?? "").split(",")) {
    const cut = part.lastIndexOf(":");
    const position = part.slice(cut + 1);
    if (cut < 1 || !/^([oc]|[ABC]{1,3})$/.test(position)) continue;
    try {
      const mrid = decodeURIComponent(part.slice(0, cut));
      positions.set(mrid, position === "o" ? true : position === "c" ? false : position);
    } catch {
      // a broken escape names no switch
    }
  }
  return positions;
}

export function writeSwitches(positions: Positions): string | null {
  const parts = [...positions].map(([mrid, position]) => {
    const word = position === true ? "o" : position === false ? "c" : position;
    return `${encodeURIComponent(mrid)}:${word}`;
  });
  return parts.join(",") || null;
}

/** Put a switch into a position in the what-if of the URL; undefined takes it out of it. */
export function trySwitch(mrid: string, position: boolean | string | undefined): void {
  const positions = readSwitches(getParams().whatif);
  if (position === undefined) positions.delete(mrid);
  else positions.set(mrid, position);
  setParams({ whatif: writeSwitches(positions) }, { push: true });
}

/** What a marked feature is in an answer; the number is its value in the `mark` channel. */

import type { Features, LayerName } from "../api/types";
import { LAYERS } from "../api/types";
import type { Values } from "../state/supply";

export const ROLES = {
  part: 1, // belongs to the answer
  indeterminate: 2, // on a loop: nothing says which way it is fed
  operate: 3, // switch to be operated
  verify: 4, // switch already open: verify and tag
  dead: 5, // around a section, with nothing but dead ends beyond: stays as it stands
  area: 6, // would be out; inside the area
  step: 7, // the step of a plan that is pointed at
} as const;
export type Role = keyof typeof ROLES;

/** Values of the `mark` channel; a later role wins over an earlier one. */
export function marks(parts: Partial<Record<Role, Features | null | undefined>>): Values {
  const values: Values = new Map();
  for (const role of Object.keys(ROLES) as Role[]) {
    const features = parts[role];
    if (!features) continue;
    for (const layer of LAYERS) put(values, layer, features[layer], ROLES[role]);
  }
  return values;
}

function put(values: Values, layer: LayerName, ids: number[] | undefined, value: number): void {
  if (!ids?.length) return;
  const map = values.get(layer) ?? new Map<number, number>();
  for (const id of ids) map.set(id, value);
  values.set(layer, map);
}

/** Values of any channel: the same number for every feature. */
export function valuesOf(features: Features, value: number): Values {
  const values: Values = new Map();
  for (const layer of LAYERS) put(values, layer, features[layer], value);
  return values;
}

/**
 * Who has supply, as ids of features: the current picture, and what is shown instead of it.
 *
 * The stream keeps `current` true at all times. A panel may show another picture (a past moment of the
 * replay) with `show`; `showCurrent` goes back to the present without asking the server.
 */

import {
  LAYERS,
  type LayerName,
  type OpenDevices,
  type StateEvent,
  type SupplyState,
} from "../api/types";

export const OUT = 1;
export const PARTIAL = 2;

/** Values of feature-state by layer and id; what is absent is 0. */
export type Values = Map<LayerName, Map<number, number>>;

export interface Picture {
  supply: Values; // OUT or PARTIAL
  open: Values; // switches that differ from normal or are open: bits of the open phases, or CLOSED
  /** Customers out by substation; null: those that the facts of the grid tell. */
  stations: ReadonlyMap<number, number> | null;
}

const BITS: Record<string, number> = { A: 1, B: 2, C: 4 };
/** A normally open device that is closed. */
export const CLOSED = -1;
export const ALL_OPEN = 7;

export function phaseBits(phases: string): number {
  if (!phases) return ALL_OPEN;
  let bits = 0;
  for (const letter of phases) bits |= BITS[letter] ?? 0;
  return bits || ALL_OPEN;
}

/** Read a whole state. */
export function pictureOf(
  state: Pick<SupplyState, "out" | "partial" | "open" | "closed" | "substations">,
): Picture {
  const supply: Values = new Map();
  for (const layer of LAYERS) {
    const values = new Map<number, number>();
    for (const id of state.partial[layer] ?? []) values.set(id, PARTIAL);
    for (const id of state.out[layer] ?? []) values.set(id, OUT);
    if (values.size) supply.set(layer, values);
  }
  const { ids, customers } = state.substations;
  return {
    supply,
    open: new Map([["switches", openOf(state.open, state.closed)]]),
    stations: new Map(ids.map((id, i) => [id, customers[i] ?? 0])),
  };
}

function openOf(open: OpenDevices, closed: { ids: number[] }): Map<number, number> {
  const values = new Map<number, number>();
  open.ids.forEach((id, i) => {
    values.set(id, phaseBits(open.phases[i] ?? ""));
  });
  for (const id of closed.ids) values.set(id, CLOSED);
  return values;
}

/** The picture after a change; the one before is left as it was. */
export function changedBy(picture: Picture, event: StateEvent): Picture {
  const supply: Values = new Map();
  for (const layer of LAYERS) {
    const values = new Map(picture.supply.get(layer));
    for (const id of event.back[layer] ?? []) values.delete(id);
    for (const id of event.partial[layer] ?? []) values.set(id, PARTIAL);
    for (const id of event.out[layer] ?? []) values.set(id, OUT);
    if (values.size) supply.set(layer, values);
  }
  const open = new Map(picture.open.get("switches"));
  for (const [id, value] of openOf(event.open, event.closed)) open.set(id, value);
  return { supply, open: new Map([["switches", open]]), stations: null };
}

type Listener = (picture: Picture) => void;

class Supply {
  current: Picture = { supply: new Map(), open: new Map(), stations: null };
  private instead: Picture | null = null;
  private readonly listeners = new Set<Listener>();

  get shown(): Picture {
    return this.instead ?? this.current;
  }

  setCurrent(state: SupplyState): void {
    this.current = { ...pictureOf(state), stations: null };
    if (!this.instead) this.tell();
  }

  apply(event: StateEvent): void {
    this.current = changedBy(this.current, event);
    if (!this.instead) this.tell();
  }

  /** Show another picture than the present. */
  show(state: SupplyState): void {
    this.instead = pictureOf(state);
    this.tell();
  }

  showCurrent(): void {
    if (!this.instead) return;
    this.instead = null;
    this.tell();
  }

  /** Hear of every picture shown; the present one at once. */
  subscribe(listener: Listener): () => void {
    this.listeners.add(listener);
    listener(this.shown);
    return () => this.listeners.delete(listener);
  }

  private tell(): void {
    for (const listener of this.listeners) listener(this.shown);
  }
}

export const supply = new Supply();

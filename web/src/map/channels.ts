/**
 * Paint by feature-state: the tiles' geometry is loaded once, what changes is painted over it.
 *
 * A channel is one key of the feature-state (`supply`, `mark`, ...). Setting it compares with what is
 * painted and touches only the features that differ; 20,000 of them take some milliseconds.
 */

import type { LayerName } from "../api/types";
import type { Values } from "../state/supply";

export type ChannelName =
  | "supply" // 1 out, 2 partial
  | "open" // bits of the open phases, -1 closed against normal
  | "mark" // role in a trace: see roles.ts
  | "tried" // what-if: bits of the phases it opens, 8 closed
  | "fate" // what-if: 1 goes out, 2 comes back
  | "load" // percent of the rating
  | "risk" // class of vegetation risk, from 1
  | "chosen" // the selected element
  | "hover"
  | "area" // inside the drawn polygon or the chosen outage
  | "differs"; // side by side: not the same on both maps

/** What a map has of its own beside one that it follows. */
const OWN: ReadonlySet<ChannelName> = new Set(["supply", "open", "tried", "fate"]);

/** What of MapLibre the channels need. */
export interface StatefulMap {
  setFeatureState(
    target: { source: string; sourceLayer: string; id: number },
    state: Record<string, unknown>,
  ): unknown;
}

export const SOURCE = "grid";

export class Channels {
  private readonly painted = new Map<ChannelName, Values>();
  private follower: Channels | null = null;

  /**
   * @param onPainted Called with the channels that paint something, whenever these are others.
   */
  constructor(
    private readonly map: StatefulMap,
    private readonly onPainted: (painted: ReadonlySet<ChannelName>) => void = () => {},
  ) {}

  /** Make the channel show exactly these values; the answer is how many features changed. */
  set(channel: ChannelName, next: Values): number {
    const before = this.painted.get(channel) ?? (new Map() as Values);
    let changes = 0;
    for (const [layer, values] of before) {
      const after = next.get(layer);
      for (const id of values.keys()) {
        if (after?.has(id)) continue;
        this.write(channel, layer, id, 0);
        changes += 1;
      }
    }
    for (const [layer, values] of next) {
      const old = before.get(layer);
      for (const [id, value] of values) {
        if (old?.get(id) === value) continue;
        this.write(channel, layer, id, value);
        changes += 1;
      }
    }
    const empty = this.count(channel) === 0;
    this.painted.set(channel, next);
    if (empty !== (this.count(channel) === 0)) this.onPainted(this.names());
    if (!OWN.has(channel)) this.follower?.set(channel, next);
    return changes;
  }

  /** Have others paint what these paint, but for who has supply; null: no longer. */
  lead(follower: Channels | null): void {
    this.follower = follower;
    for (const [channel, values] of this.painted) {
      if (!OWN.has(channel)) follower?.set(channel, values);
    }
  }

  clear(channel: ChannelName): number {
    return this.set(channel, new Map());
  }

  read(channel: ChannelName, layer: LayerName, id: number): number {
    return this.painted.get(channel)?.get(layer)?.get(id) ?? 0;
  }

  count(channel: ChannelName): number {
    let sum = 0;
    for (const values of this.painted.get(channel)?.values() ?? []) sum += values.size;
    return sum;
  }

  /** The channels that paint something. */
  private names(): ReadonlySet<ChannelName> {
    return new Set([...this.painted.keys()].filter((channel) => this.count(channel) > 0));
  }

  /** Paint everything again, after the source itself was replaced. */
  repaint(): void {
    for (const [channel, layers] of this.painted) {
      for (const [layer, values] of layers) {
        for (const [id, value] of values) this.write(channel, layer, id, value);
      }
    }
  }

  private write(channel: ChannelName, sourceLayer: LayerName, id: number, value: number): void {
    this.map.setFeatureState({ source: SOURCE, sourceLayer, id }, { [channel]: value });
  }
}

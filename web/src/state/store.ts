/** What the page knows and does not keep in the URL: the grid's facts, the line to the server, words to say. */

import { create } from "zustand";
import type { Info, TileJson } from "../api/types";

export type Link = "connecting" | "live" | "lost";

export interface Notice {
  id: number;
  text: string;
  tone: "info" | "error";
}

export interface Store {
  info: Info | null;
  tiles: TileJson | null;
  link: Link;
  retryAt: number; // ms since the epoch, while the link is lost
  version: number; // of the state that is painted
  changes: number; // what the painted state counts: operations and notes on outages
  customersOut: number;
  updatedAt: number; // ms since the epoch of the last state or event
  drawing: boolean; // the map is fetching or drawing
  notices: Notice[];
  spoken: string; // what screen readers announce
  /** Counters that go up when the server says that something changed; panels refetch on them. */
  ticks: {
    outages: number;
    estimates: number;
    ami: number;
    findings: number;
    operating: number;
    crews: number;
    state: number;
  };
}

export const useStore = create<Store>(() => ({
  info: null,
  tiles: null,
  link: "connecting",
  retryAt: 0,
  version: 0,
  changes: -1,
  customersOut: 0,
  updatedAt: 0,
  drawing: false,
  notices: [],
  spoken: "",
  ticks: { outages: 0, estimates: 0, ami: 0, findings: 0, operating: 0, crews: 0, state: 0 },
}));

let nextNotice = 1;

/** Show a line for some seconds, and have it read out. */
export function notify(text: string, tone: Notice["tone"] = "info"): void {
  const id = nextNotice++;
  const { notices } = useStore.getState();
  const others = notices.filter((notice) => notice.text !== text);
  useStore.setState({ notices: [...others, { id, text, tone }].slice(-4), spoken: text });
  setTimeout(() => dismiss(id), tone === "error" ? 9_000 : 5_000);
}

export function dismiss(id: number): void {
  const { notices } = useStore.getState();
  useStore.setState({ notices: notices.filter((notice) => notice.id !== id) });
}

/** Have a sentence read out without showing it. */
export function speak(text: string): void {
  useStore.setState({ spoken: text });
}

export function tick(what: keyof Store["ticks"]): void {
  const { ticks } = useStore.getState();
  useStore.setState({ ticks: { ...ticks, [what]: ticks[what] + 1 } });
}

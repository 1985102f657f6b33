/**
 * The view as text: everything that makes a view is a parameter in the URL's hash.
 *
 * `#map=11/29.76/-95.37&sel=FUSE-12&trace=downstream:FUSE-12` is both the state of the page and the link
 * to share. Moving the map replaces the entry of the history; choosing something adds one, so that
 * "back" does what people expect.
 */

import { useSyncExternalStore } from "react";

export const PARAM_KEYS = [
  "map", // zoom/latitude/longitude
  "panel", // key of the open panel
  "sel", // mRID of the chosen element
  "mode", // how lines are colored
  "base", // off: the basemap is hidden
  "theme", // dark or light; absent: as the system says
  "trace", // kind:mrid[:mrid2], or blast.SCOPE:mrid
  "whatif", // mrid:o (open), mrid:c (closed), mrid:PHASES, separated by commas
  "fault", // mRID of the faulted element a plan is for
  "sides", // all: its plan operates switches towards dead ends too
  "here", // a place that is asked about, latitude,longitude
  "way", // a measured course: such places, separated by semicolons
  "at", // a past moment, ISO 8601
  "left", // what the first of two maps shows: now, normal, whatif, or a past moment
  "right", // and the second; absent: there is one map
  "area", // a polygon
  "outage", // the chosen outage
  "planned", // the chosen planned outage, or new: one that is to be announced
  "feeder", // whose one-line diagram is shown
  "order", // the chosen switching order
  "trim", // how the trimming list is grouped: section, span, feeder
  "finding", // the chosen finding, rule:mrid
  "found", // which findings are listed: open, all, a severity or a rule
  "list", // which outages are listed
  "replay", // the replay is open, over so many hours
  "legend", // open, or absent
  "ask", // a question in words
  "manual", // a question to the manuals
  "pick", // which of the readings offered is meant
  "about", // what a question that follows refers to, as JSON
] as const;
export type ParamKey = (typeof PARAM_KEYS)[number];
export type Params = Partial<Record<ParamKey, string>>;
export type Patch = Partial<Record<ParamKey, string | null>>;

/** Read a hash; unknown keys are dropped. */
export function parseParams(hash: string): Params {
  const params: Params = {};
  const read = new URLSearchParams(hash.replace(/^#/, ""));
  for (const key of PARAM_KEYS) {
    const value = read.get(key);
    if (value) params[key] = value;
  }
  return params;
}

/** Write a hash, keys in one order, readable: `/`, `:`, `,`, `;` stay as they are. */
export function formatParams(params: Params): string {
  const pairs = PARAM_KEYS.flatMap((key) => {
    const value = params[key];
    return value
      ? [`${key}=${encodeURIComponent(value).replace(/%(2F|3A|2C|3B)/g, decodeURIComponent)}`]
      : [];
  });
  return pairs.length ? `#${pairs.join("&")}` : "";
}

type Listener = () => void;
const listeners = new Set<Listener>();
let current: Params = typeof window === "undefined" ? {} : parseParams(window.location.hash);

/** The view with which the page was opened. */
const opened: Params = current;

/** What a parameter was in the link that opened the page; null where the link left the place open. */
export function readLinked(key: ParamKey): string | null {
  return opened.map ? (opened[key] ?? null) : null;
}

export function getParams(): Params {
  return current;
}

/** Change the view. `push` adds a step to the history; without it the present step is rewritten. */
export function setParams(patch: Patch, { push = false }: { push?: boolean } = {}): void {
  const next: Params = { ...current };
  for (const [key, value] of Object.entries(patch) as [ParamKey, string | null][]) {
    if (value) next[key] = value;
    else delete next[key];
  }
  const hash = formatParams(next);
  if (hash === formatParams(current)) return;
  current = next;
  const url = `${window.location.pathname}${window.location.search}${hash}`;
  if (push) window.history.pushState(null, "", url);
  else window.history.replaceState(null, "", url);
  for (const listener of listeners) listener();
}

/** Choose an element and open its panel; a step of the history. */
export function chooseElement(mrid: string): void {
  setParams({ sel: mrid, panel: "element" }, { push: true });
}

export function subscribeParams(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

if (typeof window !== "undefined") {
  const reread = () => {
    current = parseParams(window.location.hash);
    for (const listener of listeners) listener();
  };
  window.addEventListener("popstate", reread);
  window.addEventListener("hashchange", reread);
}

export function useParams(): Params {
  return useSyncExternalStore(subscribeParams, getParams);
}

export function useParam(key: ParamKey): string | null {
  return useSyncExternalStore(subscribeParams, () => current[key] ?? null);
}

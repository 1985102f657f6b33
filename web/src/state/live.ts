/** Keep the page true: fetch what is, follow what changes, recover by itself when the server was gone. */

import { ApiError, api } from "../api/client";
import { EventStream, type ServerEvent } from "../api/events";
import type { StateEvent, SupplyState } from "../api/types";
import { notify, tick, useStore } from "./store";
import { supply } from "./supply";

const TOLD = ["outages", "estimates", "ami", "findings", "operating", "crews"] as const; // ask for those again

let stream: EventStream | null = null;
let wake = () => {}; // ends the pause before the next first load
let fetching: Promise<void> | null = null;
let again = false; // something was missed after the fetch under way had begun
const held: StateEvent[] = []; // changes that came during a fetch: older or newer than its answer
let fetched = -1; // changes in the state that was fetched last; all of them are in it
let followed = false; // whether the stream has changed that state since

const RETRY_MS = 2_000;

/** First load: facts, tile plan and state at once, then the stream. Tries until the server answers. */
export async function start(): Promise<void> {
  for (let wait = 500; ; wait = Math.min(wait * 2, 8_000)) {
    try {
      await load();
      break;
    } catch (error) {
      if (error instanceof ApiError && error.status < 500) notify(error.message, "error");
      useStore.setState({ link: "lost", retryAt: Date.now() + wait });
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, wait);
      });
    }
  }
  stream = new EventStream("/api/events", {
    onEvent: receive,
    onOpen: (resumed) => void opened(resumed),
    onLost: (retryAt) => useStore.setState({ link: "lost", retryAt }),
  });
  stream.start();
  window.addEventListener("online", () => stream?.retry());
}

/** Try to reach the server now. */
export function retryNow(): void {
  wake();
  stream?.retry();
}

async function load(): Promise<void> {
  const [info, tiles, state] = await Promise.all([api.info(), api.tiles(), api.state()]);
  replace(state);
  useStore.setState({ info, tiles, link: "live", ...figures(state) });
}

async function opened(resumed: boolean): Promise<void> {
  const wasLost = useStore.getState().link === "lost";
  // The first opening follows a fresh load; what happened in between comes with the stream's events,
  // but a stream that could not resume tells nothing of the gap.
  if (wasLost || !resumed) await refresh();
  useStore.setState({ link: "live" });
  if (wasLost) notify("The server is back. The map is up to date.");
}

/**
 * Fetch state and facts again without reloading geometry (unless the network itself changed).
 *
 * What was asked for while a fetch is under way is fetched after it, as its answer may be older.
 */
export function refresh(): Promise<void> {
  again = true;
  fetching ??= catchUp().finally(() => {
    fetching = null;
  });
  return fetching;
}

async function catchUp(): Promise<void> {
  try {
    while (again) {
      again = false;
      await refetch();
    }
    for (const event of held.splice(0)) apply(event);
  } catch (error) {
    again = true;
    setTimeout(() => void refresh(), RETRY_MS);
    if (error instanceof ApiError) notify(error.message, "error");
    else stream?.retry();
  }
}

async function refetch(): Promise<void> {
  const state = await api.state(null, { quiet: true });
  // No number of the state tells whether one of those changed meanwhile.
  for (const what of ["findings", "operating", "crews"] as const) tick(what);
  const { info: before } = useStore.getState();
  if (before?.network === state.network && !followed && fetched === state.changes) return;
  const info = await api.info({ quiet: true });
  if (before?.network !== info.network) {
    useStore.setState({ tiles: await api.tiles({ quiet: true }) });
  }
  replace(state);
  useStore.setState({ info, ...figures(state) });
  tick("state");
  tick("outages");
}

function replace(state: SupplyState): void {
  supply.setCurrent(state);
  fetched = state.changes;
  followed = false;
}

function figures(state: SupplyState | StateEvent) {
  const { version, changes, customers_out: customersOut } = state;
  return { version, changes, customersOut, updatedAt: Date.now() };
}

function receive(event: ServerEvent): void {
  if (event.type === "state") changed(JSON.parse(event.data) as StateEvent);
  else if (event.type === "resync") void refresh();
  else {
    const what = TOLD.find((each) => each === event.type);
    if (what) tick(what);
  }
}

function changed(event: StateEvent): void {
  if (fetching || again) held.push(event);
  else apply(event);
}

function apply(event: StateEvent): void {
  // Already in the state that was fetched. What the event before was told with is no measure: who
  // operates while it is made is counted in it, and told by the next.
  if (event.changes <= fetched) return;
  supply.apply(event);
  followed = true;
  useStore.setState(figures(event));
  tick("state");
  countSubstations();
}

let counting: ReturnType<typeof setTimeout> | undefined;

/** The substations' counts come with the facts: ask for them once things are quiet for a moment. */
function countSubstations(): void {
  clearTimeout(counting);
  counting = setTimeout(async () => {
    try {
      useStore.setState({ info: await api.info({ quiet: true }) });
    } catch {
      // the stream notices a dead server and says so
    }
  }, 400);
}

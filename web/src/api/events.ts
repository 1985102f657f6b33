/**
 * The stream of server-sent events, kept open.
 *
 * `EventSource` gives up for good after an HTTP error and hides heartbeats; a control room's page
 * must do neither. This reader reconnects with growing pauses, resumes by `Last-Event-ID`, and takes
 * silence for a dead line.
 */

export interface ServerEvent {
  id: string;
  type: string;
  data: string;
}

/** Cut a text stream into events (WHATWG HTML, section 9.2.6); comments count as signs of life. */
export class EventParser {
  private rest = "";
  private id = "";
  private type = "";
  private data: string[] = [];

  push(chunk: string): ServerEvent[] {
    const lines = (this.rest + chunk).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? "";
    const events: ServerEvent[] = [];
    for (const line of lines) {
      const event = this.line(line);
      if (event) events.push(event);
    }
    return events;
  }

  private line(line: string): ServerEvent | null {
    if (line === "") return this.dispatch();
    const colon = line.indexOf(":");
    if (colon === 0) return null;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") this.data.push(value);
    else if (field === "event") this.type = value;
    else if (field === "id") this.id = value;
    return null;
  }

  private dispatch(): ServerEvent | null {
    const data = this.data.join("\n");
    const event = { id: this.id, type: this.type || "message", data };
    const empty = this.data.length === 0;
    this.type = "";
    this.data = [];
    return empty ? null : event;
  }
}

export interface StreamHandlers {
  onEvent: (event: ServerEvent) => void;
  /** The line is open; `resumed` if events since the last one seen will follow. */
  onOpen: (resumed: boolean) => void;
  /** The line is dead; the next try is at `retryAt` (ms since the epoch). */
  onLost: (retryAt: number) => void;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8_000;
const SILENCE_MS = 40_000; // heartbeats come every 15 s

export class EventStream {
  private lastId = "";
  private tries = 0;
  private stopped = false;
  private abort = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly url: string,
    private readonly handlers: StreamHandlers,
  ) {}

  start(): void {
    void this.run();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    this.abort.abort();
  }

  /** Try at once instead of at the next planned time. */
  retry(): void {
    if (this.timer === undefined || this.stopped) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    void this.run();
  }

  private async run(): Promise<void> {
    this.abort = new AbortController();
    let watchdog: ReturnType<typeof setTimeout> | undefined;
    const alive = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => this.abort.abort(), SILENCE_MS);
    };
    try {
      alive();
      await this.read(alive);
    } catch {
      // whatever ended it, the cure is the same: connect again
    }
    clearTimeout(watchdog);
    if (this.stopped) return;
    const wait = Math.min(FIRST_PAUSE_MS * 2 ** this.tries, LONGEST_PAUSE_MS);
    this.tries += 1;
    this.handlers.onLost(Date.now() + wait);
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.run();
    }, wait);
  }

  private async read(alive: () => void): Promise<void> {
    const headers: Record<string, string> = { accept: "text/event-stream" };
    if (this.lastId) headers["last-event-id"] = this.lastId;
    const response = await fetch(this.url, {
      headers,
      signal: this.abort.signal,
      cache: "no-store",
    });
    if (!response.ok || !response.body) throw new Error(`events: HTTP ${response.status}`);
    const resumed = this.lastId !== "";
    const parser = new EventParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let first = true; ; first = false) {
      const { done, value } = await reader.read();
      if (done) return;
      alive();
      if (first) {
        // Only now is the server known to keep what happens for this line.
        this.tries = 0;
        this.handlers.onOpen(resumed);
      }
      for (const event of parser.push(value)) {
        if (event.id) this.lastId = event.id;
        this.handlers.onEvent(event);
      }
    }
  }
}

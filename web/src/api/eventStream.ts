/** Read server-sent events from the body of a response, as they come. */

export interface StreamEvent {
  kind: string;
  data: unknown;
}

const MOST_HELD = 4_000_000; // characters of one event

/** Yield each event once it is whole; what is left at the end is none. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent> {
  const reader = body.pipeThrough(new TextDecoderStream() as TransformStream).getReader();
  let held = "";
  try {
    for (;;) {
      const { value, done } = (await reader.read()) as ReadableStreamReadResult<string>;
      if (done) return;
      held += value;
      if (held.length > MOST_HELD) throw new Error("The answer is too long.");
      for (let end = held.indexOf("\n\n"); end >= 0; end = held.indexOf("\n\n")) {
        yield parseEvent(held.slice(0, end));
        held = held.slice(end + 2);
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function parseEvent(text: string): StreamEvent {
  const fields = new Map(
    text.split("\n").map((line) => {
      const at = line.indexOf(": ");
      return [line.slice(0, at), line.slice(at + 2)] as const;
    }),
  );
  return { kind: fields.get("event") ?? "message", data: JSON.parse(fields.get("data") ?? "null") };
}

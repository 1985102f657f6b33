import { describe, expect, it } from "vitest";
import { readEvents } from "../../src/api/eventStream";
import type { AskAnswer, AskReading } from "../../src/api/types";
import {
  chartOf,
  doorOf,
  leadOf,
  nextQuestions,
  shownTable,
  viewOf,
  wordsOf,
  wordsOfModel,
} from "../../src/panels/ask/answer";
import {
  followProgress,
  NO_PROGRESS,
  nameConversation,
  writeRequest,
} from "../../src/panels/ask/client";
import {
  fillExample,
  fitContext,
  keyOf,
  readQuestion,
  writeQuestion,
} from "../../src/panels/ask/question";
import { formatParams, parseParams } from "../../src/state/params";

const reading: AskReading = {
  question: "worst_losses",
  text: "the single losses that darken most customers",
  tool: "critical",
  arguments: {},
  command: "gridtwin outage sweep",
  sql: null,
  score: 1,
};
const answer: AskAnswer = {
  schema: "gridtwin.ask/1",
  question: "what are the most critical elements?",
  outcome: "answered",
  sentence: "2 elements.",
  command: null,
  reading,
  choices: [],
  nearest: [],
  assumed: [],
  table: {
    columns: ["mrid", "name", "customers", "feeder"],
    rows: [
      ["BKR-1", "", 504, "F-1"],
      ["BKR-2", "", 491, "F-2"],
    ],
    total: 4100,
  },
  document: null,
  totals: {},
  truncated: [],
  map: null,
  context: { question: "worst_losses", elements: [], time: [], values: {} },
  features: {},
  bounds: null,
  model: null,
};

describe("a conversation", () => {
  it("has a name that the server takes, and no other has", () => {
    const names = Array.from({ length: 100 }, nameConversation);
    expect(new Set(names).size).toBe(100);
    for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_-]{8,64}$/);
  });

  it("goes with each of its questions", () => {
    const name = nameConversation();
    const first = { text: "who is out", pick: 0, about: null };
    const then = { text: "and on F-1?", pick: 0, about: answer.context };
    expect(writeRequest(first, name)).toMatchObject({ question: "who is out", conversation: name });
    expect(writeRequest(then, name)).toMatchObject({ context: answer.context, conversation: name });
  });
});

describe("a question in the address", () => {
  const about = { question: "q", elements: ["A,B"], time: [], values: { top: 3 } };
  const question = { text: "and on feeder 1204?", pick: 2, about };

  it("is read as it was written", () => {
    const { ask, pick, about: told } = writeQuestion(question);
    const hash = formatParams({ ask: ask ?? "", pick: pick ?? "", about: told ?? "" });
    const read = readQuestion(parseParams(hash));
    expect(read).toEqual(question);
    expect(read && keyOf(read)).toBe(keyOf(question));
  });

  it("is asked without what a cut link lost", () => {
    expect(readQuestion({ ask: "a", pick: "7", about: '{"question"' })).toEqual({
      text: "a",
      pick: 0,
      about: null,
    });
    expect(readQuestion({ ask: "a", about: "[1]" })?.about).toBeNull();
    expect(readQuestion({ ask: "  " })).toBeNull();
  });

  it("leaves a context no address has room for", () => {
    expect(fitContext(about)).toBe(about);
    expect(fitContext({ ...about, values: { polygon: "x".repeat(3_000) } })).toBeNull();
    expect(fitContext(null)).toBeNull();
  });
});

describe("an example", () => {
  it("is filled by what is on the map", () => {
    expect(fillExample("who goes dark if ID fails", "F$1", null)).toEqual({
      text: "who goes dark if F$1 fails",
      hole: null,
    });
    const text = fillExample("what is inside west,south,east,north", null, [-95, 29, -94, 30]).text;
    expect(text).toBe("what is inside -95.00000,29.00000,-94.00000,30.00000");
  });

  it("shows what is still to be said", () => {
    expect(fillExample("show outage OUTAGE", "F-1", null).hole).toEqual([12, 18]);
    expect(fillExample("inside west,south,east,north", null, null).hole).toEqual([7, 28]);
    expect(fillExample("what was saifi yesterday", null, null).hole).toBeNull();
  });
});

describe("the table of an answer", () => {
  it("leaves out what says nothing", () => {
    expect(shownTable(answer.table)?.columns).toEqual(["mrid", "customers", "feeder"]);
    expect(shownTable({ columns: ["a"], rows: [], total: 0 })).toBeNull();
    expect(shownTable(null)).toBeNull();
  });

  it("says cells in words, and where they lead", () => {
    expect([12345.678, 0.12345, true, false, null, "x"].map(wordsOf)).toEqual([
      "12,345.7",
      "0.123",
      "yes",
      "no",
      "",
      "x",
    ]);
    expect(leadOf("feeder", "F-1")).toBe("element");
    expect(leadOf("outage", "O-1")).toBe("outage");
    expect(leadOf("outage", null)).toBeNull();
    expect(leadOf("customers", 3)).toBeNull();
  });
});

describe("the chart of an answer", () => {
  const chart = (columns: string[], rows: unknown[][]) =>
    chartOf(shownTable({ columns, rows, total: rows.length }));

  it("has bars for things", () => {
    expect(chartOf(shownTable(answer.table))).toEqual({
      kind: "bars",
      name: "customers",
      bars: [
        { label: "BKR-1", value: 504 },
        { label: "BKR-2", value: 491 },
      ],
    });
  });

  it("has a line for moments with a step in common", () => {
    const rows = ["00", "15", "30", "45"].map((min, at) => [`2026-07-01T00:${min}:00Z`, 9, at]);
    expect(chart(["at", "meters", "kwh"], rows)).toMatchObject({
      kind: "series",
      name: "kwh",
      stepMs: 900_000,
    });
    expect(chart(["at", "meters", "kwh"], rows.slice(0, 3))).toBeNull();
    const events = ["01", "02", "09", "30", "59"].map((min, at) => [
      `2026-07-01T00:${min}:00Z`,
      at,
    ]);
    expect(chart(["at", "customers"], events)).toBeNull();
  });

  it("draws what rows are ranked by", () => {
    const rows = [
      ["X-1", 4, 48.8, "2026-07-01T00:15:00Z"],
      ["X-2", 9, 44.8, "2026-07-01T00:30:00Z"],
    ];
    expect(chart(["mrid", "kwh", "loading_pct", "peak_at"], rows)).toMatchObject({
      kind: "bars",
      name: "loading pct",
      bars: [{ label: "X-1" }, { label: "X-2" }],
    });
  });

  it("is left out where it says nothing", () => {
    expect(
      chart(
        ["mrid", "depth"],
        [
          ["A", 1],
          ["B", 2],
        ],
      ),
    ).toBeNull();
    expect(
      chart(
        ["mrid", "customers"],
        [
          ["A", 1],
          ["B", 1],
        ],
      ),
    ).toBeNull();
    expect(
      chart(
        ["mrid", "change"],
        [
          ["A", -1],
          ["B", 1],
        ],
      ),
    ).toBeNull();
    expect(
      chart(
        ["rule", "count"],
        [
          ["x", 1],
          ["x", 2],
        ],
      ),
    ).toBeNull();
  });
});

describe("how an answer goes on", () => {
  it("asks of its feeders and of its first element", () => {
    expect(nextQuestions(answer)).toEqual([
      "and on feeder F-1?",
      "and on feeder F-2?",
      "who goes dark if BKR-1 fails",
      "is BKR-1 energized",
      "how do I isolate BKR-1",
    ]);
    const said = { ...answer, reading: { ...reading, arguments: { feeder: "F-1" } } };
    expect(nextQuestions(said)).not.toContain("and on feeder F-1?");
  });

  it("does not ask the same again", () => {
    const of = { tool: "trace", arguments: { kind: "isolation", of: ["S-1"] } };
    const context = { ...answer.context, elements: ["S-1"] } as AskAnswer["context"];
    const next = nextQuestions({ ...answer, context, reading: { ...reading, ...of } });
    expect(next).toContain("restoration plan for S-1");
    expect(next).not.toContain("how do I isolate S-1");
    expect(nextQuestions({ ...answer, reading: null })).toEqual([]);
  });

  it("leads where the page shows more", () => {
    const door = (map: string) => doorOf(viewOf({ ...answer, map }));
    expect(door("#sel=A&trace=upstream:A")).toBeNull();
    expect(door("#whatif=A:o")?.view).toEqual({ whatif: "A:o", panel: "whatif" });
    expect(door("#fault=A")?.view.panel).toBe("plan");
    expect(door("#panel=findings")?.says).toBe("Open the list of findings");
    expect(doorOf(viewOf(answer))).toBeNull();
  });
});

describe("an answer of a model", () => {
  const model = {
    ...{ name: "m", host: "h", stopped: null, calls: [] },
    usage: { requests: 1, tokens: 2, dollars: null, seconds: 1 },
    figures: [
      { text: "12", start: 3, calls: [1] },
      { text: "47", start: 10, calls: [] },
    ],
  };

  it("marks figures that no tool answered", () => {
    expect(wordsOfModel("It 12 and 47.", model)).toEqual([
      { text: "It 12 and ", unfounded: false },
      { text: "47", unfounded: true },
      { text: ".", unfounded: false },
    ]);
  });

  it("is followed while it comes", () => {
    const steps: [string, unknown][] = [
      ["text", { text: "Let me see" }],
      ["call", { tool: "overview", arguments: {} }],
      ["result", { tool: "overview", sentence: "All is well." }],
      ["text", { text: "All " }],
      ["text", { text: "is well." }],
    ];
    const progress = steps.reduce(
      (held, [kind, data]) => followProgress(held, kind, data),
      NO_PROGRESS,
    );
    expect(progress).toEqual({
      calls: [{ tool: "overview", sentence: "All is well." }],
      text: "All is well.",
    });
  });

  it("is read event by event, however it is cut", async () => {
    const sent = 'event: text\ndata: {"text":"ä"}\n\nevent: answer\ndata: {"x":1}\n\nevent: te';
    const bytes = new TextEncoder().encode(sent);
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    const events = [];
    for await (const event of readEvents(body)) events.push(event);
    expect(events).toEqual([
      { kind: "text", data: { text: "ä" } },
      { kind: "answer", data: { x: 1 } },
    ]);
  });
});

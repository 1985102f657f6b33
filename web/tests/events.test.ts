import { describe, expect, it } from "vitest";
import { EventParser } from "../src/api/events";

describe("server-sent events", () => {
  it("come whole, however the stream is cut", () => {
    const text = ': hi\n\nid: 7\nevent: state\ndata: {"a":\ndata: 1}\n\nid: 8\ndata: x\n\n';
    const whole = new EventParser().push(text);
    const parser = new EventParser();
    const pieces = [...text].flatMap((letter) => parser.push(letter));
    expect(pieces).toEqual(whole);
    expect(whole).toEqual([
      { id: "7", type: "state", data: '{"a":\n1}' },
      { id: "8", type: "message", data: "x" },
    ]);
  });

  it("take carriage returns", () => {
    expect(new EventParser().push("event: a\r\ndata: 1\r\n\r\n")).toEqual([
      { id: "", type: "a", data: "1" },
    ]);
  });

  it("without data are none", () => {
    expect(new EventParser().push("event: a\n\n")).toEqual([]);
  });
});

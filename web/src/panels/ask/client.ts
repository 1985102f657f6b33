/** Ask the server in words. */

import { ApiError, type Ask, postForEvents, Unreachable } from "../../api/client";
import type { AskAnswer, AskContext, ModelCall } from "../../api/types";

/** A question in words, and what it leans on. */
export interface Question {
  text: string;
  pick: number; // which of the readings offered, from 1; 0: the sure one
  about: AskContext | null; // of the answer it follows
}

/**
 * A name for questions that belong together, under which a language model finds what was said before.
 *
 * Not `randomUUID`: pages that come over plain HTTP do not have it.
 */
export function nameConversation(): string {
  const drawn = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(drawn, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A question as the server reads it. */
export function writeRequest({ text, pick, about }: Question, conversation: string) {
  const said = { question: text, pick, context: about, conversation };
  return { ...said, timezone: zoneHere(), detail: "full" };
}

/** What a language model has called and written so far. */
export interface Progress {
  calls: Pick<ModelCall, "tool" | "sentence">[];
  text: string;
}

export const NO_PROGRESS: Progress = { calls: [], text: "" };

/** Ask in a conversation; `hear` is told how far a model has come, where one is asked. */
export async function askInWords(
  question: Question,
  conversation: string,
  hear: (progress: Progress) => void,
  options?: Ask,
): Promise<AskAnswer> {
  const asked = writeRequest(question, conversation);
  let progress = NO_PROGRESS;
  for await (const { kind, data } of postForEvents("/api/ask", asked, options)) {
    if (kind === "answer") return data as AskAnswer;
    if (kind === "error") {
      const { type, message, matches } = data as { [key in "type" | "message"]: string } & {
        matches: string[];
      };
      throw new ApiError(message, 500, type, matches);
    }
    progress = followProgress(progress, kind, data);
    hear(progress);
  }
  throw new Unreachable();
}

/** What is written before another tool is called was no answer yet. */
export function followProgress({ calls, text }: Progress, kind: string, data: unknown): Progress {
  if (kind === "text") return { calls, text: text + (data as { text: string }).text };
  const { tool, sentence = "" } = data as Partial<ModelCall> & { tool: string };
  if (kind === "call") return { calls: [...calls, { tool, sentence }], text: "" };
  if (kind === "result") return { calls: [...calls.slice(0, -1), { tool, sentence }], text: "" };
  return { calls, text };
}

/** The reader's time zone, whose days "yesterday" is of. */
function zoneHere(): string {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return zone && zone !== "Etc/Unknown" ? zone : "UTC";
}

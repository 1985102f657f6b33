/** Ask the server in words. */

import { type Ask, post } from "../../api/client";
import type { AskAnswer, AskContext } from "../../api/types";

/** A question in words, and what it leans on. */
export interface Question {
  text: string;
  pick: number; // which of the readings offered, from 1; 0: the sure one
  about: AskContext | null; // of the answer it follows
}

export function askInWords({ text, pick, about }: Question, options?: Ask): Promise<AskAnswer> {
  const asked = { question: text, pick, context: about, timezone: zoneHere(), detail: "full" };
  return post<AskAnswer>("/api/ask", asked, options);
}

/** The reader's time zone, whose days "yesterday" is of. */
function zoneHere(): string {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return zone && zone !== "Etc/Unknown" ? zone : "UTC";
}

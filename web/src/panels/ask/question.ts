/** A question as part of the address: what is asked, which reading, and what it follows. */

import type { AskContext, Bounds } from "../../api/types";
import type { Params, Patch } from "../../state/params";
import type { Question } from "./client";

const LONGEST_CONTEXT = 2_000; // characters of an address

/** Null where the address holds no question. */
export function readQuestion(params: Params): Question | null {
  const text = params.ask?.trim();
  if (!text) return null;
  const pick = Number(params.pick ?? 0);
  return { text, pick: [1, 2, 3].includes(pick) ? pick : 0, about: readContext(params.about) };
}

export function writeQuestion({ text, pick, about }: Question): Patch {
  return {
    ask: text,
    pick: pick ? String(pick) : null,
    about: about ? JSON.stringify(about) : null,
  };
}

/** What tells a question from every other. */
export function keyOf(question: Question): string {
  return JSON.stringify([question.text, question.pick, question.about]);
}

function readContext(text: string | undefined): AskContext | null {
  try {
    const read: unknown = JSON.parse(text ?? "null");
    return typeof read === "object" && !Array.isArray(read) ? (read as AskContext | null) : null;
  } catch {
    return null; // a link that was cut: asked without it
  }
}

/** A context as it is handed on; one that no address has room for is left. */
export function fitContext(context: AskContext | null): AskContext | null {
  return JSON.stringify(context).length <= LONGEST_CONTEXT ? context : null;
}

/** A phrasing to be asked; `hole` is what a person has to say first, from and to. */
export interface Phrase {
  text: string;
  hole: [from: number, to: number] | null;
}

const HOLES = /\b(ID|FEEDER|SUBSTATION|OUTAGE|METER|NAME)\b/;
const VIEW = "west,south,east,north";

/** Fill the slots of an example by what is on the map: the chosen element, what is in view. */
export function fillExample(example: string, chosen: string | null, view: Bounds | null): Phrase {
  let text = example;
  if (chosen) text = text.replace(/\bID\b/, () => chosen);
  if (view) text = text.replace(VIEW, view.map((each) => each.toFixed(5)).join());
  const at = text.search(HOLES);
  const word = HOLES.exec(text)?.[0] ?? "";
  if (at >= 0) return { text, hole: [at, at + word.length] };
  const place = text.indexOf(VIEW);
  return { text, hole: place >= 0 ? [place, place + VIEW.length] : null };
}

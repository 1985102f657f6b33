/** What was asked and answered since the page was opened, or since it was begun anew, the newest first. */

import { create } from "zustand";
import { ApiError } from "../../api/client";
import type { AskAnswer, AskContext } from "../../api/types";
import { words } from "../../parts/asking";
import { getParams, setParams } from "../../state/params";
import { speak } from "../../state/store";
import { askInWords, NO_PROGRESS, nameConversation, type Progress, type Question } from "./client";
import { fitContext, keyOf, readQuestion, writeQuestion } from "./question";

export interface Turn {
  id: number;
  keys: string[]; // of the question; a second one without a context it did not need
  question: Question;
  answer: AskAnswer | null;
  error: string;
  waiting: boolean;
  progress: Progress; // of a language model, where one is asked
}

const MOST_TURNS = 30;

export interface Conversation {
  name: string; // under which the server keeps it for a language model
  turns: Turn[];
}

export const useConversation = create<Conversation>(() => ({
  name: nameConversation(),
  turns: [],
}));

let nextId = 1;
let running: AbortController | null = null;

export function findTurn(turns: readonly Turn[], question: Question): Turn | null {
  const key = keyOf(question);
  return turns.find((turn) => turn.keys.includes(key)) ?? null;
}

/** Put a question into the address, from where it is asked; one that was asked before is asked anew. */
export function putQuestion(question: Question): void {
  dropTurns(findTurn(useConversation.getState().turns, question));
  setParams(writeQuestion(question), { push: true });
}

/** Ask; what is still being asked is given up for it. */
export function startTurn(question: Question): void {
  stopAsking();
  const abort = new AbortController();
  running = abort;
  const id = nextId++;
  const keys = [keyOf(question)];
  const turn: Turn = {
    ...{ id, keys, question, answer: null, error: "" },
    ...{ waiting: true, progress: NO_PROGRESS },
  };
  const { name, turns } = useConversation.getState();
  useConversation.setState({ turns: [turn, ...turns].slice(0, MOST_TURNS) });
  const hear = (progress: Progress) => {
    if (!abort.signal.aborted) change(id, { progress });
  };
  askInWords(question, name, hear, { signal: abort.signal }).then(
    (answer) => {
      if (abort.signal.aborted) return;
      change(id, { answer, waiting: false });
      if (question.about && answer.reading?.question !== question.about.question) {
        forgetContext(id, question);
      }
      speak(answer.sentence);
    },
    (error: unknown) => {
      if (abort.signal.aborted) return;
      // What a question before was about may be gone since, with the network it was in.
      if (question.about && error instanceof ApiError) return askAlone(id, question);
      change(id, { error: words(error), waiting: false });
      speak(words(error));
    },
  );
}

/** Give up what is being asked. */
export function stopAsking(): void {
  running?.abort();
  running = null;
  const { turns } = useConversation.getState();
  for (const turn of turns.filter((each) => each.waiting)) {
    change(turn.id, { waiting: false, error: "Not waited for." });
  }
}

/** Forget what was asked: the next question leans on none of it. */
export function beginAnew(): void {
  stopAsking();
  setParams({ ask: null, pick: null, about: null }, { push: true });
  useConversation.setState({ name: nameConversation(), turns: [] });
}

/** What a question after this turn may refer to. */
export function contextAfter(turn: Turn | null): AskContext | null {
  return fitContext(turn?.answer?.context ?? turn?.question.about ?? null);
}

function change(id: number, patch: Partial<Turn>): void {
  const { turns } = useConversation.getState();
  useConversation.setState({
    turns: turns.map((turn) => (turn.id === id ? { ...turn, ...patch } : turn)),
  });
}

function dropTurns(turn: Turn | null): void {
  const { turns } = useConversation.getState();
  useConversation.setState({ turns: turns.filter((each) => each !== turn) });
}

/** The question stood by itself: its link needs no context. */
function forgetContext(id: number, question: Question): void {
  const alone = { ...question, about: null };
  change(id, { question: alone, keys: [keyOf(question), keyOf(alone)] });
  const open = readQuestion(getParams());
  if (open && keyOf(open) === keyOf(question)) setParams(writeQuestion(alone));
}

function askAlone(id: number, question: Question): void {
  const { turns } = useConversation.getState();
  dropTurns(turns.find((turn) => turn.id === id) ?? null);
  setParams(writeQuestion({ ...question, about: null }));
}

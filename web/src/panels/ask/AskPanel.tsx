/** Ask in words: the question, the answer, and what was asked before. */

import { type FormEvent, useEffect, useMemo, useRef, useState } from "react";
import { currentGridMap } from "../../map/current";
import { formatParams, getParams, useParam, useParams } from "../../state/params";
import type { Question } from "./client";
import {
  beginAnew,
  contextAfter,
  findTurn,
  putQuestion,
  startTurn,
  useConversation,
} from "./conversation";
import { EarlierTurns } from "./EarlierTurns";
import { Examples } from "./Examples";
import { fillExample, type Phrase, readQuestion } from "./question";
import { TurnCard } from "./TurnCard";
import "./ask.css";

const LONGEST_QUESTION = 500;
const NOTHING: Phrase = { text: "", hole: null };

export default function AskPanel() {
  const asked = useQuestionAsked();
  const turns = useConversation((conversation) => conversation.turns);
  const shown = asked && findTurn(turns, asked);
  const [draft, setDraft] = useState<Phrase>(NOTHING);
  useEffect(() => {
    if (asked && !shown) startTurn(asked);
  }, [asked, shown]);
  const ask = (text: string) => {
    setDraft(NOTHING);
    putQuestion({ text, pick: 0, about: contextAfter(shown ?? turns[0] ?? null) });
  };
  const askExample = (example: string) => {
    const view = currentGridMap()?.map.getBounds();
    const phrase = fillExample(
      example,
      getParams().sel ?? null,
      view ? [view.getWest(), view.getSouth(), view.getEast(), view.getNorth()] : null,
    );
    if (phrase.hole) setDraft(phrase);
    else ask(phrase.text);
  };
  return (
    <div className="ask-panel">
      <QuestionForm draft={draft} onDraft={setDraft} onAsk={ask} focused={!asked} />
      <PresentOnly />
      {shown ? (
        <TurnCard key={shown.id} turn={shown} onAsk={ask} onExample={askExample} />
      ) : (
        <Examples onExample={askExample} />
      )}
      <EarlierTurns turns={turns.filter((turn) => turn !== shown)} />
      {turns.length > 0 && (
        <button type="button" className="button small" onClick={beginAnew}>
          New conversation
        </button>
      )}
    </div>
  );
}

/** The question of the address; the same object as long as it is the same. */
function useQuestionAsked(): Question | null {
  const { ask, pick, about } = useParams();
  const address = formatParams({
    ...(ask && { ask }),
    ...(pick && { pick }),
    ...(about && { about }),
  });
  return useMemo(() => (address ? readQuestion(getParams()) : null), [address]);
}

/** An answer is of the present, whatever moment the map shows. */
function PresentOnly() {
  const at = useParam("at");
  if (!at) return null;
  return (
    <p className="warning">The map shows the past. Unless a question names a time, it is of now.</p>
  );
}

interface FormProps {
  draft: Phrase;
  onDraft: (draft: Phrase) => void;
  onAsk: (text: string) => void;
  focused: boolean;
}

function QuestionForm({ draft, onDraft, onAsk, focused }: FormProps) {
  const field = useRef<HTMLInputElement>(null);
  const first = useRef(focused);
  useEffect(() => {
    if (first.current) field.current?.focus({ preventScroll: true });
  }, []);
  useEffect(() => {
    if (!draft.hole) return;
    field.current?.focus();
    field.current?.setSelectionRange(...draft.hole);
  }, [draft]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const text = draft.text.trim();
    if (text) onAsk(text);
  };
  return (
    <form className="question" onSubmit={submit}>
      <label className="sr-only" htmlFor="question">
        Ask about the grid
      </label>
      <input
        id="question"
        ref={field}
        className="field"
        type="text"
        autoComplete="off"
        placeholder="Ask about the grid"
        maxLength={LONGEST_QUESTION}
        value={draft.text}
        onChange={(event) => onDraft({ text: event.target.value, hole: null })}
        onKeyDown={(event) => {
          if (event.key === "Escape") event.currentTarget.blur();
        }}
      />
      <button type="submit" className="button" disabled={!draft.text.trim()}>
        Ask
      </button>
    </form>
  );
}

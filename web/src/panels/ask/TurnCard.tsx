/** A question with its answer: in words, as a chart and a table, on the map, and how it was understood. */

import { type RefObject, useEffect, useRef, useState } from "react";
import type { AskAnswer } from "../../api/types";
import { copyText } from "../../parts/copying";
import { formatParams, setParams } from "../../state/params";
import { AnswerChart } from "./AnswerChart";
import { AnswerTable } from "./AnswerTable";
import { chartOf, doorOf, nextQuestions, shownTable, viewOf } from "./answer";
import type { Question } from "./client";
import { putQuestion, stopAsking, type Turn } from "./conversation";
import { Chips } from "./Examples";
import { ModelProgress, ModelSources, ModelText } from "./ModelPart";
import { writeQuestion } from "./question";
import { CommandLine, Understanding } from "./Understanding";
import { useShownOnMap } from "./useShownOnMap";

interface Props {
  turn: Turn;
  onAsk: (text: string) => void;
  onExample: (example: string) => void;
}

export function TurnCard({ turn, onAsk, onExample }: Props) {
  const { question, answer, error, waiting, progress } = turn;
  const card = useRef<HTMLElement>(null);
  useShownOnMap(answer);
  useComingIn(card);
  return (
    <article className="turn" aria-label="Answer" aria-busy={waiting} tabIndex={-1} ref={card}>
      <h3>{question.text}</h3>
      {waiting && <ModelProgress progress={progress} />}
      {waiting && <Waiting />}
      {error && (
        <>
          <p role="alert">{error}</p>
          <button type="button" className="button small" onClick={() => putQuestion(question)}>
            Ask again
          </button>
        </>
      )}
      {answer && <Answered turn={turn} answer={answer} onAsk={onAsk} onExample={onExample} />}
    </article>
  );
}

/** Begin at the top; the focus, if it went with the button that asked, is on the answer. */
function useComingIn(card: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    card.current?.closest(".panel-body")?.scrollTo({ top: 0 });
    if (document.activeElement === document.body) card.current?.focus({ preventScroll: true });
  }, [card]);
}

const SLOW_MS = 3_000;

function Waiting() {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), SLOW_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <>
      <p className="quiet" role="status">
        {slow ? "Still looking: months of readings take a while ..." : "Looking ..."}
      </p>
      <button type="button" className="button small" onClick={stopAsking}>
        Stop
      </button>
    </>
  );
}

function Answered({ turn, answer, onAsk, onExample }: Props & { answer: AskAnswer }) {
  const table = shownTable(answer.table);
  const next = nextQuestions(answer);
  return (
    <>
      <p className="sentence" data-outcome={answer.outcome}>
        {answer.choices.length > 0 ? "Which of these is meant?" : <ModelText answer={answer} />}
      </p>
      {answer.command && <CommandLine command={answer.command} />}
      {answer.choices.length > 0 && <Choices question={turn.question} choices={answer.choices} />}
      {answer.nearest.length > 0 && (
        <section aria-label="Can be asked">
          <p className="quiet">Can be asked:</p>
          <Chips questions={answer.nearest} onAsk={onExample} />
        </section>
      )}
      <AnswerChart chart={chartOf(table)} />
      {table && <AnswerTable table={table} />}
      <Doors question={turn.question} answer={answer} />
      {next.length > 0 && (
        <section aria-label="Ask on">
          <p className="quiet">Ask on:</p>
          <Chips questions={next} onAsk={onAsk} />
        </section>
      )}
      <Understanding answer={answer} />
      {answer.model && <ModelSources model={answer.model} />}
    </>
  );
}

interface ChoicesProps {
  question: Question;
  choices: AskAnswer["choices"];
}

function Choices({ question, choices }: ChoicesProps) {
  return (
    <ol className="choices" aria-label="Which is meant?">
      {choices.map((choice, at) => (
        <li key={choice.text}>
          <button
            type="button"
            className="button small"
            onClick={() => putQuestion({ ...question, pick: at + 1 })}
          >
            {choice.text}
          </button>
        </li>
      ))}
    </ol>
  );
}

/** Ways out of the panel: to where the page goes on with it, and to others as a link. */
function Doors({ question, answer }: { question: Question; answer: AskAnswer }) {
  const door = doorOf(viewOf(answer));
  return (
    <div className="row">
      {door && (
        <button
          type="button"
          className="button small"
          onClick={() => setParams(door.view, { push: true })}
        >
          {door.says}
        </button>
      )}
      <button
        type="button"
        className="button small"
        onClick={() => void copyText(linkOf(question), "The link to this question is copied.")}
      >
        Copy a link
      </button>
    </div>
  );
}

/** The address that asks a question anew when it is opened. */
function linkOf(question: Question): string {
  const { origin, pathname } = window.location;
  const asked = Object.entries(writeQuestion(question)).filter(([, value]) => value);
  return origin + pathname + formatParams({ panel: "ask", ...Object.fromEntries(asked) });
}

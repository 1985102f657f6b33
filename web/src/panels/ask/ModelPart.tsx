/** What a language model has to do with an answer: its words, what they rest on, what it does now. */

import type { AskAnswer, ModelAnswer } from "../../api/types";
import { count } from "../../parts/words";
import { wordsOfModel } from "./answer";
import type { Progress } from "./client";

/** The sentence; of a model's, what no tool answered is marked. */
export function ModelText({ answer }: { answer: AskAnswer }) {
  const { sentence, model } = answer;
  if (!model || model.stopped) return sentence;
  return wordsOfModel(sentence, model).map(({ text, unfounded }, at) =>
    unfounded ? (
      <mark key={at} title="In no answer of a tool: do not rely on it">
        {text}
        <span className="sr-only"> (in no answer of a tool)</span>
      </mark>
    ) : (
      text
    ),
  );
}

/** Which tools the model called, and what it cost. */
export function ModelSources({ model }: { model: ModelAnswer }) {
  const { name, host, stopped, calls, usage } = model;
  const dollars = usage.dollars === null ? "" : `, $${usage.dollars.toFixed(4)}`;
  return (
    <section className="understanding" aria-label="What the model did">
      {stopped && <p className="warning">The model gave no answer: {stopped}.</p>}
      <ol className="calls">
        {calls.map(({ number, tool, arguments: said, sentence }) => (
          <li key={number} value={number}>
            <code>{[tool, ...Object.entries(said).map(sayArgument)].join(" ")}</code>
            <p className="quiet">{sentence}</p>
          </li>
        ))}
      </ol>
      <p className="quiet">
        Written by the model {name} at {host}: {count(usage.requests)} requests,{" "}
        {count(usage.tokens)} tokens{dollars}.
      </p>
    </section>
  );
}

function sayArgument([name, value]: [string, unknown]): string {
  return `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`;
}

/** What the model calls and writes, while it does. */
export function ModelProgress({ progress }: { progress: Progress }) {
  const { calls, text } = progress;
  if (!calls.length && !text) return null;
  return (
    <>
      <ol className="calls">
        {calls.map(({ tool, sentence }, at) => (
          <li key={at}>
            <code>{tool}</code> <span className="quiet">{sentence || "..."}</span>
          </li>
        ))}
      </ol>
      {text && <p className="sentence">{text}</p>}
    </>
  );
}

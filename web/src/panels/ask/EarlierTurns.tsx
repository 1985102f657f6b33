/** The rest of the conversation: each question leads back to its answer. */

import { setParams } from "../../state/params";
import type { Turn } from "./conversation";
import { writeQuestion } from "./question";

export function EarlierTurns({ turns }: { turns: Turn[] }) {
  if (!turns.length) return null;
  return (
    <section className="earlier" aria-label="Asked before">
      <h3>Asked before</h3>
      <ol>
        {turns.map((turn) => (
          <li key={turn.id}>
            <button
              type="button"
              className="text-button"
              onClick={() => setParams(writeQuestion(turn.question), { push: true })}
            >
              {turn.question.text}
            </button>
            <p className="quiet">{turn.answer?.sentence ?? turn.error}</p>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** Where nothing was asked yet: what can be. */

import { useStore } from "../../state/store";

const EXAMPLES = [
  "which outages are there",
  "which priority sites are out",
  "what are the most critical elements",
  "what happened yesterday",
  "who goes dark if ID fails",
  "what is inside west,south,east,north",
  "what is wrong with the data",
  "what can I ask",
];

/** How an example reads whose slot the map fills. */
function sayExample(example: string): string {
  return example.replace("west,south,east,north", "the view");
}

export function Examples({ onExample }: { onExample: (example: string) => void }) {
  const model = useStore((store) => store.info?.can.model ?? null);
  return (
    <section aria-label="Examples">
      <p className="quiet">
        Questions in English, answered from the twin. Nothing is changed
        {model ? "." : ", and nothing leaves it."}
      </p>
      {model && (
        <p className="quiet">
          Where no question fits that is known, the model {model} is asked: the question and what
          the tools answer go there.
        </p>
      )}
      <Chips questions={EXAMPLES} onAsk={onExample} />
    </section>
  );
}

interface ChipsProps {
  questions: readonly string[];
  onAsk: (question: string) => void;
}

export function Chips({ questions, onAsk }: ChipsProps) {
  return (
    <ul className="chips">
      {questions.map((question) => (
        <li key={question}>
          <button type="button" className="button small" onClick={() => onAsk(question)}>
            {sayExample(question)}
          </button>
        </li>
      ))}
    </ul>
  );
}

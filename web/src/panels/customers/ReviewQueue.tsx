/** Two records side by side, with the weight of each field; what is decided overrules the model. */

import { useState } from "react";
import { useAnswer } from "../../parts/asking";
import { useDeed } from "../../parts/deeds";
import { counted } from "../../parts/words";
import { useMay } from "../../state/me";
import { decidePair, listReview, type ReviewPair } from "./client";
import { compareFields } from "./records";

export function ReviewQueue({ onClose }: { onClose: () => void }) {
  const [decided, setDecided] = useState(0);
  const { answer, error, waiting } = useAnswer(
    (signal) => listReview({ signal }),
    `review/${decided}`,
    [],
  );
  const [pair] = answer?.pairs ?? [];
  return (
    <div className="customers">
      <button type="button" className="text-button" onClick={onClose}>
        Back to the search
      </button>
      {error && <p role="alert">{error}</p>}
      {waiting && <p className="quiet">Asking for pairs ...</p>}
      {answer && !pair && <p className="quiet">No pair is left to be decided.</p>}
      {answer && pair && (
        <>
          <p className="quiet">{counted(answer.links.review ?? 0, "pair")} to be decided</p>
          <PairCard pair={pair} onDecided={() => setDecided(decided + 1)} />
        </>
      )}
    </div>
  );
}

function PairCard({ pair, onDecided }: { pair: ReviewPair; onDecided: () => void }) {
  const may = useMay("accept-findings");
  const deed = useDeed();
  const decide = async (same: boolean) => {
    const done = await deed.run(async () => {
      await decidePair(pair, same);
      return same ? "They are of one party." : "They are of two parties.";
    });
    if (done) onDecided();
  };
  return (
    <article aria-label="Pair of records">
      <table className="pair">
        <thead>
          <tr>
            <th scope="col">Bits</th>
            <th scope="col">{pair.left.record}</th>
            <th scope="col">{pair.right.record}</th>
          </tr>
        </thead>
        <tbody>
          {compareFields(pair).map((each) => (
            <tr key={each.name}>
              <th scope="row">
                {each.name}
                <span className="quiet">{each.weight === null ? "" : each.weight.toFixed(1)}</span>
              </th>
              <td>{each.left}</td>
              <td>{each.right}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="quiet">
        {pair.weight.toFixed(1)} bits in all{pair.reason && `: ${pair.reason}`}
      </p>
      {may && (
        <nav className="row" aria-label="Decide">
          <button
            type="button"
            className="button small"
            disabled={deed.waiting}
            onClick={() => decide(true)}
          >
            One party
          </button>
          <button
            type="button"
            className="button small"
            disabled={deed.waiting}
            onClick={() => decide(false)}
          >
            Two parties
          </button>
        </nav>
      )}
    </article>
  );
}

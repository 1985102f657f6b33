/** As long as a what-if colors the map, the map says so. */

import { setParams, useParam } from "../../state/params";
import { useSidesOpen } from "../../state/sides";
import { sentenceOf, useTrial, useWhatIf } from "./useWhatIf";
import "./whatif.css";

export default function WhatIfBanner() {
  useWhatIf();
  const text = useParam("whatif");
  const answer = useTrial((trial) => trial.answer);
  const beside = useSidesOpen();
  if (!text || beside) return null;
  return (
    <section className="card whatif-banner" aria-label="What-if">
      <strong>What-if</strong>
      <span>{answer ? sentenceOf(answer) : "Reckoning ..."}</span>
      <button
        type="button"
        className="button small"
        onClick={() => setParams({ whatif: null }, { push: true })}
      >
        End
      </button>
    </section>
  );
}

/** Operate the chosen switch: look what it does, confirm exactly that. */

import { type FormEvent, useEffect, useState } from "react";
import type { Preview } from "../../api/operatingtypes";
import type { ElementDetail } from "../../api/types";
import { useStore } from "../../state/store";
import { ActingFields } from "../ActingFields";
import { words } from "../asking";
import { useDeed, useOperates } from "../deeds";
import { operating } from "./client";
import { PreviewCard } from "./PreviewCard";
import { Tags } from "./Tags";
import "./operate.css";

export function Operate({ detail }: { detail: ElementDetail }) {
  const operates = useOperates();
  const live = useStore((store) => store.info !== null);
  if (!live || detail.table !== "equipment") return null;
  return (
    <section className="operating" aria-label="Operate">
      <h4>Operate</h4>
      {operates && detail.open !== null && <Positions key={detail.mrid} detail={detail} />}
      {!operates && (
        <p className="quiet">This server only answers: it was started without a token.</p>
      )}
      <Tags key={`tags of ${detail.mrid}`} mrid={detail.mrid} operates={operates} />
    </section>
  );
}

function Positions({ detail }: { detail: ElementDetail }) {
  const [wanted, setWanted] = useState<boolean | null>(null); // true: open
  const [phases, setPhases] = useState("");
  const every = [...(detail.phases ?? "")].filter((each) => "ABC".includes(each));
  return (
    <>
      <fieldset className="row" aria-label="Position">
        <button
          type="button"
          className="button"
          aria-pressed={wanted === true}
          onClick={() => setWanted(wanted === true ? null : true)}
        >
          Open ...
        </button>
        <button
          type="button"
          className="button"
          aria-pressed={wanted === false}
          onClick={() => setWanted(wanted === false ? null : false)}
        >
          Close ...
        </button>
        {every.length > 1 && (
          <label>
            <span className="sr-only">Phases to operate</span>
            <select
              className="field"
              value={phases}
              onChange={(event) => setPhases(event.target.value)}
            >
              <option value="">All phases</option>
              {every.map((phase) => (
                <option key={phase} value={phase}>
                  Only {phase}
                </option>
              ))}
            </select>
          </label>
        )}
      </fieldset>
      {wanted !== null && (
        <Confirmation
          key={`${wanted} ${phases}`}
          mrid={detail.mrid}
          open={wanted}
          phases={phases}
          onDone={() => setWanted(null)}
        />
      )}
    </>
  );
}

interface Asked {
  mrid: string;
  open: boolean;
  phases: string;
  onDone: () => void;
}

/** What it would do now, renewed when the grid changes; what is confirmed is what was seen. */
function Confirmation({ mrid, open, phases, onDone }: Asked) {
  const changes = useStore((store) => store.changes);
  const told = useStore((store) => store.ticks.operating);
  const [seen, setSeen] = useState<Preview | null>(null);
  const [error, setError] = useState("");
  const deed = useDeed();
  // biome-ignore lint/correctness/useExhaustiveDependencies: what changed may be in it
  useEffect(() => {
    const abort = new AbortController();
    operating.preview(mrid, open, phases, { signal: abort.signal, quiet: true }).then(
      (answer) => setSeen(answer),
      (failed) => abort.signal.aborted || setError(words(failed)),
    );
    return () => abort.abort();
  }, [mrid, open, phases, changes, told]);
  if (error) return <p role="alert">{error}</p>;
  if (!seen) return <p className="quiet">Looking what it would do ...</p>;
  const confirm = async (event: FormEvent) => {
    event.preventDefault();
    const done = await deed.run(async () => {
      const answer = await operating.operate(seen);
      return answer.status === "done"
        ? `${mrid} is ${open ? "open" : "closed"}${phases ? ` on ${phases}` : ""}.`
        : `Another person has to confirm it within ${seen.second_person_min} minutes.`;
    });
    if (done) onDone();
  };
  const second = seen.second_person_min > 0;
  return (
    <form className="confirmation" onSubmit={confirm} aria-label="Confirm the operation">
      <PreviewCard seen={seen} />
      <ActingFields />
      <div className="row">
        <button
          type="submit"
          className="button primary"
          disabled={deed.waiting || seen.refusals.length > 0}
        >
          {second ? "Request to " : "Confirm: "}
          {open ? "open" : "close"} {mrid}
        </button>
        <button type="button" className="button" onClick={onDone}>
          Cancel
        </button>
      </div>
    </form>
  );
}

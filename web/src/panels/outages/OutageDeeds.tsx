/** What can be done with an outage: confirm, note, restore, close; all with who did it. */

import { type FormEvent, useState } from "react";
import type { OutageDetail } from "../../api/types";
import { ActingFields } from "../../parts/ActingFields";
import { useDeed, useOperates } from "../../parts/deeds";
import { operating } from "../../parts/operate/client";
import { isOpen } from "./list";

const WORDS: Record<string, { button: string; says: string } | undefined> = {
  confirm: { button: "Confirm", says: "is confirmed" },
  restore: { button: "All are back", says: "is restored" },
  close: { button: "Close", says: "is closed" },
  invalidate: { button: "There was none", says: "was none" },
};

/** What may follow, in the order it does. */
export function nextDeeds(status: OutageDetail["status"]): string[] {
  switch (status) {
    case "predicted":
      return ["confirm", "restore", "invalidate"];
    case "confirmed":
      return ["restore", "invalidate"];
    case "partially_restored":
      return ["restore"];
    case "restored":
      return ["close"];
    default:
      return [];
  }
}

export function OutageDeeds({ outage }: { outage: OutageDetail }) {
  const operates = useOperates("manage-outages");
  const deed = useDeed();
  const [cause, setCause] = useState(outage.cause);
  const [crew, setCrew] = useState(outage.crew_status);
  const [etr, setEtr] = useState("");
  const deeds = nextDeeds(outage.status);
  if (!operates || deeds.length === 0) return null;
  const change = (what: string, says: string, asked: object = {}) =>
    void deed.run(async () => {
      await operating.changeOutage(outage.id, what, asked);
      return says;
    });
  const note = (event: FormEvent) => {
    event.preventDefault();
    const known = etr ? { etr_manual: new Date(etr).toISOString() } : {};
    change("note", "It is noted.", { cause, crew_status: crew, ...known });
  };
  return (
    <section>
      <h3>Act</h3>
      <form className="confirmation" onSubmit={note} aria-label={`Act on ${outage.id}`}>
        <ActingFields permission="manage-outages" />
        <div className="row">
          {deeds.map((what) => (
            <button
              key={what}
              type="button"
              className="button small"
              disabled={deed.waiting}
              onClick={() => change(what, `${outage.id} ${WORDS[what]?.says}.`)}
            >
              {WORDS[what]?.button}
            </button>
          ))}
        </div>
        {isOpen(outage) && (
          <>
            <label>
              Cause
              <input
                className="field"
                value={cause}
                maxLength={500}
                onChange={(event) => setCause(event.target.value)}
              />
            </label>
            <label>
              Crew
              <input
                className="field"
                value={crew}
                maxLength={200}
                onChange={(event) => setCrew(event.target.value)}
              />
            </label>
            <label>
              Promised end
              <input
                className="field"
                type="datetime-local"
                value={etr}
                onChange={(event) => setEtr(event.target.value)}
              />
            </label>
            <button type="submit" className="button small" disabled={deed.waiting}>
              Note
            </button>
          </>
        )}
      </form>
    </section>
  );
}

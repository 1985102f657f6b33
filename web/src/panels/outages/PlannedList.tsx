/** Planned outages to come and going on. */

import { useAnswer, useNow } from "../../parts/asking";
import { useOperates } from "../../parts/deeds";
import { throughList } from "../../parts/keyboard";
import { setParams } from "../../state/params";
import { useStore } from "../../state/store";
import { isLate, listPlanned, NEW, type Planned, period } from "./planned";

export function PlannedList() {
  const now = useNow();
  const operates = useOperates("manage-outages");
  const told = useStore((store) => store.ticks.operating);
  const { answer, error } = useAnswer((signal) => listPlanned({ signal, quiet: true }), "planned", [
    told,
  ]);
  const choose = (planned: string) => setParams({ planned }, { push: true });
  return (
    <section aria-label="Planned outages">
      <h3>Planned</h3>
      {error && <p role="alert">{error}</p>}
      {answer?.length === 0 && <p className="quiet">No work is announced.</p>}
      <ul className="outages" onKeyDown={throughList}>
        {answer?.map((planned) => (
          <li key={planned.id}>
            <button
              type="button"
              className="button small"
              data-planned={planned.id}
              onClick={() => choose(planned.id)}
            >
              <Row planned={planned} late={isLate(planned, now)} />
            </button>
          </li>
        ))}
      </ul>
      {operates && (
        <button type="button" className="button small" onClick={() => choose(NEW)}>
          Announce work
        </button>
      )}
    </section>
  );
}

function Row({ planned, late }: { planned: Planned; late: boolean }) {
  return (
    <>
      <span className="outage-head planned">
        <strong>{planned.customers.toLocaleString("en")}</strong>
        <span>{planned.elements[0] ?? Object.keys(planned.switches)[0]}</span>
        <span className="tag">{late ? `${planned.status}, late` : planned.status}</span>
      </span>
      <span className="outage-foot quiet">
        <span>{planned.reason}</span>
        <span className="promise">{period(planned)}</span>
      </span>
    </>
  );
}

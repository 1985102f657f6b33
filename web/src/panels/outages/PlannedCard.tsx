/** One planned outage: when and why, who has no supply meanwhile, and what can be done with it. */

import { type FormEvent, useCallback, useEffect, useRef, useState } from "react";
import type { LonLat } from "../../api/types";
import { useGridMap } from "../../map/current";
import { marks } from "../../map/roles";
import { ActingFields } from "../../parts/ActingFields";
import { useAnswer } from "../../parts/asking";
import { useDeed, useOperates } from "../../parts/deeds";
import { download, fileName } from "../../parts/download";
import { ElementLink } from "../../parts/ElementLink";
import { counted } from "../../parts/words";
import { setParams } from "../../state/params";
import { useStore } from "../../state/store";
import {
  type Advance,
  advance,
  move,
  nextAdvances,
  type Planned,
  type PlannedReply,
  period,
  readLetters,
  readPlanned,
} from "./planned";
import { localTime, TimeFields } from "./TimeFields";

const WORDS: Record<Advance, { button: string; says: string }> = {
  start: { button: "Begin", says: "has begun" },
  end: { button: "All are back", says: "is done" },
  cancel: { button: "Cancel it", says: "is canceled" },
};

export function PlannedCard({ id }: { id: string }) {
  const told = useStore((store) => store.ticks.operating);
  const { answer, error } = useAnswer((signal) => readPlanned(id, { signal, quiet: true }), id, [
    told,
  ]);
  const back = useCallback(() => setParams({ planned: null }, { push: true }), []);
  useShown(answer);
  return (
    <div className="outages-panel">
      <nav className="row">
        <button type="button" className="button small" onClick={back}>
          All outages
        </button>
      </nav>
      <h2>{id}</h2>
      {error && <p role="alert">{error}</p>}
      {answer && (
        <article className="outage-card" aria-label={`Planned outage ${id}`}>
          <Facts planned={answer.planned} />
          <Acts key={answer.planned.revision} planned={answer.planned} />
        </article>
      )}
    </div>
  );
}

/** Mark who has no supply meanwhile, and bring the place into view once. */
function useShown(answer: PlannedReply | null): void {
  const map = useGridMap();
  const seen = useRef("");
  useEffect(() => {
    if (!map || !answer) return;
    map.channels.set("mark", marks({ area: answer.features }));
    if (seen.current !== answer.planned.id && answer.at) map.show(answer.at as LonLat);
    seen.current = answer.planned.id;
    return () => {
      map.channels.clear("mark");
    };
  }, [map, answer]);
}

function Facts({ planned }: { planned: Planned }) {
  const { outage } = planned;
  return (
    <>
      <p className="figure">
        <strong>{planned.customers.toLocaleString("en")}</strong> customers without supply
        <span className="tag">{planned.status}</span>
      </p>
      <dl className="facts">
        <dt>When</dt>
        <dd>{period(planned)}</dd>
        <dt>Why</dt>
        <dd>{planned.reason}</dd>
        {planned.elements.length > 0 && (
          <>
            <dt>Work on</dt>
            <dd>
              {planned.elements.map((mrid) => (
                <ElementLink key={mrid} mrid={mrid} />
              ))}
            </dd>
          </>
        )}
        <dt>Meanwhile</dt>
        <dd>
          {Object.entries(planned.switches).map(([mrid, open]) => (
            <span key={mrid}>
              {mrid} {open ? "open" : "closed"}{" "}
            </span>
          ))}
        </dd>
        <dt>Announced</dt>
        <dd>by {planned.announced_by || "nobody by name"}</dd>
        {outage && (
          <>
            <dt>Outage</dt>
            <dd>
              <button
                type="button"
                className="text-button"
                onClick={() => setParams({ planned: null, outage }, { push: true })}
              >
                {outage}
              </button>
            </dd>
          </>
        )}
      </dl>
    </>
  );
}

function Acts({ planned }: { planned: Planned }) {
  const operates = useOperates("manage-outages");
  const deed = useDeed();
  const [from, setFrom] = useState(localTime(planned.starts_at));
  const [to, setTo] = useState(localTime(planned.ends_at));
  if (!operates) return null;
  const advances = nextAdvances(planned.status);
  const onAdvance = (what: Advance) =>
    void deed.run(async () => {
      await advance(planned.id, what);
      return `${planned.id} ${WORDS[what].says}.`;
    });
  const onMove = (event: FormEvent) => {
    event.preventDefault();
    void deed.run(async () => {
      const begun = planned.status === "ongoing";
      const start = begun ? planned.starts_at : new Date(from).toISOString();
      await move(planned.id, start, new Date(to).toISOString());
      return `${planned.id} has other times.`;
    });
  };
  const onLetters = () =>
    void deed.run(async () => {
      const text = await readLetters(planned.id);
      download(fileName(`letters-${planned.id}`, "csv"), "text/csv", text);
      return counted(text.trimEnd().split("\n").length - 1, "letter");
    });
  return (
    <section>
      <h3>Act</h3>
      <form className="confirmation" onSubmit={onMove} aria-label={`Act on ${planned.id}`}>
        <ActingFields permission="manage-outages" />
        <div className="row">
          {advances.map((what) => (
            <button
              key={what}
              type="button"
              className="button small"
              disabled={deed.waiting}
              onClick={() => onAdvance(what)}
            >
              {WORDS[what].button}
            </button>
          ))}
          <button
            type="button"
            className="button small"
            disabled={deed.waiting}
            onClick={onLetters}
          >
            Letters (CSV)
          </button>
        </div>
        {advances.length > 0 && (
          <>
            <TimeFields
              from={from}
              to={to}
              begun={planned.status === "ongoing"}
              onFrom={setFrom}
              onTo={setTo}
            />
            <button type="submit" className="button small" disabled={deed.waiting}>
              Move
            </button>
          </>
        )}
      </form>
    </section>
  );
}

/** What is inside of an area, and who is out if it is damaged. */

import { useEffect, useState } from "react";
import type { BlastAnswer, Inside, Scope } from "../../api/types";
import { useGridMap } from "../../map/current";
import { useFirstSight } from "../../map/firstsight";
import { marks } from "../../map/roles";
import { useAnswer } from "../../parts/asking";
import { count, counted, kindName } from "../../parts/words";
import { useStore } from "../../state/store";
import { damage, whatIsInside } from "./client";
import { Downloads } from "./Downloads";
import type { Area } from "./upload";

export function InsideAnswer({ area }: { area: Area }) {
  const ticks = useStore((store) => store.ticks);
  const key = JSON.stringify(area);
  const inside = useAnswer((signal) => whatIsInside(area, { signal }), key, [ticks.state]);
  const [scope, setScope] = useState<Scope | null>(null);
  const hurt = useAnswer(
    scope ? (signal) => damage(area, scope, { signal }) : null,
    `${scope} ${key}`,
    [ticks.state],
  );
  useMarked(hurt.answer ?? inside.answer);
  useFirstSight("area", scope && `${scope} ${key}`, hurt.answer);
  if (inside.error) return <p role="alert">{inside.error}</p>;
  if (!inside.answer) return <p className="quiet">Looking inside ...</p>;
  return (
    <>
      <Customers inside={inside.answer} />
      <Damage scope={scope} onScope={setScope} answer={hurt.answer} waiting={hurt.waiting} />
      {hurt.error && <p role="alert">{hurt.error}</p>}
      <Feeders groups={inside.answer.groups} />
      <Counts counts={inside.answer.counts} />
      <Downloads area={area} inside={inside.answer} hurt={hurt.answer} />
      {inside.answer.warnings.map((warning) => (
        <p key={warning} className="quiet">
          {warning}
        </p>
      ))}
    </>
  );
}

/** Mark on the map what the answer is of. */
function useMarked(answer: Inside | BlastAnswer | null): void {
  const map = useGridMap();
  useEffect(() => {
    if (!map || !answer) return;
    map.channels.set("mark", marks({ area: answer.features }));
    return () => {
      map.channels.clear("mark");
    };
  }, [map, answer]);
}

function Customers({ inside }: { inside: Inside }) {
  return (
    <p className="figure" role="status">
      <strong>{count(inside.customers)}</strong> customers inside
      {inside.customers_out > 0 && `, ${count(inside.customers_out)} of them out`}
      {inside.priority.length > 0 && (
        <span className="priority">{counted(inside.priority.length, "priority site")}</span>
      )}
    </p>
  );
}

const MOST_FEEDERS = 12;

function Feeders({ groups }: { groups: Inside["groups"] }) {
  if (!groups.length) return null;
  return (
    <table className="counts">
      <caption>Customers by feeder</caption>
      <tbody>
        {groups.slice(0, MOST_FEEDERS).map((group) => (
          <tr key={group.mrid}>
            <th scope="row">{group.mrid ?? "of none"}</th>
            <td>{count(group.customers)}</td>
          </tr>
        ))}
      </tbody>
      {groups.length > MOST_FEEDERS && (
        <tfoot>
          <tr>
            <td colSpan={2}>and {counted(groups.length - MOST_FEEDERS, "feeder")} more</td>
          </tr>
        </tfoot>
      )}
    </table>
  );
}

function Counts({ counts }: { counts: Record<string, number> }) {
  const rows = Object.entries(counts).sort(([, a], [, b]) => b - a);
  if (!rows.length) return null;
  return (
    <table className="counts">
      <caption>What is inside</caption>
      <tbody>
        {rows.map(([kind, pieces]) => (
          <tr key={kind}>
            <th scope="row">{kindName(kind)}</th>
            <td>{count(pieces)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const SCOPES: { scope: Scope; says: string }[] = [
  { scope: "element", says: "Out without what is inside" },
  { scope: "trip", says: "Out once protection has tripped" },
  { scope: "isolated", says: "Out once it is isolated" },
];

interface DamageProps {
  scope: Scope | null;
  onScope: (scope: Scope | null) => void;
  answer: BlastAnswer | null;
  waiting: boolean;
}

function Damage({ scope, onScope, answer, waiting }: DamageProps) {
  return (
    <section className="damage" aria-label="If all of it is damaged">
      <label>
        If all of it is damaged
        <select
          value={scope ?? ""}
          onChange={(event) => onScope((event.target.value || null) as Scope | null)}
        >
          <option value="">Not asked</option>
          {SCOPES.map((each) => (
            <option key={each.scope} value={each.scope}>
              {each.says}
            </option>
          ))}
        </select>
      </label>
      {scope && waiting && !answer && <p className="quiet">Reckoning ...</p>}
      {answer && (
        <p className="figure" role="status">
          <strong>{count(answer.customers)}</strong> customers out
          {answer.priority_customers > 0 && (
            <span className="priority">{count(answer.priority_customers)} at priority sites</span>
          )}
        </p>
      )}
    </section>
  );
}

/** Who did what to an element or an outage, for who may read that; asked for when it is opened. */

import { useState } from "react";
import { api } from "../api/client";
import type { Action } from "../api/types";
import { useMay } from "../state/me";
import { words } from "./asking";
import "./audit.css";
import { dayClock } from "./words";

const SHOWN = 20;

export function AuditTrail(about: { element?: string; outage?: string }) {
  const may = useMay("read-audit");
  const [actions, setActions] = useState<Action[] | string | null>(null);
  if (!may) return null;
  const open = () =>
    api
      .audit({ ...about, limit: SHOWN })
      .then(({ actions: found }) => setActions(found))
      .catch((error: unknown) => setActions(words(error)));
  return (
    <details className="audit-trail" onToggle={(event) => event.currentTarget.open && void open()}>
      <summary>Who did what</summary>
      {typeof actions === "string" && <p role="alert">{actions}</p>}
      {Array.isArray(actions) && <Trail actions={actions} />}
    </details>
  );
}

function Trail({ actions }: { actions: Action[] }) {
  if (!actions.length) return <p className="quiet">Nothing is noted.</p>;
  return (
    <ol>
      {actions.map((each) => (
        <li key={each.number}>
          <time dateTime={each.at}>{dayClock(each.at)}</time> {each.person || "somebody"}
          {each.role && ` (${each.role.replace("-", " ")})`}, {each.outcome}: {each.what}{" "}
          <span className="quiet">from {each.address}</span>
        </li>
      ))}
    </ol>
  );
}

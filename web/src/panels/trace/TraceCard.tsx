/** The answer in words, under the search, as long as it is drawn. */

import { useMemo } from "react";
import type { BlastAnswer, TraceAnswer } from "../../api/types";
import { currentGridMap } from "../../map/current";
import type { ROLES } from "../../map/roles";
import { Icon } from "../../parts/icons";
import { useShortcuts } from "../../parts/keyboard";
import { count, counted } from "../../parts/words";
import { showTrace, titleOf } from "../../state/tracerequest";
import { type Answer, useTrace } from "./useTrace";
import "./trace.css";

export function TraceCard() {
  const { request, found, error } = useTrace();
  useShortcuts(
    useMemo(
      () => [{ key: "x", says: "Take the trace off the map", run: () => showTrace(null) }],
      [],
    ),
  );
  if (!request) return null;
  return (
    <section className="card trace-card" aria-label="Trace">
      <header>
        <h2>{titleOf(request)}</h2>
        <button
          type="button"
          className="icon-button"
          aria-label="Show the whole answer"
          disabled={!found?.answer.bounds}
          onClick={() => {
            const bounds = found?.answer.bounds;
            if (bounds) currentGridMap()?.show(bounds, { maxZoom: 17 });
          }}
        >
          <Icon name="target" size={18} />
        </button>
        <button
          type="button"
          className="icon-button"
          aria-label="Take the trace off the map"
          onClick={() => showTrace(null)}
        >
          <Icon name="close" size={18} />
        </button>
      </header>
      {error && <p role="alert">{error}</p>}
      {!found && !error && <p className="quiet">Tracing ...</p>}
      {found && <Words found={found} />}
    </section>
  );
}

function Words({ found }: { found: Answer }) {
  const { answer } = found;
  return (
    <>
      <p className="figures">
        <span>
          <strong>{count(answer.customers)}</strong> customers
        </span>
        <span>
          <strong>{count(answer.usage_points)}</strong> meters
        </span>
        {"elements" in answer && (
          <span>
            <strong>{count(answer.elements)}</strong> elements
          </span>
        )}
        {"priority_customers" in answer && answer.priority_customers > 0 && (
          <span className="tag" data-tone="out">
            {counted(answer.priority_customers, "priority customer")}
          </span>
        )}
      </p>
      <Key rows={keyOf(found)} />
      {answer.warnings?.map((warning) => (
        <p key={warning} className="warning">
          {warning}
        </p>
      ))}
    </>
  );
}

type Row = [role: keyof typeof ROLES, says: string, size: number];

function keyOf({ request, answer }: Answer): Row[] {
  if (request.what === "blast") {
    const { features, partial, devices } = answer as BlastAnswer;
    return [
      ["area", "without supply", sizeOf(features)],
      ["indeterminate", "short of a phase", sizeOf(partial)],
      ["operate", "devices that operate", sizeOf(devices)],
    ];
  }
  const { indeterminate, operate, verify, dead_beyond } = answer as TraceAnswer;
  return [
    ["indeterminate", "on a loop: fed either way", sizeOf(indeterminate)],
    ["operate", "to open", sizeOf(operate)],
    ["verify", "open already: verify and tag", sizeOf(verify)],
    ["dead", "to leave: only dead ends beyond", sizeOf(dead_beyond)],
  ];
}

function sizeOf(features: Record<string, number[]> | undefined): number {
  return Object.values(features ?? {}).reduce((sum, ids) => sum + ids.length, 0);
}

/** What the colors of the answer mean; only those that are there. */
function Key({ rows }: { rows: Row[] }) {
  const there = rows.filter(([, , size]) => size > 0);
  if (there.length === 0) return null;
  return (
    <ul className="trace-key">
      {there.map(([role, says, size]) => (
        <li key={role} data-role={role}>
          <span className="swatch" aria-hidden="true" />
          {count(size)} {says}
        </li>
      ))}
    </ul>
  );
}

/** One outage: when who is back, who must not be forgotten, what was done and said. */

import type { ReactNode } from "react";
import type { OutageDetail } from "../../api/types";
import { AuditTrail } from "../../parts/AuditTrail";
import { clock, dayClock } from "../../parts/words";
import { CurveChart } from "./CurveChart";
import { fromStart } from "./curve";
import { isOpen, promised, statusWords, TONES } from "./list";
import { OutageCrews } from "./OutageCrews";
import { OutageDeeds } from "./OutageDeeds";

interface Props {
  outage: OutageDetail;
  now: number;
  onElement: (mrid: string) => void;
}

export function OutageCard({ outage, now, onElement }: Props) {
  return (
    <article className="outage-card" aria-label={`Outage ${outage.id}`}>
      <Summary outage={outage} onElement={onElement} />
      {isOpen(outage) && <Promised outage={outage} />}
      {outage.curve.length > 0 && (
        <Part title="Customers back">
          <CurveChart
            points={fromStart(outage.curve, outage.began_at)}
            customers={outage.customers}
            now={now}
          />
        </Part>
      )}
      <OutageCrews outage={outage} />
      <OutageDeeds key={`${outage.id} ${outage.revision}`} outage={outage} />
      <Priority outage={outage} onElement={onElement} />
      <Steps outage={outage} />
      <Evidence outage={outage} />
      <AuditTrail key={outage.id} outage={outage.id} />
    </article>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

function Summary({ outage, onElement }: Omit<Props, "now">) {
  const { device } = outage;
  return (
    <>
      <p className="figure">
        <strong>{outage.customers_out.toLocaleString("en")}</strong> of{" "}
        {outage.customers.toLocaleString("en")} customers out
        <span className="tag" data-tone={TONES[outage.status]}>
          {statusWords(outage.status)}
        </span>
      </p>
      <dl className="facts">
        <dt>Device</dt>
        <dd>
          {device ? (
            <button type="button" className="text-button" onClick={() => onElement(device)}>
              {device}
            </button>
          ) : (
            "not known"
          )}
        </dd>
        {outage.feeder && <Fact name="Feeder" value={outage.feeder} />}
        <Fact name="Began" value={dayClock(outage.began_at)} />
        {outage.restored_at && <Fact name="Restored" value={dayClock(outage.restored_at)} />}
        {outage.cause && <Fact name="Cause" value={outage.cause} />}
        {outage.crew_status && <Fact name="Crew" value={outage.crew_status} />}
      </dl>
    </>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

function Promised({ outage }: { outage: OutageDetail }) {
  const promise = promised(outage);
  const { p50, p80 } = outage.estimate ?? { p50: null, p80: null };
  if (!promise && !p50) return <p className="quiet">No estimate yet: being assessed.</p>;
  return (
    <dl className="promised" aria-label="Estimated restoration">
      <Estimate name="ETR" at={promise?.at ?? null} note={promise ? `by ${promise.by}` : ""} />
      <Estimate name="P50" at={p50} note="as likely as not" />
      <Estimate name="P80" at={p80} note="four of five" />
    </dl>
  );
}

function Estimate({ name, at, note }: { name: string; at: string | null; note: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{at ? clock(at) : "assessing"}</dd>
      <dd className="quiet">{note}</dd>
    </div>
  );
}

function Priority({ outage, onElement }: Omit<Props, "now">) {
  if (!outage.priority.length) return null;
  return (
    <Part title={`Priority customers (${outage.priority.length})`}>
      <ul className="priority-list">
        {outage.priority.slice(0, 50).map((each) => (
          <li key={each.mrid}>
            <button type="button" className="text-button" onClick={() => onElement(each.mrid)}>
              {each.mrid}
            </button>{" "}
            <span className="quiet">{each.priority}</span>
          </li>
        ))}
      </ul>
    </Part>
  );
}

function Steps({ outage }: { outage: OutageDetail }) {
  const done = outage.steps.filter((step) => step.restored_at);
  if (!done.length) return null;
  return (
    <Part title="Restoration steps">
      <ol className="outage-steps">
        {done.map((step) => (
          <li key={step.restored_at}>
            {dayClock(step.restored_at ?? "")}{" "}
            <strong>{step.customers.toLocaleString("en")}</strong> back
          </li>
        ))}
      </ol>
    </Part>
  );
}

function Evidence({ outage }: { outage: OutageDetail }) {
  return (
    <Part title="What was said and done">
      <ol className="evidence">
        {outage.evidence.map((each, at) => (
          <li key={at}>
            <time dateTime={each.at}>{clock(each.at)}</time> {kindWords(each.kind)}{" "}
            <span className="quiet">{detailWords(each.detail)}</span>
          </li>
        ))}
      </ol>
    </Part>
  );
}

function kindWords(kind: string): string {
  return kind.replaceAll("_", " ");
}

function detailWords(detail: Record<string, unknown>): string {
  const words = Object.entries(detail).map(([key, value]) => {
    return key === "crew_status" ? String(value) : `${key.replaceAll("_", " ")} ${String(value)}`;
  });
  return words.join(", ");
}

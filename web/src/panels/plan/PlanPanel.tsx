/** How to isolate a fault and bring customers back by switching: the plan, step by step. */

import { useEffect, useState } from "react";
import { api } from "../../api/client";
import type { Plan, PlanStep } from "../../api/types";
import { useGridMap } from "../../map/current";
import { marks } from "../../map/roles";
import { ElementLink } from "../../parts/ElementLink";
import { count, counted, kindName } from "../../parts/words";
import { setParams, useParam } from "../../state/params";
import { type Positions, writeSwitches } from "../../state/switches";
import { usePlan } from "./usePlan";
import "./plan.css";

export default function PlanPanel() {
  const fault = useParam("fault");
  const allSides = useParam("sides") === "all";
  const { plan, error } = usePlan(fault, allSides);
  if (!fault) return <p className="quiet">Choose an element, then ask for its switching plan.</p>;
  return (
    <div className="plan">
      <p>
        Fault at <ElementLink mrid={fault} />
      </p>
      {error && <p role="alert">{error}</p>}
      {!plan && !error && <p className="quiet">Searching for the best switching ...</p>}
      {plan && <Found plan={plan} />}
      {(allSides || (plan && plan.dead_beyond.length > 0)) && <AllSides on={allSides} />}
    </div>
  );
}

function Found({ plan }: { plan: Plan }) {
  const { totals } = plan;
  return (
    <>
      <dl className="fates">
        <div data-fate="out">
          <dt>out at first</dt>
          <dd>{count(totals.customers_at_start)}</dd>
        </div>
        <div data-fate="back">
          <dt>back by switching</dt>
          <dd>{count(totals.customers_restored)}</dd>
        </div>
        <div>
          <dt>until repair</dt>
          <dd>{count(totals.customers_out)}</dd>
        </div>
      </dl>
      <p className="quiet">
        {counted(totals.operations, "operation")}, {count(totals.manual_operations)} by crews;{" "}
        {count(Math.round(totals.remote_minutes + totals.manual_minutes))} minutes of work
      </p>
      <Steps plan={plan} />
      <DeadEnds switches={plan.dead_beyond} />
      <button
        type="button"
        className="button"
        onClick={() => {
          setParams({ whatif: writeSwitches(positionsAfter(plan)) }, { push: true });
        }}
      >
        Show its end as a what-if
      </button>
      {plan.warnings.map((warning) => (
        <p key={warning} className="warning">
          {warning}
        </p>
      ))}
    </>
  );
}

/** Where switches stand once the plan is carried out. */
export function positionsAfter({ tripped, steps }: Pick<Plan, "tripped" | "steps">): Positions {
  const positions: Positions = new Map(tripped.map((mrid) => [mrid, true]));
  for (const { action, mrid } of steps) {
    if (action !== "verify_and_tag") positions.set(mrid, action === "open");
  }
  return positions;
}

const ACTIONS = { open: "Open", close: "Close", verify_and_tag: "Verify and tag" } as const;

function Steps({ plan }: { plan: Plan }) {
  const [at, setAt] = useState<string | null>(null);
  useStepMark(at);
  if (plan.steps.length === 0) return <p>No switching helps: it waits for repair.</p>;
  return (
    <ol className="steps">
      {plan.tripped.length > 0 && (
        <li className="step" data-action="trip">
          <span className="quiet">0</span>
          <p>
            <strong>Trips</strong>{" "}
            {plan.tripped.map((mrid) => (
              <ElementLink key={mrid} mrid={mrid} />
            ))}
          </p>
        </li>
      )}
      {plan.steps.map((step) => (
        <li
          key={step.step}
          className="step"
          data-action={step.action}
          data-on={at === step.mrid}
          onPointerEnter={() => setAt(step.mrid)}
          onPointerLeave={() => setAt(null)}
          onFocus={() => setAt(step.mrid)}
          onBlur={() => setAt(null)}
        >
          <Step step={step} />
        </li>
      ))}
    </ol>
  );
}

/** What bounds the section and is not operated. */
function DeadEnds({ switches }: { switches: string[] }) {
  if (switches.length === 0) return null;
  return (
    <div className="dead-ends">
      <p className="quiet">Left as they stand, nothing but dead ends beyond:</p>
      <ul>
        {switches.map((mrid) => (
          <li key={mrid}>
            <ElementLink mrid={mrid} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function AllSides({ on }: { on: boolean }) {
  return (
    <label className="all-sides">
      <input
        type="checkbox"
        checked={on}
        onChange={(event) => setParams({ sides: event.target.checked ? "all" : null })}
      />
      Operate towards dead ends too
    </label>
  );
}

function Step({ step }: { step: PlanStep }) {
  const whole = step.phases === "" || step.phases === "ABC";
  return (
    <>
      <span className="quiet">{step.step}</span>
      <div>
        <p>
          <strong>{ACTIONS[step.action]}</strong> <ElementLink mrid={step.mrid} />
          {!whole && ` on ${step.phases}`}
        </p>
        <p className="quiet">
          {kindName(step.kind)}, {step.control === "remote" ? "remote" : crewOf(step)}, done at{" "}
          {count(Math.round(step.done_min))} min
        </p>
        {step.customers_restored > 0 && (
          <p className="restored">{counted(step.customers_restored, "customer")} back</p>
        )}
        {step.warnings.map((warning) => (
          <p key={warning} className="warning">
            {warning}
          </p>
        ))}
      </div>
    </>
  );
}

function crewOf(step: PlanStep): string {
  return step.crew === null ? "by a crew" : `by crew ${step.crew}`;
}

/** Mark the switch of the step that is pointed at. */
function useStepMark(mrid: string | null): void {
  const map = useGridMap();
  useEffect(() => {
    if (!map || !mrid) return;
    const abort = new AbortController();
    api
      .element(mrid, { signal: abort.signal, quiet: true })
      .then(({ feature, at }) => {
        if (feature) map.channels.set("mark", marks({ step: { [feature.layer]: [feature.id] } }));
        if (at && !map.map.getBounds().contains(at)) map.show(at, { zoom: 13 });
      })
      .catch(() => {
        // the step stays readable without its mark
      });
    return () => {
      abort.abort();
      map.channels.clear("mark");
    };
  }, [map, mrid]);
}

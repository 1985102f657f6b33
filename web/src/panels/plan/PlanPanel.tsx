/** How to isolate a fault and bring customers back by switching: the plan, step by step. */

import { type FormEvent, useEffect, useState } from "react";
import { api } from "../../api/client";
import type { Plan, PlanStep } from "../../api/types";
import { useGridMap } from "../../map/current";
import { useFirstSight } from "../../map/firstsight";
import { marks } from "../../map/roles";
import { ActingFields } from "../../parts/ActingFields";
import { useDeed, useOperates } from "../../parts/deeds";
import { ElementLink } from "../../parts/ElementLink";
import { useManuals } from "../../parts/ManualList";
import { operating } from "../../parts/operate/client";
import { count, counted, kindName } from "../../parts/words";
import { setParams, useParam } from "../../state/params";
import { type Positions, writeSwitches } from "../../state/switches";
import "../../parts/operate/operate.css";
import { usePlan } from "./usePlan";
import "./plan.css";

export default function PlanPanel() {
  const fault = useParam("fault");
  const allSides = useParam("sides") === "all";
  const { plan, error } = usePlan(fault, allSides);
  useFirstSight("fault", fault, plan);
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
      {plan.steps.length > 0 && <Start plan={plan} />}
      {plan.warnings.map((warning) => (
        <p key={warning} className="warning">
          {warning}
        </p>
      ))}
    </>
  );
}

/** Start an order of the plan: it is carried out step by step in the operating panel. */
function Start({ plan }: { plan: Plan }) {
  const [asking, setAsking] = useState(false);
  const deed = useDeed();
  if (!useOperates()) return null;
  const start = async (event: FormEvent) => {
    event.preventDefault();
    await deed.run(async () => {
      const order = await operating.startOrder(plan);
      setParams({ panel: "operating", order: order.id }, { push: true });
      return `Order ${order.id} is started: nothing is operated yet.`;
    });
  };
  return (
    <>
      <button
        type="button"
        className="button"
        aria-expanded={asking}
        onClick={() => setAsking(!asking)}
      >
        Carry it out step by step
      </button>
      {asking && (
        <form className="confirmation" onSubmit={start} aria-label="Start the order">
          <ActingFields />
          <button type="submit" className="button primary" disabled={deed.waiting}>
            Start
          </button>
        </form>
      )}
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
        <Instruction step={step} />
        {step.warnings.map((warning) => (
          <p key={warning} className="warning">
            {warning}
          </p>
        ))}
      </div>
    </>
  );
}

/** The operating instruction of the device, or else its manual, where it says how. */
function Instruction({ step }: { step: PlanStep }) {
  const manuals = useManuals(step.mrid);
  const one = manuals.find(({ kind }) => kind === "operating instruction") ?? manuals[0];
  if (!one) return null;
  return (
    <p>
      <a
        className="quiet"
        href={`/manual.html#document=${one.document}&page=1`}
        target="_blank"
        rel="noreferrer"
      >
        {one.title}
      </a>
    </p>
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

/** A switching order: its steps, the next one looked at before it is done, the last ones undone. */

import { type FormEvent, useState } from "react";
import type { Order, OrderStep } from "../../api/operatingtypes";
import { ActingFields } from "../../parts/ActingFields";
import { useAnswer } from "../../parts/asking";
import { useDeed, useOperates } from "../../parts/deeds";
import { ElementLink } from "../../parts/ElementLink";
import { operating } from "../../parts/operate/client";
import { PreviewCard } from "../../parts/operate/PreviewCard";
import { fullClock } from "../../parts/words";
import { setParams } from "../../state/params";
import { useStore } from "../../state/store";

const ACTIONS: Record<string, string> = {
  open: "Open",
  close: "Close",
  verify: "Verify open",
  verify_and_tag: "Verify and tag",
};
const TONES: Record<string, string> = { done: "back", failed: "out", skipped: "partial" };

export function OrderCard({ id }: { id: string }) {
  const told = useStore((store) => store.ticks.operating);
  const { answer: order, error } = useAnswer(
    (signal) => operating.order(id, { signal, quiet: true }),
    id,
    [told],
  );
  if (error) return <p role="alert">{error}</p>;
  if (!order) return <p className="quiet">Asking for the order ...</p>;
  return <Shown order={order} />;
}

function Shown({ order }: { order: Order }) {
  const active = order.status === "active";
  const operates = useOperates() && active;
  return (
    <article className="operating-panel" aria-label={`Order ${order.id}`}>
      <nav className="row">
        <button
          type="button"
          className="button small"
          onClick={() => setParams({ order: null }, { push: true })}
        >
          All orders
        </button>
      </nav>
      <h3>{order.id}</h3>
      <p>
        For{" "}
        {order.of.map((mrid) => (
          <ElementLink key={mrid} mrid={mrid} />
        ))}
        , started by {order.started_by}
        {!active && `, ended by ${order.ended_by}`}
      </p>
      <ol className="order-steps">
        {order.steps.map((step) => (
          <li key={step.step} data-next={active && step.step === order.next_step}>
            <StepLine step={step} />
          </li>
        ))}
      </ol>
      {operates && <Deeds key={`${order.next_step} ${lastAt(order)}`} order={order} />}
    </article>
  );
}

function lastAt(order: Order): string {
  return order.steps.map((step) => step.at ?? "").join();
}

function StepLine({ step }: { step: OrderStep }) {
  return (
    <>
      <p>
        {step.step}. <strong>{ACTIONS[step.action]}</strong> <ElementLink mrid={step.mrid} />{" "}
        {step.phases && `on ${step.phases} `}
        <span className="tag" data-tone={TONES[step.status]}>
          {step.status}
        </span>
      </p>
      <p className="quiet">
        {step.control}
        {step.at && `, ${step.actor} at ${fullClock(step.at)}`}
        {step.note && `: ${step.note}`}
      </p>
    </>
  );
}

/** The next step, skipping it, undoing the last, ending the order. */
function Deeds({ order }: { order: Order }) {
  const next = order.steps.find((step) => step.step === order.next_step);
  const undoable = order.steps.some((step) => step.status === "done");
  const deed = useDeed();
  const [because, setBecause] = useState("");
  const change = (what: () => Promise<unknown>, says: string) =>
    void deed.run(async () => {
      await what();
      return says;
    });
  return (
    <form className="confirmation" onSubmit={(event) => event.preventDefault()} aria-label="Go on">
      <ActingFields />
      {next && <NextStep order={order} step={next} />}
      {next && (
        <label>
          Skip step {next.step}, because
          <input
            className="field"
            value={because}
            maxLength={500}
            onChange={(event) => setBecause(event.target.value)}
          />
        </label>
      )}
      <div className="row">
        {next && (
          <button
            type="button"
            className="button small"
            disabled={deed.waiting || !because.trim()}
            onClick={() =>
              change(
                () => operating.skipStep(order.id, next.step, because),
                `Step ${next.step} is skipped.`,
              )
            }
          >
            Skip
          </button>
        )}
        <button
          type="button"
          className="button small"
          disabled={deed.waiting || !undoable}
          onClick={() => change(() => operating.undo(order.id), "The last step is undone.")}
        >
          Undo the last step
        </button>
        <button
          type="button"
          className="button small"
          disabled={deed.waiting}
          onClick={() => change(() => operating.end(order.id), "The order is ended.")}
        >
          End the order
        </button>
      </div>
    </form>
  );
}

function NextStep({ order, step }: { order: Order; step: OrderStep }) {
  const operates = step.action === "open" || step.action === "close";
  const changes = useStore((store) => store.changes);
  const { answer: seen, error } = useAnswer(
    operates
      ? (signal) => operating.previewStep(order.id, step.step, { signal, quiet: true })
      : null,
    `${order.id} ${step.step}`,
    [changes],
  );
  const deed = useDeed();
  const go = async (event: FormEvent) => {
    event.preventDefault();
    await deed.run(async () => {
      await operating.doStep(order.id, step.step, seen?.digest ?? "");
      return `Step ${step.step} is done.`;
    });
  };
  return (
    <>
      {error && <p role="alert">{error}</p>}
      {seen && <PreviewCard seen={seen} />}
      <button
        type="button"
        className="button primary"
        disabled={deed.waiting || (operates && !seen) || (seen?.refusals.length ?? 0) > 0}
        onClick={go}
      >
        Do step {step.step}: {(ACTIONS[step.action] ?? step.action).toLowerCase()} {step.mrid}
      </button>
    </>
  );
}

/** What an operation would do: who gains and loses supply, what is dangerous, what forbids it. */

import { useEffect } from "react";
import type { Preview } from "../../api/operatingtypes";
import { useLookedAt } from "../../state/lookedat";
import { speak } from "../../state/store";
import { count, counted } from "../words";

export function PreviewCard({ seen }: { seen: Preview }) {
  usePainted(seen);
  useEffect(() => speak(sentenceOf(seen)), [seen]);
  const outages = Object.keys(seen.outages);
  return (
    <>
      <dl className="fates">
        <div data-fate="back">
          <dt>customers gain supply</dt>
          <dd>{count(seen.gained.customers)}</dd>
        </div>
        <div data-fate="out">
          <dt>customers lose it</dt>
          <dd>{count(seen.lost.customers)}</dd>
        </div>
        <div>
          <dt>lose some phases</dt>
          <dd>{count(seen.partial.customers)}</dd>
        </div>
      </dl>
      {seen.priority_lost > 0 && (
        <p className="priority">{counted(seen.priority_lost, "priority customer")} among them</p>
      )}
      {outages.length > 0 && <p>Brings back customers of {outages.join(", ")}.</p>}
      {seen.hazards.length > 0 && (
        <ul className="hazards" aria-label="Dangers">
          {seen.hazards.map((hazard) => (
            <li key={hazard.message}>Danger: {hazard.message}</li>
          ))}
        </ul>
      )}
      {seen.refusals.map((refusal) => (
        <p key={refusal} role="alert">
          Forbidden: {refusal}
        </p>
      ))}
    </>
  );
}

/** The same in one sentence, to be read out. */
export function sentenceOf(seen: Preview): string {
  const parts = [
    `${seen.open ? "Opening" : "Closing"} ${seen.mrid}:`,
    `${counted(seen.gained.customers, "customer")} gain supply, ${count(seen.lost.customers)} lose it.`,
    ...seen.hazards.map((hazard) => `Danger: ${hazard.message}.`),
    ...seen.refusals.map((refusal) => `Forbidden: ${refusal}.`),
  ];
  return parts.join(" ");
}

/** Have who goes out and who comes back painted, as of a what-if. */
function usePainted({ features }: Preview): void {
  useEffect(() => {
    useLookedAt.setState({ features });
    return () => useLookedAt.setState({ features: null });
  }, [features]);
}

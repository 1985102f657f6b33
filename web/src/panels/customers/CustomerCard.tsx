/** The card of a customer: out now or not, how long, why, when back, and their records. */

import { useAnswer } from "../../parts/asking";
import { ElementLink } from "../../parts/ElementLink";
import { counted, dayClock } from "../../parts/words";
import { useStore } from "../../state/store";
import { type CustomerCard as Card, readCard } from "./client";
import { nameCustomer, tellComplaint, tellMinutes, tellUsage } from "./records";

const LISTED = 50; // interruptions

export function CustomerCard({ party, onClose }: { party: string; onClose: () => void }) {
  const told = useStore((store) => store.ticks.outages);
  const {
    answer: card,
    error,
    waiting,
  } = useAnswer((signal) => readCard(party, { signal }), party, [told]);
  return (
    <article className="customers" aria-label="Customer">
      <button type="button" className="text-button" onClick={onClose}>
        Back to the search
      </button>
      {error && <p role="alert">{error}</p>}
      {waiting && !card && <p className="quiet">Asking for the card ...</p>}
      {card && <Shown card={card} />}
    </article>
  );
}

function Shown({ card }: { card: Card }) {
  const [first] = card.records;
  return (
    <>
      <h3>{first ? nameCustomer(first) : card.party}</h3>
      <p>
        <span className="tag" data-tone={card.out_now ? "out" : "back"}>
          {card.out_now ? `${counted(card.out_now, "place")} out now` : "not out now"}
        </span>{" "}
        {counted(card.interruptions, "interruption")} since {dayClock(card.since)},{" "}
        {tellMinutes(card.minutes_out)} in all
      </p>
      <Places card={card} />
      <Interruptions card={card} />
      <Complaints card={card} />
      <Usage card={card} />
      <h3>Records</h3>
      <ul className="customer-list">
        {card.records.map((each) => (
          <li key={each.record}>
            {each.record}: {nameCustomer(each)}
            <span className="quiet">
              {[each.phone, each.email, each.address, each.retailer].filter(Boolean).join(", ")}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

function Places({ card }: { card: Card }) {
  return (
    <ul className="customer-list">
      {card.places.map((each) => (
        <li key={each.esi_id}>
          {each.address || each.esi_id}
          {each.usage_point && <ElementLink mrid={each.usage_point} />}
        </li>
      ))}
      {card.lost_esi_ids.map((each) => (
        <li key={each}>{each}: of no place that the network has</li>
      ))}
    </ul>
  );
}

function Interruptions({ card }: { card: Card }) {
  return (
    <ul className="customer-list">
      {card.outages.slice(0, LISTED).map((each) => (
        <li key={`${each.outage}/${each.esi_id}`}>
          {dayClock(each.began_at)}, {tellMinutes(each.minutes)}
          {each.planned && " (planned)"}
          <span className="quiet">
            {[each.cause, each.outage, !each.restored_at && tellReturn(each.etr)]
              .filter(Boolean)
              .join(", ")}
          </span>
        </li>
      ))}
      {card.outages.length > LISTED && (
        <li className="quiet">{counted(card.outages.length - LISTED, "more", "more")}</li>
      )}
    </ul>
  );
}

function Complaints({ card }: { card: Card }) {
  if (!card.complaints.length) return null;
  return (
    <section aria-label="Complaints of voltage">
      <h3>Complaints of voltage</h3>
      <ul className="customer-list">
        {card.complaints.map((each) => (
          <li key={each.complaint}>
            {dayClock(each.received_at)}, {each.kind.replaceAll("_", " ")}
            <span className="quiet">{tellComplaint(each)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Usage({ card }: { card: Card }) {
  const [last] = card.usage;
  if (!last) return null;
  return <p className="quiet">Billed last: {tellUsage(last)}</p>;
}

function tellReturn(etr: string | null): string {
  return etr ? `back at ${dayClock(etr)}` : "nothing is promised yet";
}

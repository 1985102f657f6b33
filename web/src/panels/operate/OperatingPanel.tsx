/** What persons operate now: what waits for a second one, switching orders, tags, crews. */

import type { Order, Request, Tag } from "../../api/operatingtypes";
import { useGridMap } from "../../map/current";
import { ActingFields } from "../../parts/ActingFields";
import { useAnswer } from "../../parts/asking";
import { useDeed, useOperates } from "../../parts/deeds";
import { ElementLink } from "../../parts/ElementLink";
import { CrewList } from "../../parts/operate/CrewList";
import { operating } from "../../parts/operate/client";
import { TagRow } from "../../parts/operate/Tags";
import { clock, counted } from "../../parts/words";
import { setParams, useParam } from "../../state/params";
import { useStore } from "../../state/store";
import { OrderCard } from "./OrderCard";
import "../../parts/operate/operate.css";

export default function OperatingPanel() {
  const order = useParam("order");
  return order ? <OrderCard id={order} /> : <All />;
}

function All() {
  const map = useGridMap();
  const { operating: told, crews: moved } = useStore((store) => store.ticks);
  const { answer, error } = useAnswer(
    async (signal) => {
      const options = { signal, quiet: true };
      const [requests, orders, tags, crews] = await Promise.all([
        operating.requests(options),
        operating.orders(options),
        operating.tags("", options),
        operating.crews(options),
      ]);
      return { ...requests, ...orders, ...tags, crews: crews.crews };
    },
    "operating",
    [told, moved],
  );
  if (error) return <p role="alert">{error}</p>;
  if (!answer) return <p className="quiet">Asking ...</p>;
  return (
    <div className="operating-panel">
      <Waiting requests={answer.requests} />
      <Orders orders={answer.orders} />
      <Hanging tags={answer.tags} />
      <section aria-label="Crews">
        <h3>Crews</h3>
        {answer.crews.length === 0 && <p className="quiet">No crew is known.</p>}
        <CrewList crews={answer.crews} onShow={(at) => map?.show(at, { zoom: 14 })} />
      </section>
    </div>
  );
}

function Waiting({ requests }: { requests: Request[] }) {
  const operates = useOperates();
  const deed = useDeed();
  if (requests.length === 0) return null;
  const decide = (what: "confirm" | "withdraw", request: Request) =>
    void deed.run(async () => {
      await operating[what](request.id);
      return what === "confirm" ? `${request.mrid} is operated.` : "The request is withdrawn.";
    });
  return (
    <section aria-label="Waiting for a second person">
      <h3>Waiting for a second person</h3>
      <ul className="waiting-list">
        {requests.map((request) => (
          <li key={request.id}>
            <p>
              <strong>{request.open ? "Open" : "Close"}</strong> <ElementLink mrid={request.mrid} />{" "}
              on {request.phases}
            </p>
            <p className="quiet">
              {request.requested_by}, until {clock(request.expires_at)}
            </p>
            {operates && (
              <div className="row">
                <button
                  type="button"
                  className="button small primary"
                  disabled={deed.waiting}
                  onClick={() => decide("confirm", request)}
                >
                  Confirm
                </button>
                <button
                  type="button"
                  className="button small"
                  disabled={deed.waiting}
                  onClick={() => decide("withdraw", request)}
                >
                  Withdraw
                </button>
              </div>
            )}
          </li>
        ))}
      </ul>
      {operates && (
        <form className="confirmation" onSubmit={(event) => event.preventDefault()}>
          <ActingFields />
        </form>
      )}
    </section>
  );
}

function Orders({ orders }: { orders: Order[] }) {
  return (
    <section aria-label="Switching orders">
      <h3>Switching orders</h3>
      {orders.length === 0 && (
        <p className="quiet">None is carried out. A switching plan of an element starts one.</p>
      )}
      <ul className="waiting-list">
        {orders.map((order) => (
          <li key={order.id}>
            <button
              type="button"
              className="text-button"
              onClick={() => setParams({ order: order.id }, { push: true })}
            >
              {order.id}
            </button>
            <p className="quiet">
              for {order.of.join(", ")}: {counted(order.steps.length, "step")},{" "}
              {order.next_step ? `next is ${order.next_step}` : "all done"}
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Hanging({ tags }: { tags: Tag[] }) {
  const operates = useOperates();
  return (
    <section aria-label="Tags">
      <h3>Tags</h3>
      {tags.length === 0 && <p className="quiet">No tag hangs.</p>}
      <ul className="hung">
        {tags.map((tag) => (
          <TagRow key={tag.number} tag={tag} operates={operates} on />
        ))}
      </ul>
    </section>
  );
}

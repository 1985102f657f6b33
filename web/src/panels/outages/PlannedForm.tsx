/** Announce work on the chosen element: first who would have no supply, then when and why. */

import { type FormEvent, useEffect, useState } from "react";
import type { LonLat } from "../../api/types";
import { useGridMap } from "../../map/current";
import { marks } from "../../map/roles";
import { ActingFields } from "../../parts/ActingFields";
import { useAnswer } from "../../parts/asking";
import { useDeed } from "../../parts/deeds";
import { setParams, useParam } from "../../state/params";
import { announce, previewPlanned } from "./planned";
import { localTime, TimeFields } from "./TimeFields";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

export function PlannedForm() {
  const chosen = useParam("sel") ?? "";
  const map = useGridMap();
  const deed = useDeed();
  const nextWeek = Math.ceil((Date.now() + 7 * DAY_MS) / HOUR_MS) * HOUR_MS;
  const [from, setFrom] = useState(localTime(nextWeek));
  const [to, setTo] = useState(localTime(nextWeek + 4 * HOUR_MS));
  const [reason, setReason] = useState("");
  const question = chosen
    ? (signal: AbortSignal) => previewPlanned([chosen], { signal, quiet: true })
    : null;
  const { answer, error } = useAnswer(question, chosen, []);
  useEffect(() => {
    if (!map || !answer) return;
    map.channels.set("mark", marks({ area: answer.features }));
    if (answer.at) map.show(answer.at as LonLat);
    return () => {
      map.channels.clear("mark");
    };
  }, [map, answer]);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void deed.run(async () => {
      const planned = await announce({
        elements: [chosen],
        starts_at: new Date(from).toISOString(),
        ends_at: new Date(to).toISOString(),
        reason,
      });
      setParams({ planned: planned.id }, { push: true });
      return `${planned.id} is announced.`;
    });
  };
  return (
    <div className="outages-panel">
      <nav className="row">
        <button
          type="button"
          className="button small"
          onClick={() => setParams({ planned: null }, { push: true })}
        >
          All outages
        </button>
      </nav>
      <h2>Announce work</h2>
      {!chosen && (
        <p className="quiet">
          Choose on the map what is worked on: a line, a transformer, a switch.
        </p>
      )}
      {error && <p role="alert">{error}</p>}
      {answer && (
        <form className="confirmation" onSubmit={onSubmit} aria-label="Announce work">
          <p className="figure">
            <strong>{answer.customers.toLocaleString("en")}</strong> customers without supply while{" "}
            {chosen} is worked on
          </p>
          <ActingFields permission="manage-outages" />
          <TimeFields from={from} to={to} onFrom={setFrom} onTo={setTo} />
          <label>
            Why, for customers
            <input
              className="field"
              required
              maxLength={500}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
          </label>
          <button type="submit" className="button small" disabled={deed.waiting}>
            Announce
          </button>
        </form>
      )}
    </div>
  );
}

/** Who is out, why, and until when: the list, and the outage that is chosen. */

import { useCallback, useEffect, useMemo, useRef } from "react";
import type { OutageDetail, OutageRow } from "../../api/types";
import { boundsOf, useArea } from "../../map/areas";
import { useGridMap } from "../../map/current";
import { marks } from "../../map/roles";
import { useAnswer, useNow } from "../../parts/asking";
import { chooseElement, setParams, useParam } from "../../state/params";
import { speak, useStore } from "../../state/store";
import { listOutages, readOutage } from "./client";
import { FilterBar } from "./Filters";
import { asOf, feedersOf, filtersRead, filtersWritten, shown, totals } from "./list";
import { OutageCard } from "./OutageCard";
import { OutageList } from "./OutageList";
import { PlannedCard } from "./PlannedCard";
import { PlannedForm } from "./PlannedForm";
import { PlannedList } from "./PlannedList";
import { NEW } from "./planned";
import "./outages.css";

const DAY_MS = 86_400_000;

export default function OutagesPanel() {
  const chosen = useParam("outage");
  const planned = useParam("planned");
  if (planned === NEW) return <PlannedForm />;
  if (planned) return <PlannedCard id={planned} />;
  return chosen ? <Chosen id={chosen} /> : <All />;
}

function All() {
  const past = useParam("at");
  const filters = filtersRead(useParam("list"));
  const ticks = useStore((store) => store.ticks);
  const { answer, error, waiting } = useAnswer(
    (signal) => listOutages(sinceOf(past), { signal, quiet: true }),
    sinceOf(past),
    [ticks.outages, ticks.estimates],
  );
  const rows = useMemo(() => asOf(answer ?? [], past), [answer, past]);
  const list = shown(rows, filters);
  const sum = totals(rows);
  useSpokenChange(sum.outages, answer !== null);
  return (
    <div className="outages-panel">
      <Totals sum={sum} past={past !== null} />
      <FilterBar
        filters={filters}
        feeders={feedersOf(rows)}
        onChange={(next) => setParams({ list: filtersWritten(next) })}
      />
      {error && <p role="alert">{error}</p>}
      {waiting && !answer && <p className="quiet">Asking for the outages...</p>}
      {answer && !list.length && (
        <p className="quiet">{rows.length ? "No outage passes the filter." : "Nobody is out."}</p>
      )}
      <OutageList rows={list} past={past !== null} onChoose={choose} />
      {past === null && <PlannedList />}
    </div>
  );
}

/** Ask for a day before the moment that is looked at; to the hour, so that the answer can be kept. */
function sinceOf(past: string | null): string {
  const ms = (past ? Date.parse(past) : Date.now()) - DAY_MS;
  return new Date(Math.floor(ms / 3_600_000) * 3_600_000).toISOString();
}

function Totals({ sum, past }: { sum: ReturnType<typeof totals>; past: boolean }) {
  const count = `${sum.outages.toLocaleString("en")} ${sum.outages === 1 ? "outage" : "outages"}`;
  return (
    <p className="figure">
      <strong>{sum.customers.toLocaleString("en")}</strong>{" "}
      {past ? `customers in ${count} then` : `customers out in ${count}`}
      {sum.priority > 0 && (
        <span className="priority">{sum.priority.toLocaleString("en")} at priority sites</span>
      )}
    </p>
  );
}

/** Have a change of the number of outages read out; the first sight of it is no news. */
function useSpokenChange(outages: number, known: boolean): void {
  const before = useRef<number | null>(null);
  useEffect(() => {
    if (!known) return;
    if (before.current !== null && before.current !== outages) {
      speak(`${outages} ${outages === 1 ? "outage is" : "outages are"} open.`);
    }
    before.current = outages;
  }, [outages, known]);
}

function choose(row: OutageRow): void {
  setParams({ outage: row.id }, { push: true });
}

function Chosen({ id }: { id: string }) {
  const ticks = useStore((store) => store.ticks);
  const map = useGridMap();
  const now = useNow();
  const { answer, error } = useAnswer((signal) => readOutage(id, { signal, quiet: true }), id, [
    ticks.outages,
    ticks.estimates,
  ]);
  useArea("outage", answer?.area ?? null);
  useInside(answer);
  useInView(answer);
  const back = useCallback(() => setParams({ outage: null }, { push: true }), []);
  return (
    <div className="outages-panel">
      <nav className="row">
        <button type="button" className="button small" onClick={back}>
          All outages
        </button>
        <button
          type="button"
          className="button small"
          disabled={!answer}
          onClick={() => answer && zoomTo(map, answer)}
        >
          Zoom to it
        </button>
      </nav>
      <h2>{id}</h2>
      {error && <p role="alert">{error}</p>}
      {answer && <OutageCard outage={answer} now={now} onElement={chooseElement} />}
    </div>
  );
}

type MapHandle = ReturnType<typeof useGridMap>;

function zoomTo(map: MapHandle, outage: OutageDetail): void {
  const bounds = outage.area ? boundsOf(outage.area) : null;
  if (bounds) map?.show(bounds, { maxZoom: 16 });
  else if (outage.at) map?.show(outage.at);
}

/** Zoom once, when an outage is chosen; not again when it is renewed. */
function useInView(outage: OutageDetail | null): void {
  const map = useGridMap();
  const seen = useRef("");
  useEffect(() => {
    if (!outage || !map || seen.current === outage.id) return;
    seen.current = outage.id;
    zoomTo(map, outage);
  }, [outage, map]);
}

/** Mark what is in the outage. */
function useInside(outage: OutageDetail | null): void {
  const map = useGridMap();
  useEffect(() => {
    if (!map || !outage) return;
    map.channels.set("mark", marks({ area: outage.features }));
    return () => {
      map.channels.clear("mark");
    };
  }, [map, outage]);
}

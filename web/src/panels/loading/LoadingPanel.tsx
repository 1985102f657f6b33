/** How loaded feeders and transformers are, and what the chosen element took over time. */

import { useMemo } from "react";
import { api } from "../../api/client";
import type { Loading, Reading, SeriesAnswer } from "../../api/types";
import { useLoadingNow } from "../../map/loading";
import { useAnswer } from "../../parts/asking";
import { SeriesChart } from "../../parts/SeriesChart";
import { dayClock } from "../../parts/words";
import { setParams, useParam } from "../../state/params";
import { useStore } from "../../state/store";
import { kwOf, readSeries, seriesKind, transformerNames, voltageOf } from "./client";
import { CLASSES, classOf, type Loaded, mostLoaded } from "./series";
import "./loading.css";

const SHOWN = 8;
const DAY_MS = 86_400_000;

export default function LoadingPanel() {
  const mode = useParam("mode");
  const { answer, error } = useLoadingNow(true);
  return (
    <div className="loading-panel">
      {error && <p role="alert">{error}</p>}
      {!answer && !error && <p className="quiet">Reading the meters ...</p>}
      {answer && <Levels answer={answer} />}
      {mode !== "loading" && (
        <button
          type="button"
          className="button small"
          onClick={() => setParams({ mode: "loading" }, { push: true })}
        >
          Color the map by loading
        </button>
      )}
      <History />
    </div>
  );
}

function Levels({ answer }: { answer: Loading }) {
  const info = useStore((store) => store.info);
  const feeders = mostLoaded(answer.feeders.ids, answer.feeders.pct, answer.feeders.kw, SHOWN);
  const { ids, pct } = answer.transformers;
  const transformers = mostLoaded(ids, pct, undefined, SHOWN);
  const wanted = transformers.map((row) => row.id);
  const names = useAnswer(
    (signal) => transformerNames(wanted, { signal }),
    `names ${wanted.join()}`,
    [],
  );
  const feederName = (id: number) => info?.feeders.find((each) => each.id === id)?.mrid ?? "";
  return (
    <>
      <p className="quiet">Interval that ended at {dayClock(answer.at)}</p>
      <Most title="Feeders" rows={feeders} nameOf={feederName} />
      <Most
        title="Transformers"
        rows={transformers}
        nameOf={(id) => names.answer?.get(id) ?? "..."}
      />
    </>
  );
}

interface MostProps {
  title: string;
  rows: Loaded[];
  nameOf: (id: number) => string;
}

function Most({ title, rows, nameOf }: MostProps) {
  return (
    <section>
      <h3>{title}, the most loaded</h3>
      {!rows.length && <p className="quiet">No loading is known.</p>}
      <ul className="most">
        {rows.map((row) => (
          <li key={row.id}>
            <button
              type="button"
              className="text-button"
              onClick={() => setParams({ sel: nameOf(row.id) }, { push: true })}
            >
              {nameOf(row.id)}
            </button>
            <meter
              min={0}
              max={150}
              low={80}
              high={100}
              optimum={0}
              value={Math.min(row.pct, 150)}
              aria-label={`${Math.round(row.pct)} %, ${CLASSES[classOf(row.pct)]?.word ?? ""}`}
            />
            <span>
              {Math.round(row.pct)} %
              {row.kw !== null && <span className="quiet"> {Math.round(row.kw)} kW</span>}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The last day of what is chosen on the map. */
function History() {
  const mrid = useParam("sel");
  const at = useParam("at");
  const ticks = useStore((store) => store.ticks);
  const { answer, error } = useAnswer(
    mrid ? (signal) => readHistory(mrid, at, signal) : null,
    `${mrid} ${at}`,
    [ticks.ami],
  );
  const samples = useMemo(() => {
    const values = answer?.values ?? [];
    const of = (pick: (row: Reading) => number | null) =>
      values.map((row) => ({ ms: Date.parse(row.at), value: pick(row) }));
    return { kw: of(kwOf), volts: of(voltageOf) };
  }, [answer]);
  if (!mrid) {
    return <p className="quiet">Choose a meter, transformer or feeder to see its last day.</p>;
  }
  return (
    <section>
      <h3>{mrid}, the last day</h3>
      {error && <p role="alert">{error}</p>}
      {answer === NONE && <p className="quiet">No meter measures this kind of element.</p>}
      {answer && answer !== NONE && (
        <>
          <SeriesChart name="Power" unit="kW" samples={samples.kw} />
          <SeriesChart name="Voltage" unit="V on 120 V" samples={samples.volts} />
        </>
      )}
    </section>
  );
}

const NONE: SeriesAnswer = { mrid: "", table: "readings", values: [] };

async function readHistory(mrid: string, at: string | null, signal: AbortSignal) {
  const detail = await api.element(mrid, { signal, quiet: true });
  const kind = seriesKind(detail);
  if (!kind) return NONE;
  const from = at ? new Date(Date.parse(at) - DAY_MS).toISOString() : null;
  return readSeries(mrid, kind, from, at, { signal, quiet: true });
}

/** Where trimming spares most: the ranked list, each row with its place on the map. */

import type { RankedRow, Vegetation } from "../../api/types";
import { useGridMap } from "../../map/current";
import { useAnswer } from "../../parts/asking";
import { throughList } from "../../parts/keyboard";
import { count, dayClock } from "../../parts/words";
import { setParams, useParam } from "../../state/params";
import { useStore } from "../../state/store";
import { type Grouping, rankTrimming } from "./client";
import { asGrouping, factsOf, GROUPINGS, minutesOf, nameOf, sumUp } from "./ranking";
import "./vegetation.css";

const SHOWN = 100;

export default function VegetationPanel() {
  const network = useStore((store) => store.info?.network ?? "");
  const by = asGrouping(useParam("trim"));
  const { answer, error, waiting } = useAnswer(
    (signal) => rankTrimming(by, SHOWN, { signal, quiet: true }),
    `${network} ${by}`,
    [],
  );
  return (
    <div className="vegetation-panel">
      <MapToggle />
      <GroupingField by={by} />
      {error && <p role="alert">{error}</p>}
      {waiting && !answer && <p className="quiet">Measuring the spans ...</p>}
      {answer && <Ranking answer={answer} />}
    </div>
  );
}

/** The layer on the map, on and off. */
function MapToggle() {
  const shown = useParam("mode") === "vegetation";
  return (
    <button
      type="button"
      className="button small"
      aria-pressed={shown}
      onClick={() => setParams({ mode: shown ? null : "vegetation" }, { push: true })}
    >
      Color the map by risk
    </button>
  );
}

function GroupingField({ by }: { by: Grouping }) {
  return (
    <label>
      <span className="sr-only">How the list is grouped</span>
      <select
        className="field"
        value={by}
        onChange={(event) => {
          const chosen = event.target.value;
          setParams({ trim: chosen === "section" ? null : chosen });
        }}
      >
        {Object.entries(GROUPINGS).map(([key, says]) => (
          <option key={key} value={key}>
            {says}
          </option>
        ))}
      </select>
    </label>
  );
}

function Ranking({ answer }: { answer: Vegetation }) {
  if (!answer.spans) return <p className="quiet">No span lies in an area of risk.</p>;
  return (
    <>
      <p className="figure">{sumUp(answer)}</p>
      <p className="quiet">
        Customer-minutes at risk in a year, for each kilometer; an interruption lasts{" "}
        {count(Math.round(answer.restoration_min))} min ({answer.restoration_from}).
      </p>
      <ol className="ranking" onKeyDown={throughList}>
        {answer.rows.map((row) => (
          <li key={row.mrid}>
            <Row row={row} by={answer.by} />
          </li>
        ))}
      </ol>
      {answer.total > answer.rows.length && (
        <p className="quiet">
          The first {count(answer.rows.length)} of {count(answer.total)}.
        </p>
      )}
      <Layers answer={answer} />
    </>
  );
}

function Row({ row, by }: { row: RankedRow; by: Grouping }) {
  const map = useGridMap();
  return (
    <button
      type="button"
      className="button small"
      data-ranked={row.mrid}
      onClick={() => {
        if (row.mrid && row.feature) setParams({ sel: row.mrid }, { push: true });
        if (row.bounds) map?.show(row.bounds, { maxZoom: 17 });
      }}
    >
      <span className="ranking-head">
        <strong>{minutesOf(row)}</strong>
        <span>{nameOf(row, by)}</span>
        <span className="tag">{row.risk_class}</span>
      </span>
      <span className="quiet">
        {factsOf(row, by)}
        {row.priority_sites > 0 && `, ${count(row.priority_sites)} priority`}
        {by !== "feeder" && row.feeder && `, on ${row.feeder}`}
      </span>
    </button>
  );
}

/** Where the areas come from, and of when they are. */
function Layers({ answer }: { answer: Vegetation }) {
  return (
    <ul className="quiet">
      {answer.layers.map((layer) => (
        <li key={layer.source}>
          {layer.source}: {count(layer.areas)} areas, load {layer.load_number} of{" "}
          {dayClock(layer.loaded_at)}
        </li>
      ))}
    </ul>
  );
}

/** A feeder as a one-line diagram: its switches as they stand, what they feed, who is out. */

import { useEffect, useId } from "react";
import type { LonLat } from "../../api/types";
import { useGridMap } from "../../map/current";
import { useAnswer } from "../../parts/asking";
import { setParams, useParam } from "../../state/params";
import { useStore } from "../../state/store";
import { readSchematic, type Schematic, type Section, type Switch } from "./client";
import { describe, EDGE, left, linesOf, middle, SIDE } from "./drawing";
import "./schematic.css";

const CHOSEN = "schematic"; // what is drawn on the map where the chosen switch stands

export default function SchematicPanel() {
  const feeder = useParam("feeder") ?? "";
  const changes = useStore((store) => store.changes);
  const question = feeder
    ? (signal: AbortSignal) => readSchematic(feeder, { signal, quiet: true })
    : null;
  const { answer, error } = useAnswer(question, feeder, [changes]);
  return (
    <div className="schematic">
      <FeederField feeder={feeder} />
      {error && <p role="alert">{error}</p>}
      {!feeder && (
        <p className="quiet">Choose a feeder, or an element on the map and from there.</p>
      )}
      {answer && <Diagram schematic={answer} />}
    </div>
  );
}

function FeederField({ feeder }: { feeder: string }) {
  const list = useId();
  const info = useStore((store) => store.info);
  return (
    <label>
      Feeder
      <input
        key={feeder}
        className="field"
        list={list}
        defaultValue={feeder}
        onChange={(event) => {
          const wanted = event.target.value;
          const known = info?.feeders.find(({ mrid, name }) => mrid === wanted || name === wanted);
          if (known) setParams({ feeder: known.mrid }, { push: true });
        }}
      />
      <datalist id={list}>
        {info?.feeders.map(({ mrid, name }) => (
          <option key={mrid} value={mrid}>
            {name}
          </option>
        ))}
      </datalist>
    </label>
  );
}

function Diagram({ schematic }: { schematic: Schematic }) {
  const { columns, rows, sections, switches, feeder } = schematic;
  const out = sections.reduce((sum, section) => sum + section.customers_out, 0);
  const all = sections.reduce((sum, section) => sum + section.customers, 0);
  return (
    <>
      <p className="figure">
        <strong>{out.toLocaleString("en")}</strong> of {all.toLocaleString("en")} customers out
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <div className="schematic-scroll" tabIndex={0}>
        <svg width={left(columns) + EDGE} height={middle(rows)}>
          <title>{`One-line diagram of ${feeder}`}</title>
          {linesOf(schematic).map(({ key, d, tone }) => (
            <path key={key} className="schematic-line" data-tone={tone} d={d} />
          ))}
          {switches.map((each, at) => (
            <Sign key={each.mrid} shown={each} section={sections[at]} />
          ))}
        </svg>
      </div>
      <p className="quiet">
        Filled: closed. Hollow: open. Ringed: not as designed. Dashed: without supply. Choose a
        switch to see it on the map.
      </p>
    </>
  );
}

function Sign({ shown, section }: { shown: Switch; section: Section | undefined }) {
  const map = useGridMap();
  const chosen = useParam("sel") === shown.mrid;
  const at = shown.at as LonLat | null;
  const choose = () => {
    if (at) map?.show(at, { zoom: 16 });
    setParams({ sel: shown.mrid }, { push: true });
  };
  useEffect(() => {
    if (!map || !at || !chosen) return;
    map.draw(CHOSEN, [{ geometry: { type: "Point", coordinates: at }, tone: "note" }]);
    return () => map.draw(CHOSEN, []);
  }, [map, at, chosen]);
  const x = left(shown.column);
  const y = middle(shown.row);
  const says = section?.customers_out
    ? `${section.customers_out} of ${section.customers} out`
    : (section?.customers ?? shown.tie_to ?? "");
  return (
    // biome-ignore lint/a11y/useSemanticElements: SVG has no button
    <g
      role="button"
      tabIndex={0}
      aria-label={describe(shown, section)}
      aria-pressed={chosen}
      className="schematic-switch"
      data-open={shown.open !== ""}
      data-odd={shown.open !== shown.normal_open}
      data-out={shown.energized === "no"}
      onClick={choose}
      onKeyDown={(event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        choose();
      }}
    >
      <rect className="schematic-odd" x={x - 9} y={y - 9} width={18} height={18} rx={9} />
      <rect
        className="schematic-sign"
        x={x - SIDE / 2}
        y={y - SIDE / 2}
        width={SIDE}
        height={SIDE}
      />
      <text x={x + 10} y={y - 7}>
        {shown.mrid}
      </text>
      <text className="quiet" x={x + 10} y={y + 14}>
        {says}
      </text>
    </g>
  );
}

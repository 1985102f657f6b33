/** What is amiss in the data: a list to walk through, on the map; each can be accepted. */

import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { FindingRow, Findings } from "../../api/types";
import { useGridMap } from "../../map/current";
import { useAnswer } from "../../parts/asking";
import { throughList, useShortcuts } from "../../parts/keyboard";
import { count, counted } from "../../parts/words";
import { setParams, useParam } from "../../state/params";
import { speak, useStore } from "../../state/store";
import { listFindings } from "./client";
import { FindingCard } from "./FindingCard";
import { useFindingsLayer } from "./layer";
import {
  countOpen,
  FILTERS,
  nameOf,
  pageOf,
  passing,
  pointsOf,
  rulesOf,
  SEVERITY_WORDS,
  stepped,
  TONES,
} from "./list";
import "./findings.css";

const PAGE = 100;

export default function FindingsPanel() {
  const network = useStore((store) => store.info?.network ?? "");
  const { findings: accepted } = useStore((store) => store.ticks); // by whomever, on any page
  const [renewed, setRenewed] = useState(0);
  const { answer, error, waiting } = useAnswer(
    (signal) => listFindings({ signal, quiet: true }),
    network,
    [renewed, accepted],
  );
  const renew = useCallback(() => setRenewed((before) => before + 1), []);
  return (
    <div className="findings-panel">
      {error && <p role="alert">{error}</p>}
      {waiting && !answer && <p className="quiet">Checking the data...</p>}
      {answer && <Walk answer={answer} onChange={renew} />}
    </div>
  );
}

function Walk({ answer, onChange }: { answer: Findings; onChange: () => void }) {
  const filter = useParam("found") ?? "open";
  const chosen = useParam("finding") ?? "";
  const rows = useMemo(() => passing(answer.findings, filter), [answer, filter]);
  const at = rows.findIndex((row) => nameOf(row) === chosen);
  // One that was accepted a moment ago is shown until one goes on.
  const row = rows[at] ?? answer.findings.find((each) => nameOf(each) === chosen);
  const passed = useRef(-1);
  if (at >= 0) passed.current = at;
  const go = useCallback(
    (step: 1 | -1) => {
      // Where the chosen one left the list, the next has taken its place.
      const from = at >= 0 || step < 0 ? at : passed.current - 1;
      const next = rows[stepped(at >= 0 ? at : from, step, rows.length)];
      if (next) choose(nameOf(next));
    },
    [rows, at],
  );
  useKeys(go);
  useFindingsLayer(
    useMemo(() => pointsOf(rows, chosen), [rows, chosen]),
    choose,
  );
  useInView(row);
  return (
    <>
      <Summary answer={answer} />
      <FilterField answer={answer} filter={filter} />
      <nav className="row" aria-label="Walk through the findings">
        <button type="button" className="button small" aria-keyshortcuts="b" onClick={() => go(-1)}>
          Previous
        </button>
        <button type="button" className="button small" aria-keyshortcuts="n" onClick={() => go(1)}>
          Next
        </button>
        <span className="quiet" data-walk={at + 1}>
          {at >= 0 ? `${count(at + 1)} of ${count(rows.length)}` : counted(rows.length, "finding")}
        </span>
      </nav>
      {row && <FindingCard key={nameOf(row)} row={row} onChange={onChange} />}
      <FindingList rows={rows} at={at} />
    </>
  );
}

function choose(name: string): void {
  setParams({ finding: name, panel: "findings" }, { push: true });
}

function Summary({ answer }: { answer: Findings }) {
  const open = countOpen(answer.findings);
  const total = Object.values(answer.counts).reduce((sum, each) => sum + each, 0);
  const more = total - answer.findings.length;
  return (
    <p className="figure">
      <strong>{count(open.error)}</strong> {open.error === 1 ? "error" : "errors"},{" "}
      {counted(open.warning, "warning")}, {counted(open.info, "note")}
      {more > 0 && <span className="quiet"> {count(more)} more are counted, not listed</span>}
    </p>
  );
}

function FilterField({ answer, filter }: { answer: Findings; filter: string }) {
  const rules = useMemo(() => rulesOf(answer.findings), [answer]);
  const words = { open: "Not accepted", all: "All, accepted ones too", ...SEVERITY_WORDS };
  return (
    <label>
      <span className="sr-only">Which findings</span>
      <select
        className="field"
        value={filter}
        onChange={(event) => setParams({ found: event.target.value, finding: null })}
      >
        {FILTERS.map((each) => (
          <option key={each} value={each}>
            {words[each]}
          </option>
        ))}
        {rules.map(([rule, open]) => (
          <option key={rule} value={rule}>
            {rule} ({count(open)})
          </option>
        ))}
      </select>
    </label>
  );
}

function useKeys(go: (step: 1 | -1) => void): void {
  useShortcuts(
    useMemo(
      () => [
        { key: "n", says: "Next finding", run: () => go(1) },
        { key: "b", says: "Finding before", run: () => go(-1) },
      ],
      [go],
    ),
  );
}

/** Bring the chosen one into view, and have it read out, once. */
function useInView(row: FindingRow | undefined): void {
  const map = useGridMap();
  const seen = useRef("");
  useEffect(() => {
    if (!map || !row || seen.current === nameOf(row)) return;
    seen.current = nameOf(row);
    speak(`${row.severity}, ${row.rule}: ${row.evidence}`);
    if (row.at) map.show(row.at, { zoom: 17 });
  }, [map, row]);
}

function FindingList({ rows, at }: { rows: FindingRow[]; at: number }) {
  const [from, to] = pageOf(at, rows.length, PAGE);
  if (!rows.length) return <p className="quiet">Nothing is found, or all is accepted.</p>;
  return (
    <>
      <ul className="findings" onKeyDown={throughList}>
        {rows.slice(from, to).map((row, place) => (
          <li key={`${nameOf(row)}-${from + place}`}>
            <button
              type="button"
              className="button small"
              aria-current={from + place === at}
              data-finding={nameOf(row)}
              onClick={() => choose(nameOf(row))}
            >
              <span className="tag" data-tone={row.accepted ? "" : TONES[row.severity]}>
                {row.accepted ? "accepted" : row.severity}
              </span>
              <span>
                {row.rule} <span className="quiet">{row.mrid}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
      {to - from < rows.length && (
        <p className="quiet">
          {count(from + 1)} to {count(to)} of {count(rows.length)}
        </p>
      )}
    </>
  );
}

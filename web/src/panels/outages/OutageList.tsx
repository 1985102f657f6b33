/** The outages as a list of buttons: arrow keys go through it, Enter chooses. */

import type { OutageRow } from "../../api/types";
import { throughList } from "../../parts/keyboard";
import { clock } from "../../parts/words";
import { isOpen, promised, statusWords, TONES } from "./list";

interface Props {
  rows: OutageRow[];
  past: boolean;
  onChoose: (row: OutageRow) => void;
}

const SHOWN = 200; // more are counted, not listed: nobody reads them

export function OutageList({ rows, past, onChoose }: Props) {
  return (
    <>
      <ul className="outages" onKeyDown={throughList}>
        {rows.slice(0, SHOWN).map((row) => (
          <li key={row.id}>
            <button
              type="button"
              className="button small"
              data-outage={row.id}
              onClick={() => onChoose(row)}
            >
              <Head row={row} />
              <Foot row={row} past={past} />
            </button>
          </li>
        ))}
      </ul>
      {rows.length > SHOWN && (
        <p className="quiet">
          {(rows.length - SHOWN).toLocaleString("en")} smaller ones are not listed: filter them.
        </p>
      )}
    </>
  );
}

function Head({ row }: { row: OutageRow }) {
  return (
    <span className="outage-head">
      <strong>{row.customers_out.toLocaleString("en")}</strong>
      <span>
        {row.device || "unknown device"}
        {row.feeder && <span className="quiet"> on {row.feeder}</span>}
      </span>
      <span className="tag" data-tone={TONES[row.status]}>
        {statusWords(row.status)}
      </span>
    </span>
  );
}

function Foot({ row, past }: { row: OutageRow; past: boolean }) {
  const promise = promised(row);
  return (
    <span className="outage-foot quiet">
      <span>
        since {clock(row.began_at)}
        {row.cause && `, ${row.cause}`}
      </span>
      {row.priority_customers > 0 && (
        <span className="priority">
          {row.priority_customers.toLocaleString("en")} at priority sites
        </span>
      )}
      {!past && isOpen(row) && (
        <span className="promise">{promise ? `ETR ${clock(promise.at)}` : "being assessed"}</span>
      )}
    </span>
  );
}

/** Ask the manuals: of the chosen element, or all of them; each passage opens at its page. */

import { useEffect, useState } from "react";
import { api } from "../../api/client";
import type { ManualDetail, ManualSearch } from "../../api/types";
import { useGridMap } from "../../map/current";
import { marks } from "../../map/roles";
import { useAnswer, words } from "../../parts/asking";
import { ElementLink } from "../../parts/ElementLink";
import { ManualList } from "../../parts/ManualList";
import { counted } from "../../parts/words";
import { setParams, useParam } from "../../state/params";
import { FigureStrip } from "./FigureStrip";
import "./manuals.css";

const LISTED = 50; // pieces of equipment

export default function ManualsPanel() {
  const sel = useParam("sel");
  const asked = useParam("manual") ?? "";
  const [all, setAll] = useState(false);
  const of = all ? null : sel;
  const { answer, error, waiting } = useAnswer<ManualSearch>(
    asked ? (signal) => api.manualSearch(asked, of, { signal }) : null,
    `${asked}/${of}`,
    [],
  );
  return (
    <div className="manuals">
      <AskField asked={asked} />
      {sel && (
        <label className="manuals-scope">
          <input type="checkbox" checked={all} onChange={(event) => setAll(event.target.checked)} />
          All manuals, not only those of {sel}
        </label>
      )}
      {error && <p role="alert">{error}</p>}
      {waiting && asked && <p className="quiet">Searching ...</p>}
      {answer && <Passages answer={answer} />}
      {!asked && sel && <ManualList mrid={sel} />}
    </div>
  );
}

function AskField({ asked }: { asked: string }) {
  const [text, setText] = useState(asked);
  useEffect(() => setText(asked), [asked]);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        setParams({ manual: text.trim() || null });
      }}
    >
      <input
        className="field"
        type="search"
        aria-label="Ask the manuals"
        placeholder="torque of the bushing terminal"
        maxLength={500}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
    </form>
  );
}

function Passages({ answer }: { answer: ManualSearch }) {
  if (answer.passages.length === 0) {
    return <p className="quiet">Nothing of it stands in {counted(answer.asked, "document")}.</p>;
  }
  return (
    <ol className="passages">
      {answer.passages.map((each) => (
        <li key={`${each.document.document}/${each.page}`}>
          <a href={`/${each.view}`} target="_blank" rel="noreferrer">
            {each.document.title}, page {each.page}
          </a>
          <p className="quiet">
            {[each.document.revision && `revision ${each.document.revision}`, each.heading]
              .filter(Boolean)
              .join(" · ")}
          </p>
          <blockquote>{each.text}</blockquote>
          <FigureStrip figures={each.figures} />
          {each.document.kind === "bulletin" && <Concerned document={each.document.document} />}
        </li>
      ))}
    </ol>
  );
}

/** What a bulletin concerns, marked on the map once it is asked for. */
function Concerned({ document }: { document: string }) {
  const map = useGridMap();
  const [detail, setDetail] = useState<ManualDetail | null>(null);
  const [error, setError] = useState("");
  useEffect(
    () => () => {
      map?.channels.clear("mark");
    },
    [map],
  );
  if (!detail) {
    return (
      <button
        type="button"
        className="text-button"
        onClick={() => {
          api.manual(document).then(
            (found) => {
              setDetail(found);
              map?.channels.set("mark", marks({ part: found.features }));
            },
            (reason) => setError(words(reason)),
          );
        }}
      >
        {error || "Show on the map what it concerns"}
      </button>
    );
  }
  return (
    <div className="quiet">
      Concerns {counted(detail.total, "piece")} of equipment:{" "}
      {detail.equipment.slice(0, LISTED).map((each) => (
        <ElementLink key={each.mrid} mrid={each.mrid} />
      ))}
    </div>
  );
}

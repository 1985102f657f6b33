/** The documents of an element: bulletins first, each opens in the viewer of manuals. */

import { api } from "../api/client";
import type { Manual } from "../api/types";
import { useStore } from "../state/store";
import { useAnswer } from "./asking";

const SHOWN = 6;

/** The address of a page in the viewer; a question is marked there. */
export function manualAddress(document: string, page = 1, question = ""): string {
  const pairs = new URLSearchParams({ document, page: String(page) });
  if (question) pairs.set("q", question);
  return `/manual.html#${pairs}`;
}

export function useManuals(mrid: string): Manual[] {
  const has = useStore((store) => store.info?.can.manuals ?? false);
  const { answer } = useAnswer(
    has ? (signal) => api.manuals(mrid, { signal, quiet: true }) : null,
    `manuals of ${mrid}`,
    [],
  );
  return answer?.documents ?? [];
}

export function ManualList({ mrid }: { mrid: string }) {
  const manuals = useManuals(mrid);
  if (manuals.length === 0) return null;
  return (
    <>
      <h4>Manuals</h4>
      <ul className="manual-list">
        {manuals.slice(0, SHOWN).map((each) => (
          <li key={each.document} data-kind={each.kind}>
            <a href={manualAddress(each.document)} target="_blank" rel="noreferrer">
              {each.title}
            </a>{" "}
            <span className="quiet">
              {[each.kind, each.revision && `revision ${each.revision}`, each.dated]
                .filter(Boolean)
                .join(", ")}
            </span>
          </li>
        ))}
      </ul>
      {manuals.length > SHOWN && <p className="quiet">and {manuals.length - SHOWN} more</p>}
    </>
  );
}

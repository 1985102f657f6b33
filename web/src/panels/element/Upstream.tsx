import { useState } from "react";
import type { Schemas } from "../../api/types";
import { ElementLink } from "../../parts/ElementLink";
import { kindName } from "../../parts/words";

const SHOWN = 8;

/** The way to the source, nearest first; lines of one run are told as one. */
export function Upstream({ steps, of }: { steps: Schemas["WayStep"][]; of: string }) {
  const [all, setAll] = useState(false);
  const others = steps.filter(({ mrid }) => mrid !== of);
  const devices = others.filter(
    ({ kind }) => kind !== "ac_line_segment" && kind !== "service_drop",
  );
  if (others.length === 0) return null;
  const list = all ? others : devices.slice(0, SHOWN);
  return (
    <>
      <h4>Upstream, nearest first</h4>
      <ol className="way">
        {list.map(({ mrid, kind }) => (
          <li key={mrid} data-kind={kind}>
            <ElementLink mrid={mrid} />
            <span className="quiet">{kindName(kind)}</span>
          </li>
        ))}
      </ol>
      {others.length > list.length && (
        <button type="button" className="button small" onClick={() => setAll(true)}>
          Show all {others.length} elements of the way
        </button>
      )}
    </>
  );
}

/** The tags on an element: who hung them and why; placing and removing them. */

import { type FormEvent, useState } from "react";
import type { Tag } from "../../api/operatingtypes";
import { useActing } from "../../state/acting";
import { useStore } from "../../state/store";
import { ActingFields } from "../ActingFields";
import { useAnswer } from "../asking";
import { useDeed } from "../deeds";
import { ElementLink } from "../ElementLink";
import { dayClock } from "../words";
import { operating } from "./client";

export function Tags({ mrid, operates }: { mrid: string; operates: boolean }) {
  const told = useStore((store) => store.ticks.operating);
  const { answer } = useAnswer((signal) => operating.tags(mrid, { signal, quiet: true }), mrid, [
    told,
  ]);
  const [placing, setPlacing] = useState(false);
  return (
    <>
      {answer && answer.tags.length > 0 && (
        <ul className="hung" aria-label="Tags">
          {answer.tags.map((tag) => (
            <TagRow key={tag.number} tag={tag} operates={operates} />
          ))}
        </ul>
      )}
      {operates && (
        <button
          type="button"
          className="button small"
          aria-expanded={placing}
          onClick={() => setPlacing(!placing)}
        >
          Place a tag
        </button>
      )}
      {placing && <Placing mrid={mrid} onDone={() => setPlacing(false)} />}
    </>
  );
}

interface Row {
  tag: Tag;
  operates: boolean;
  on?: boolean; // also say on what it hangs
}

export function TagRow({ tag, operates, on }: Row) {
  const [removing, setRemoving] = useState(false);
  return (
    <li>
      <p>
        <span className="tag" data-tone={tag.kind === "hold" ? "out" : "partial"}>
          {tag.kind}
        </span>{" "}
        {on && <ElementLink mrid={tag.mrid} />} {tag.reason}
      </p>
      <p className="quiet">
        {tag.placed_by}, {dayClock(tag.placed_at)}{" "}
        {operates && (
          <button
            type="button"
            className="text-button"
            aria-expanded={removing}
            aria-label={`Remove tag ${tag.number}`}
            onClick={() => setRemoving(!removing)}
          >
            Remove
          </button>
        )}
      </p>
      {removing && <Removing tag={tag} onDone={() => setRemoving(false)} />}
    </li>
  );
}

function Placing({ mrid, onDone }: { mrid: string; onDone: () => void }) {
  const [kind, setKind] = useState("hold");
  const [reason, setReason] = useState("");
  const deed = useDeed();
  const place = async (event: FormEvent) => {
    event.preventDefault();
    const done = await deed.run(async () => {
      await operating.placeTag(mrid, kind, reason);
      return `A ${kind} tag hangs on ${mrid}.`;
    });
    if (done) onDone();
  };
  return (
    <form className="confirmation" onSubmit={place} aria-label="Place a tag">
      <label>
        Kind
        <select className="field" value={kind} onChange={(event) => setKind(event.target.value)}>
          <option value="hold">Hold: people are at work</option>
          <option value="caution">Caution</option>
        </select>
      </label>
      <label>
        Reason
        <input
          className="field"
          value={reason}
          required
          maxLength={500}
          onChange={(event) => setReason(event.target.value)}
        />
      </label>
      <ActingFields />
      <button type="submit" className="button primary small" disabled={deed.waiting}>
        Hang it
      </button>
    </form>
  );
}

function Removing({ tag, onDone }: { tag: Tag; onDone: () => void }) {
  const [because, setBecause] = useState("");
  const actor = useActing((acting) => acting.actor);
  const deed = useDeed();
  const others = tag.kind === "hold" && actor !== "" && actor !== tag.placed_by;
  const remove = async (event: FormEvent) => {
    event.preventDefault();
    const done = await deed.run(async () => {
      await operating.removeTag(tag.number, because);
      return `Tag ${tag.number} is removed.`;
    });
    if (done) onDone();
  };
  return (
    <form className="confirmation" onSubmit={remove} aria-label={`Remove tag ${tag.number}`}>
      <ActingFields />
      <label>
        Why{others ? `, as ${tag.placed_by} placed it` : ""}
        <input
          className="field"
          value={because}
          required={others}
          maxLength={500}
          onChange={(event) => setBecause(event.target.value)}
        />
      </label>
      <button type="submit" className="button primary small" disabled={deed.waiting}>
        Remove it
      </button>
    </form>
  );
}

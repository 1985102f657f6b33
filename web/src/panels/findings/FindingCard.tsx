/** One finding: what was seen, what to do about it, and whether it is accepted as it is. */

import { type FormEvent, type ReactNode, useState } from "react";
import type { Acceptance, FindingRow } from "../../api/types";
import { ActingFields } from "../../parts/ActingFields";
import { useDeed, useOperates } from "../../parts/deeds";
import { ElementLink } from "../../parts/ElementLink";
import { dayClock } from "../../parts/words";
import { useActing } from "../../state/acting";
import { acceptFinding, undoAcceptance } from "./client";
import { TONES } from "./list";

interface Props {
  row: FindingRow;
  onChange: () => void;
}

export function FindingCard({ row, onChange }: Props) {
  return (
    <article className="finding-card" aria-label={`Finding ${row.rule} of ${row.mrid}`}>
      <p>
        <span className="tag" data-tone={row.accepted ? "" : TONES[row.severity]}>
          {row.severity}
        </span>{" "}
        <strong>{row.rule}</strong>
      </p>
      <p>{row.evidence}</p>
      {row.mend && <p className="quiet">{row.mend}</p>}
      <dl className="facts">
        {row.mrid && (
          <Fact name="Element">{row.feature ? <ElementLink mrid={row.mrid} /> : row.mrid}</Fact>
        )}
        {row.layer && <Fact name="Layer">{row.layer}</Fact>}
        {row.key && <Fact name="Key">{row.key}</Fact>}
        {!row.at && <Fact name="Place">none</Fact>}
      </dl>
      {row.accepted && <Accepted accepted={row.accepted} />}
      <Decision row={row} onChange={onChange} />
    </article>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function Accepted({ accepted }: { accepted: Acceptance }) {
  const by = accepted.at
    ? `${accepted.actor || "somebody"}, ${dayClock(accepted.at)}`
    : "the mapping";
  return (
    <p>
      Accepted by {by}: {accepted.reason}
      {accepted.key === "*" && <span className="quiet"> (all findings of the rule)</span>}
    </p>
  );
}

/** Accept, or undo that; only a server that was started with a token lets anybody. */
function Decision({ row, onChange }: Props) {
  const operates = useOperates("accept-findings");
  const [reason, setReason] = useState("");
  const { token } = useActing();
  const deed = useDeed();
  if (!operates) {
    return <p className="quiet">This server only answers: accept it on the command line.</p>;
  }
  const decide = async (event: FormEvent) => {
    event.preventDefault();
    const done = await deed.run(async () => {
      if (row.accepted) await undoAcceptance(row, token);
      else await acceptFinding(row, reason, token);
      return row.accepted ? "It is accepted no longer." : "It is accepted.";
    });
    if (!done) return;
    setReason("");
    onChange();
  };
  return (
    <form className="finding-decision" onSubmit={decide}>
      {!row.accepted && (
        <label>
          Reason
          <input
            className="field"
            value={reason}
            required
            maxLength={1000}
            onChange={(event) => setReason(event.target.value)}
          />
        </label>
      )}
      <ActingFields named={false} permission="accept-findings" />
      <button type="submit" className="button small" disabled={deed.waiting}>
        {row.accepted ? "Undo" : "Accept"}
      </button>
    </form>
  );
}

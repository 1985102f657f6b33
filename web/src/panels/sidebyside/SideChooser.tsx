/** What one of the two maps shows, and how many have no supply there. */

import { count } from "../../parts/words";
import { setParams, useParam } from "../../state/params";
import { formatSide, type Side } from "../../state/sides";
import { isoOf, localOf } from "./moments";

const KINDS: Record<Side["kind"], string> = {
  now: "Now",
  normal: "As designed",
  moment: "A past moment",
  whatif: "The what-if",
};
const HOUR_MS = 3_600_000;

interface Props {
  at: "left" | "right";
  side: Side;
  out: number | null; // customers without supply; null: not known yet
}

export function SideChooser({ at, side, out }: Props) {
  const whatif = useParam("whatif");
  const word = at === "left" ? "Left" : "Right";
  const choose = (next: Side, push: boolean) => setParams({ [at]: formatSide(next) }, { push });
  return (
    <fieldset className="chooser">
      <legend>{word}</legend>
      <div className="row">
        <select
          aria-label={`${word} map shows`}
          value={side.kind}
          onChange={(event) => choose(sideOf(event.target.value as Side["kind"]), true)}
        >
          {(Object.keys(KINDS) as Side["kind"][])
            .filter((kind) => kind !== "whatif" || whatif || side.kind === kind)
            .map((kind) => (
              <option key={kind} value={kind}>
                {KINDS[kind]}
              </option>
            ))}
        </select>
        {side.kind === "moment" && (
          <input
            type="datetime-local"
            step="1"
            aria-label={`Moment on the ${at}`}
            value={localOf(side.at)}
            onChange={(event) => {
              const iso = isoOf(event.target.value);
              if (iso) choose({ kind: "moment", at: iso }, false);
            }}
          />
        )}
      </div>
      <p>
        <strong>{out === null ? "..." : count(out)}</strong> without supply
      </p>
    </fieldset>
  );
}

function sideOf(kind: Side["kind"]): Side {
  if (kind !== "moment") return { kind };
  return { kind, at: new Date(Date.now() - HOUR_MS).toISOString() };
}

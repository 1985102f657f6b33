/** What would happen if these switches were operated: nothing is stored, nothing is switched. */

import { ElementLink } from "../../parts/ElementLink";
import { count, kindName } from "../../parts/words";
import { setParams, useParam } from "../../state/params";
import { type Positions, readSwitches, trySwitch } from "../../state/switches";
import { useTrial } from "./useWhatIf";
import "./whatif.css";

export default function WhatIfPanel() {
  const text = useParam("whatif");
  const positions = readSwitches(text);
  const trial = useTrial();
  if (positions.size === 0) {
    return (
      <>
        <p>Operate switches on paper: see who would go out and who would come back.</p>
        <p className="quiet">
          Choose a switch on the map, then “What if it were opened?”. Nothing is stored, nothing is
          switched.
        </p>
      </>
    );
  }
  return (
    <div className="whatif">
      {trial.error && <p role="alert">{trial.error}</p>}
      {trial.answer && <Figures />}
      <h3>Switches</h3>
      <Switches positions={positions} />
      <button
        type="button"
        className="button"
        onClick={() => setParams({ whatif: null }, { push: true })}
      >
        Put all back
      </button>
    </div>
  );
}

function Figures() {
  const answer = useTrial((trial) => trial.answer);
  if (!answer) return null;
  return (
    <>
      <dl className="fates">
        <div data-fate="out">
          <dt>go out</dt>
          <dd>{count(answer.out.customers)}</dd>
        </div>
        <div data-fate="back">
          <dt>come back</dt>
          <dd>{count(answer.back.customers)}</dd>
        </div>
        <div>
          <dt>stay out</dt>
          <dd>{count(answer.still_out.customers)}</dd>
        </div>
      </dl>
      {answer.warnings.map((warning) => (
        <p key={warning} className="warning">
          {warning}
        </p>
      ))}
    </>
  );
}

function Switches({ positions }: { positions: Positions }) {
  const details = useTrial((trial) => trial.switches);
  return (
    <ul className="tried">
      {[...positions].map(([mrid, position]) => {
        const open = position !== false;
        const kind = details.get(mrid)?.kind;
        return (
          <li key={mrid}>
            <div>
              <ElementLink mrid={mrid} />
              <span className="quiet">{kind ? kindName(kind) : ""}</span>
            </div>
            <button
              type="button"
              role="switch"
              aria-checked={!open}
              aria-label={`${mrid} closed`}
              className="button small"
              onClick={() => trySwitch(mrid, !open)}
            >
              {open ? (typeof position === "string" ? `Open on ${position}` : "Open") : "Closed"}
            </button>
            <button
              type="button"
              className="button small"
              aria-label={`Leave ${mrid} as it is`}
              onClick={() => trySwitch(mrid, undefined)}
            >
              Remove
            </button>
          </li>
        );
      })}
    </ul>
  );
}

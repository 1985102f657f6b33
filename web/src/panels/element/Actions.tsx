/** What can be asked of an element: traces, blast radius, what-if, plan. */

import { type ElementDetail, SCOPES, type Scope, type TraceKind } from "../../api/types";
import { useOperates } from "../../parts/deeds";
import { Icon, type IconName } from "../../parts/icons";
import { setParams, useParam } from "../../state/params";
import { readSwitches, trySwitch } from "../../state/switches";
import { formatRequest, parseRequest, SCOPE_NAMES, showTrace } from "../../state/tracerequest";

const TRACES: { kind: TraceKind; says: string; icon: IconName }[] = [
  { kind: "downstream", says: "Downstream", icon: "down" },
  { kind: "upstream", says: "Upstream", icon: "up" },
  { kind: "feeder", says: "Feeder", icon: "feeder" },
  { kind: "isolation", says: "Isolation", icon: "isolate" },
  { kind: "protective", says: "Protection", icon: "shield" },
  { kind: "ties", says: "Ties", icon: "whatif" },
];

export function Actions({ detail }: { detail: ElementDetail }) {
  const { mrid } = detail;
  const shown = useParam("trace");
  const request = parseRequest(shown);
  const scope = request?.what === "blast" ? request.scope : "element";
  const equipment = detail.table === "equipment";
  return (
    <div className="actions">
      <fieldset className="trace-buttons" aria-label="Trace">
        {TRACES.map(({ kind, says, icon }) => {
          const mine = formatRequest({ what: "trace", kind, of: [mrid] });
          return (
            <button
              key={kind}
              type="button"
              className="button"
              aria-pressed={shown === mine}
              onClick={() => {
                showTrace(shown === mine ? null : { what: "trace", kind, of: [mrid] });
              }}
            >
              <Icon name={icon} size={16} />
              {says}
            </button>
          );
        })}
      </fieldset>
      {equipment && (
        <div className="blast">
          <button
            type="button"
            className="button"
            aria-pressed={request?.what === "blast" && request.of[0] === mrid}
            onClick={() => showTrace({ what: "blast", scope, of: [mrid] })}
          >
            <Icon name="outage" size={16} />
            Blast radius
          </button>
          <label>
            <span className="sr-only">Scope</span>
            <select
              className="field"
              value={scope}
              onChange={(event) =>
                showTrace({ what: "blast", scope: event.target.value as Scope, of: [mrid] })
              }
            >
              {SCOPES.map((each) => (
                <option key={each} value={each}>
                  {SCOPE_NAMES[each]}
                </option>
              ))}
            </select>
          </label>
        </div>
      )}
      {detail.feeder && (
        <button
          type="button"
          className="button"
          onClick={() => setParams({ panel: "schematic", feeder: detail.feeder }, { push: true })}
        >
          <Icon name="feeder" size={16} />
          One-line diagram of {detail.feeder}
        </button>
      )}
      {equipment && <Consider detail={detail} />}
    </div>
  );
}

function Consider({ detail }: { detail: ElementDetail }) {
  const manages = useOperates("manage-outages");
  const tried = readSwitches(useParam("whatif")).get(detail.mrid);
  const open = tried === undefined ? detail.open !== "" : tried !== false;
  return (
    <div className="operate">
      {detail.open !== null && (
        <button
          type="button"
          className="button"
          onClick={() => {
            trySwitch(detail.mrid, !open);
            setParams({ panel: "whatif" });
          }}
        >
          <Icon name="whatif" size={16} />
          What if it were {open ? "closed" : "opened"}?
        </button>
      )}
      <button
        type="button"
        className="button"
        onClick={() => setParams({ fault: detail.mrid, panel: "plan" }, { push: true })}
      >
        <Icon name="shield" size={16} />
        Switching plan for a fault here
      </button>
      {manages && (
        <button
          type="button"
          className="button"
          onClick={() => setParams({ panel: "outages", planned: "new" }, { push: true })}
        >
          <Icon name="outage" size={16} />
          Announce work here
        </button>
      )}
    </div>
  );
}

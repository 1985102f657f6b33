/** The chosen element: what it is, whether it lives, what hangs on it, what can be asked of it. */

import { useEffect } from "react";
import type { ElementDetail } from "../../api/types";
import { useGridMap } from "../../map/current";
import { valuesOf } from "../../map/roles";
import { AuditTrail } from "../../parts/AuditTrail";
import { Icon } from "../../parts/icons";
import { ManualList } from "../../parts/ManualList";
import { Operate } from "../../parts/operate/Operate";
import { count, counted, dayClock, kindName } from "../../parts/words";
import { useParam } from "../../state/params";
import { Actions } from "./Actions";
import { Attributes } from "./Attributes";
import { Upstream } from "./Upstream";
import { useElement } from "./useElement";
import "./element.css";

export default function ElementPanel() {
  const mrid = useParam("sel");
  const { detail, error } = useElement(mrid);
  useChosen(detail);
  if (!mrid) {
    return (
      <p className="quiet">
        Click an element of the map, or press <kbd>/</kbd> and search for one.
      </p>
    );
  }
  if (error) return <p role="alert">{error}</p>;
  if (!detail) return <p className="quiet">Loading ...</p>;
  return (
    <article className="element">
      <Head detail={detail} />
      {detail.explain && <p className="sentence">{detail.explain.sentence}</p>}
      <Etr detail={detail} />
      <dl className="below">
        <div>
          <dt>Customers below</dt>
          <dd>{count(detail.customers_below)}</dd>
        </div>
        <div>
          <dt>Meters below</dt>
          <dd>{count(detail.usage_points_below)}</dd>
        </div>
      </dl>
      <Growth detail={detail} />
      <Actions detail={detail} />
      <Operate detail={detail} />
      <Attributes detail={detail} />
      <ManualList mrid={detail.mrid} />
      <Upstream steps={detail.upstream} of={detail.mrid} />
      <AuditTrail key={detail.mrid} element={detail.mrid} />
    </article>
  );
}

const SUPPLY = {
  yes: { tone: "back", says: "Energized" },
  no: { tone: "out", says: "De-energized" },
  partial: { tone: "partial", says: "Partly energized" },
} as const;

function Head({ detail }: { detail: ElementDetail }) {
  const supply = SUPPLY[detail.energized];
  const map = useGridMap();
  return (
    <header className="element-head">
      <p className="quiet">{kindName(detail.kind)}</p>
      <div className="element-name">
        <h3>{detail.name || detail.mrid}</h3>
        <button
          type="button"
          className="icon-button"
          aria-label="Show it on the map"
          disabled={!detail.at}
          onClick={() => detail.at && map?.show(detail.at, { zoom: 16 })}
        >
          <Icon name="target" size={18} />
        </button>
      </div>
      {detail.name && detail.name !== detail.mrid && <p className="quiet">{detail.mrid}</p>}
      <p className="tags">
        <span className="tag" data-tone={supply.tone}>
          {supply.says}
        </span>
        {detail.open !== null && <Position detail={detail} />}
        {detail.phases && <span className="tag">Phases {detail.phases}</span>}
      </p>
    </header>
  );
}

function Position({ detail }: { detail: ElementDetail }) {
  const { open, normal_open: normal } = detail;
  const abnormal = open !== normal;
  const says = open ? (open === detail.phases ? "Open" : `Open on ${open}`) : "Closed";
  return (
    <span className="tag" data-tone={abnormal ? "partial" : undefined}>
      {says}
      {abnormal && ` (normally ${normal ? "open" : "closed"})`}
    </span>
  );
}

function Etr({ detail }: { detail: ElementDetail }) {
  const { estimate, outages } = detail;
  if (!estimate && outages.length === 0) return null;
  return (
    <p className="etr">
      {estimate?.etr ? (
        <>
          Supply is expected back by <strong>{dayClock(estimate.etr)}</strong>
          {estimate.p50 && estimate.p80 && (
            <span className="quiet">
              {" "}
              (P50 {dayClock(estimate.p50)}, P80 {dayClock(estimate.p80)})
            </span>
          )}
        </>
      ) : (
        "No estimate yet."
      )}{" "}
      {outages.length > 0 && (
        <span className="quiet">Outage {outages.map(({ id }) => id).join(", ")}</span>
      )}
    </p>
  );
}

/** What vegetation threatens of a span: how likely, and whom it would put out. */
function Growth({ detail }: { detail: ElementDetail }) {
  const risk = detail.vegetation;
  if (!risk) return null;
  const trees = [
    risk.species,
    risk.tree_height_m !== null && `${Math.round(risk.tree_height_m)} m tall`,
    risk.clearance_m !== null && `${risk.clearance_m.toFixed(1)} m from the line`,
  ].filter(Boolean);
  return (
    <section aria-label="Vegetation risk">
      <h4>Vegetation</h4>
      <p>
        <strong>{risk.risk_class} risk</strong> on {Math.round(risk.length_in_risk_m)} m. A failure
        puts out {counted(risk.customers, "customer")}
        {risk.priority_sites > 0 && `, ${counted(risk.priority_sites, "priority site")} among them`}
        ; its chance within a year is {risk.score.toFixed(1)} %:{" "}
        {count(Math.round(risk.customer_minutes_at_risk))} customer-minutes at risk.
        {trees.length > 0 && <span className="quiet"> {trees.join(", ")}</span>}
      </p>
    </section>
  );
}

/** Mark the element on the map, and move there if it is out of sight. */
function useChosen(detail: ElementDetail | null): void {
  const map = useGridMap();
  const feature = detail?.feature;
  const layer = feature?.layer;
  const id = feature?.id;
  const lon = detail?.at?.[0];
  const lat = detail?.at?.[1];
  useEffect(() => {
    if (!map || !layer || !id) return;
    map.channels.set("chosen", valuesOf({ [layer]: [id] }, 1));
    return () => {
      map.channels.clear("chosen");
    };
  }, [map, layer, id]);
  useEffect(() => {
    if (!map || lon === undefined || lat === undefined) return;
    if (!map.map.getBounds().contains([lon, lat])) map.show([lon, lat], { zoom: 14 });
  }, [map, lon, lat]);
}

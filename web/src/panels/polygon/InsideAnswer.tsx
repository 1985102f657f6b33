/** What is inside of an area, and who is out if it is damaged, with what to take away. */

import { useEffect, useState } from "react";
import type { BlastAnswer, Scope } from "../../api/types";
import { useStore } from "../../app/store";
import { marks } from "../../map/roles";
import { useAnswer } from "../asking";
import { damage, type Inside, whatIsInside } from "./client";
import { download, fileName } from "./download";
import { csvOf } from "./table";
import type { Area } from "./upload";

export function InsideAnswer({ area }: { area: Area }) {
  const ticks = useStore((store) => store.ticks);
  const key = JSON.stringify(area);
  const inside = useAnswer((signal) => whatIsInside(area, "equipment", null, { signal }), key, []);
  const people = useAnswer(
    (signal) => whatIsInside(area, "usage_points", "feeder", { signal }),
    key,
    [],
  );
  const [scope, setScope] = useState<Scope | null>(null);
  const hurt = useAnswer(
    scope ? (signal) => damage(area, [], scope, { signal }) : null,
    `${scope} ${key}`,
    [ticks.state],
  );
  useMarked(hurt.answer ?? people.answer);
  const error = inside.error || people.error;
  if (error) return <p role="alert">{error}</p>;
  if (!inside.answer || !people.answer) return <p className="muted">Looking inside...</p>;
  return (
    <>
      <p className="figure">
        <strong>{people.answer.customers.toLocaleString("en")}</strong> customers inside
      </p>
      <Counts title="Equipment" counts={inside.answer.counts} />
      <Feeders rows={people.answer.rows} />
      <Damage scope={scope} onScope={setScope} answer={hurt.answer} waiting={hurt.waiting} />
      {hurt.error && <p role="alert">{hurt.error}</p>}
      <Downloads area={area} inside={inside.answer} hurt={hurt.answer} />
    </>
  );
}

/** Mark on the map what the answer is of. */
function useMarked(answer: Inside | BlastAnswer | null): void {
  const map = useStore((store) => store.map);
  useEffect(() => {
    if (!map || !answer) return;
    map.channels.set("mark", marks({ area: answer.features }));
    return () => {
      map.channels.clear("mark");
    };
  }, [map, answer]);
}

function Counts({ title, counts }: { title: string; counts: Record<string, number> }) {
  const rows = Object.entries(counts).sort(([, a], [, b]) => b - a);
  return (
    <table className="counts">
      <caption>{title}</caption>
      <tbody>
        {rows.map(([kind, count]) => (
          <tr key={kind}>
            <th scope="row">{kind.replaceAll("_", " ")}</th>
            <td>{count.toLocaleString("en")}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Feeders({ rows }: { rows: Inside["rows"] }) {
  return (
    <table className="counts">
      <caption>Meters by feeder</caption>
      <tbody>
        {rows.slice(0, 12).map((row) => (
          <tr key={String(row.feeder)}>
            <th scope="row">{row.feeder ? String(row.feeder) : "none"}</th>
            <td>{Number(row.count).toLocaleString("en")}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const SCOPES: { scope: Scope; words: string }[] = [
  { scope: "element", words: "without what is inside" },
  { scope: "trip", words: "after protection tripped" },
  { scope: "isolated", words: "after isolation" },
];

interface DamageProps {
  scope: Scope | null;
  onScope: (scope: Scope | null) => void;
  answer: BlastAnswer | null;
  waiting: boolean;
}

function Damage({ scope, onScope, answer, waiting }: DamageProps) {
  return (
    <section className="damage" aria-label="If all of it is damaged">
      <label>
        If all of it is damaged:{" "}
        <select
          value={scope ?? ""}
          onChange={(event) => onScope((event.target.value || null) as Scope | null)}
        >
          <option value="">do not ask</option>
          {SCOPES.map((each) => (
            <option key={each.scope} value={each.scope}>
              out {each.words}
            </option>
          ))}
        </select>
      </label>
      {scope && waiting && !answer && <p className="muted">Reckoning...</p>}
      {answer && (
        <p className="figure" role="status">
          <strong>{answer.customers.toLocaleString("en")}</strong> customers out
          {answer.priority_customers > 0 && (
            <span className="priority">{answer.priority_customers} at priority sites</span>
          )}
        </p>
      )}
    </section>
  );
}

interface DownloadsProps {
  area: Area;
  inside: Inside;
  hurt: BlastAnswer | null;
}

function Downloads({ area, inside, hurt }: DownloadsProps) {
  const csv = () => download(fileName("inside", "csv"), "text/csv", csvOf(inside.rows));
  const geojson = () => {
    const properties = { counts: inside.counts, customers_out_if_damaged: hurt?.customers ?? null };
    const features = [{ type: "Feature", properties, geometry: area }];
    if (hurt?.area) {
      const of = { what: "who would be out", customers: hurt.customers };
      features.push({ type: "Feature", properties: of as never, geometry: hurt.area as Area });
    }
    const text = JSON.stringify({ type: "FeatureCollection", features });
    download(fileName("area", "geojson"), "application/geo+json", text);
  };
  return (
    <div className="row">
      <button type="button" onClick={csv} disabled={!inside.rows.length}>
        Download CSV
      </button>
      <button type="button" onClick={geojson}>
        Download GeoJSON
      </button>
    </div>
  );
}

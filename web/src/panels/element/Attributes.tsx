import type { ElementDetail } from "../../api/types";
import { ElementLink } from "../../parts/ElementLink";
import { count } from "../../parts/words";

// What the server calls it: the words and the unit on the page.
const WORDS: Record<string, [says: string, unit?: string]> = {
  rated_a: ["Rating", "A"],
  rated_va: ["Rating", "VA"],
  length_m: ["Length", "m"],
  nominal_v: ["Nominal voltage", "V"],
  peak_w: ["Peak demand", "W"],
  placement: ["Placement"],
  control: ["Control"],
  service_class: ["Service class"],
  priority: ["Priority"],
  customers: ["Customers"],
  in_service: ["In service"],
  transformer: ["Transformer"],
  head: ["Head"],
};
const LINKS = new Set(["transformer", "head"]);
const SCALES: [number, string][] = [
  [1e6, "M"],
  [1e3, "k"],
];
const SCALED = new Set(["VA", "V", "W"]);

/** What is recorded of the element. */
export function Attributes({ detail }: { detail: ElementDetail }) {
  const rows = Object.entries(detail.attributes);
  return (
    <>
      <h4>Attributes</h4>
      <dl className="facts">
        {detail.feeder && <Fact says="Feeder" mrid={detail.feeder} />}
        {detail.substation && <Fact says="Substation" mrid={detail.substation} />}
        {rows.map(([name, value]) => {
          const [says, unit] = WORDS[name] ?? [sentence(name)];
          if (LINKS.has(name)) return <Fact key={name} says={says} mrid={String(value)} />;
          return (
            <div key={name}>
              <dt>{says}</dt>
              <dd>{written(value, unit)}</dd>
            </div>
          );
        })}
        {detail.origin && <Origin origin={detail.origin} />}
      </dl>
    </>
  );
}

/** The row of the source that the element is made of, and the load that last changed it. */
function Origin({ origin }: { origin: NonNullable<ElementDetail["origin"]> }) {
  return (
    <div>
      <dt>Source</dt>
      <dd>
        {origin.layer ? `${origin.layer} ${origin.key}` : "none"}
        {origin.load > 0 && `, load ${origin.load}`}
      </dd>
    </div>
  );
}

function Fact({ says, mrid }: { says: string; mrid: string }) {
  return (
    <div>
      <dt>{says}</dt>
      <dd>
        <ElementLink mrid={mrid} />
      </dd>
    </div>
  );
}

function sentence(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** 7200, "V" -> "7.2 kV". */
export function written(value: string | number | boolean | null, unit?: string): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value !== "number") return String(value ?? "");
  const scale = unit && SCALED.has(unit) ? SCALES.find(([size]) => value >= size) : undefined;
  const [size, prefix] = scale ?? [1, ""];
  const number = count(Math.round((value / size) * 100) / 100);
  return unit ? `${number} ${prefix}${unit}` : number;
}

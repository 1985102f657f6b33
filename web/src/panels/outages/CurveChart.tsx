/** The curve of customers back, drawn small; the figures are there as a table too. */

import { useId, useMemo } from "react";
import { clock, dayClock } from "../../parts/words";
import { type Box, type CurvePoint, drawn, spoken } from "./curve";

const BOX: Box = { width: 264, height: 96 };
const LEFT = 44;
const TOP = 8;
const BOTTOM = 22;

interface Props {
  points: CurvePoint[];
  customers: number;
  now: number;
}

export function CurveChart({ points, customers, now }: Props) {
  const title = useId();
  const chart = useMemo(() => drawn(points, customers, BOX), [points, customers]);
  const words = useMemo(() => spoken(points, customers), [points, customers]);
  if (!chart) return <p className="quiet">{words}</p>;
  const at = ((now - chart.from) / (chart.to - chart.from)) * BOX.width;
  return (
    <figure className="curve">
      <svg
        role="img"
        aria-labelledby={title}
        viewBox={`${-LEFT} ${-TOP} ${BOX.width + LEFT + 8} ${BOX.height + TOP + BOTTOM}`}
      >
        <title id={title}>{words}</title>
        {chart.levels.map(({ y, customers: level }) => (
          <g key={level} className="curve-level">
            <line x1={0} x2={BOX.width} y1={y} y2={y} />
            <text x={-6} y={y + 3} textAnchor="end">
              {level.toLocaleString("en")}
            </text>
          </g>
        ))}
        {chart.ticks.map(({ x, ms }) => (
          <text key={ms} className="curve-tick" x={x} y={BOX.height + 15} textAnchor="middle">
            {clock(ms)}
          </text>
        ))}
        <path className="curve-band" d={chart.between} />
        <path className="curve-p80" d={chart.p80} />
        <path className="curve-p50" d={chart.p50} />
        {at > 0 && at < BOX.width && (
          <line className="curve-now" x1={at} x2={at} y1={0} y2={BOX.height} />
        )}
      </svg>
      <figcaption>
        <span className="curve-key">P50, as likely as not</span>
        <span className="curve-key curve-key-p80">P80, four of five</span>
      </figcaption>
      <CurveTable points={points} />
    </figure>
  );
}

function CurveTable({ points }: { points: CurvePoint[] }) {
  return (
    <details>
      <summary>Figures</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <section className="scroll" tabIndex={0} aria-label="Customers back by time">
        <table>
          <thead>
            <tr>
              <th scope="col">by</th>
              <th scope="col">P50</th>
              <th scope="col">P80</th>
            </tr>
          </thead>
          <tbody>
            {points.map((each) => (
              <tr key={each.at}>
                <th scope="row">{dayClock(each.at)}</th>
                <td>{each.customers_back_p50.toLocaleString("en")}</td>
                <td>{each.customers_back_p80.toLocaleString("en")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}

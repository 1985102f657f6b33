/** The rows of an answer drawn small: a line over time, or bars; the table has the figures. */

import { useId } from "react";
import { SeriesChart } from "../../parts/SeriesChart";
import type { AnswerChart as Chart } from "./answer";
import { type Bar, wordsOf } from "./answer";

export function AnswerChart({ chart }: { chart: Chart | null }) {
  if (!chart) return null;
  return chart.kind === "series" ? (
    <SeriesChart name={chart.name} unit="" samples={chart.samples} stepMs={chart.stepMs} />
  ) : (
    <BarChart name={chart.name} bars={chart.bars} />
  );
}

const WIDTH = 300;
const LABEL = 118;
const FIGURE = 48;
const STEP = 18;

function BarChart({ name, bars }: { name: string; bars: Bar[] }) {
  const title = useId();
  const most = Math.max(...bars.map((bar) => bar.value), 1e-9);
  const first = bars[0];
  return (
    <figure className="bars">
      <figcaption>{name}</figcaption>
      <svg role="img" aria-labelledby={title} viewBox={`0 0 ${WIDTH} ${bars.length * STEP}`}>
        <title id={title}>
          {`${name} of ${bars.length}: ${first?.label} ${wordsOf(first?.value)}, the most ${wordsOf(most)}`}
        </title>
        {bars.map(({ label, value }, at) => (
          <g key={label} transform={`translate(0 ${at * STEP})`}>
            <text x={LABEL - 6} y={13} textAnchor="end">
              {label.length > 17 ? `${label.slice(0, 16)}…` : label}
            </text>
            <rect
              x={LABEL}
              y={4}
              height={STEP - 7}
              width={Math.max(1, (value / most) * (WIDTH - LABEL - FIGURE))}
            />
            <text x={WIDTH} y={13} textAnchor="end">
              {wordsOf(value)}
            </text>
          </g>
        ))}
      </svg>
    </figure>
  );
}

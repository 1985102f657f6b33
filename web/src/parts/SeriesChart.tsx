/** One measured quantity over time, drawn small, with its extremes in words. */

import { useId, useMemo } from "react";
import { type Sample, seriesOf } from "./series";
import { dayClock } from "./words";
import "./series.css";

const WIDTH = 300;
const HEIGHT = 64;

interface Props {
  name: string;
  unit: string;
  samples: Sample[];
  stepMs?: number; // between two samples; by default the interval of meters
}

export function SeriesChart({ name, unit, samples, stepMs }: Props) {
  const title = useId();
  const series = useMemo(() => seriesOf(samples, WIDTH, HEIGHT, stepMs), [samples, stepMs]);
  if (!series) return <p className="quiet">No {name.toLowerCase()} in this time.</p>;
  const low = `${rounded(series.low)} ${unit}`;
  const high = `${rounded(series.high)} ${unit}`;
  return (
    <figure className="series">
      <figcaption>
        {name}: {low} to {high}
      </figcaption>
      <svg role="img" aria-labelledby={title} viewBox={`0 -4 ${WIDTH} ${HEIGHT + 8}`}>
        <title id={title}>
          {`${name} from ${dayClock(series.from)} to ${dayClock(series.to)}: ${low} to ${high}`}
        </title>
        <path d={series.path} />
      </svg>
      <div className="series-times quiet">
        <span>{dayClock(series.from)}</span>
        <span>{dayClock(series.to)}</span>
      </div>
    </figure>
  );
}

function rounded(value: number): string {
  return value.toLocaleString("en", { maximumSignificantDigits: 4 });
}

/** The time slider: go back over a storm as the log tells it; the map says that it shows the past. */

import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useAnswer } from "../../parts/asking";
import { dayClock } from "../../parts/words";
import { setParams, useParam } from "../../state/params";
import { useStore } from "../../state/store";
import { readHistory } from "./client";
import { HOURS } from "./hours";
import {
  advanced,
  clamped,
  fittingSpeed,
  momentAt,
  msOf,
  neighbor,
  outAt,
  SPEEDS,
  type Story,
  storyOf,
  trackPath,
} from "./model";
import { usePast } from "./past";

const TRACK = { width: 600, height: 32 };

interface Props {
  hours: number;
  onHours: (hours: number) => void;
  onClose: () => void;
}

export function ReplayBar({ hours, onHours, onClose }: Props) {
  const at = useParam("at");
  const [opened] = useState(() => Date.now());
  const ticks = useStore((store) => store.ticks);
  const live = at === null;
  const { answer, error } = useAnswer(
    (signal) => readHistory(ago(hours, opened), ago(0), { signal, quiet: true }),
    String(hours),
    live ? [ticks.state, ticks.outages] : [],
  );
  const story = useMemo(() => (answer ? storyOf(answer) : null), [answer]);
  return (
    <section className="replay" aria-label="Replay">
      {error && <p role="alert">{error}</p>}
      {story ? <Player story={story} at={at} /> : <p className="quiet">Reading the log...</p>}
      <label>
        <span className="sr-only">How far back</span>
        <select value={hours} onChange={(event) => onHours(Number(event.target.value))}>
          {HOURS.map((each) => (
            <option key={each} value={each}>
              {each === 1 ? "last hour" : `last ${each} hours`}
            </option>
          ))}
        </select>
      </label>
      <button
        type="button"
        className="button small"
        onClick={onClose}
        aria-label="Close the replay"
      >
        Close
      </button>
    </section>
  );
}

function ago(hours: number, now = Date.now()): string {
  return new Date(now - hours * 3_600_000).toISOString();
}

interface PlayerProps {
  story: Story;
  at: string | null;
}

function Player({ story, at }: PlayerProps) {
  const live = at === null;
  const ms = live ? story.to : clamped(story, msOf(at));
  const [speed, setSpeed] = useState<number>(() => fittingSpeed(story));
  const [playing, setPlaying] = useState(false);
  const go = useCallback((to: number) => setParams({ at: new Date(to).toISOString() }), []);
  const toLive = useCallback(() => {
    setPlaying(false);
    setParams({ at: null });
  }, []);
  useClock(playing, story, ms, speed, go, () => setPlaying(false));
  const waiting = usePast(at);
  const toggle = () => {
    if (!playing && (live || ms >= story.to)) go(story.from);
    setPlaying(!playing);
  };
  return (
    <>
      <button type="button" className="button small" onClick={toggle} aria-pressed={playing}>
        {playing ? "Pause" : "Play"}
      </button>
      <label>
        <span className="sr-only">Speed</span>
        <select value={speed} onChange={(event) => setSpeed(Number(event.target.value))}>
          {SPEEDS.map((each) => (
            <option key={each} value={each}>
              {each === 1 ? "real time" : `${each}x`}
            </option>
          ))}
        </select>
      </label>
      <Track story={story} ms={ms} live={live} onGo={go} />
      <output className={live ? "replay-now" : "replay-now past"} aria-busy={waiting}>
        {live ? "live" : dayClock(ms)}
      </output>
      {!live && (
        <p className="past-banner">
          The map shows the past: <strong>{dayClock(ms)}</strong>,{" "}
          {outAt(story, ms).toLocaleString("en")} customers out
        </p>
      )}
      <button type="button" className="button small" onClick={toLive} disabled={live}>
        Back to live
      </button>
    </>
  );
}

/** Let the time run while playing; each frame goes on from where the clock stands. */
function useClock(
  playing: boolean,
  story: Story,
  ms: number,
  speed: number,
  go: (ms: number) => void,
  onEnd: () => void,
): void {
  const at = useRef(ms);
  const end = useRef(onEnd);
  at.current = ms;
  end.current = onEnd;
  useEffect(() => {
    if (!playing) return;
    let before = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      const next = advanced(story, at.current, now - before, speed);
      before = now;
      if (next >= story.to) end.current();
      go(next);
    }, TICK_MS);
    return () => clearInterval(timer);
  }, [playing, story, speed, go]);
}

const TICK_MS = 200;

interface TrackProps {
  story: Story;
  ms: number;
  live: boolean;
  onGo: (ms: number) => void;
}

/** The slider: customers out over the whole time, and a thumb. */
function Track({ story, ms, live, onGo }: TrackProps) {
  const path = useMemo(() => trackPath(story, TRACK.width, TRACK.height), [story]);
  const keys = (event: KeyboardEvent) => {
    const to = keyed(event.key, story, ms);
    if (to === null) return;
    event.preventDefault();
    event.stopPropagation();
    onGo(to);
  };
  return (
    <div className="track">
      <svg
        aria-hidden="true"
        viewBox={`0 0 ${TRACK.width} ${TRACK.height}`}
        preserveAspectRatio="none"
      >
        <path d={path} />
      </svg>
      <input
        type="range"
        aria-label="Moment shown"
        aria-valuetext={valueText(story, ms, live)}
        min={story.from}
        max={story.to}
        step={1000}
        value={ms}
        onKeyDown={keys}
        onChange={(event) => onGo(Number(event.target.value))}
      />
    </div>
  );
}

/** Arrow keys go from event to event; Page keys by a twentieth; Home and End to the ends. */
export function keyed(key: string, story: Story, ms: number): number | null {
  const page = (story.to - story.from) / 20;
  switch (key) {
    case "ArrowRight":
    case "ArrowUp":
      return neighbor(story, ms, true);
    case "ArrowLeft":
    case "ArrowDown":
      return neighbor(story, ms, false);
    case "PageUp":
      return clamped(story, ms + page);
    case "PageDown":
      return clamped(story, ms - page);
    case "Home":
      return story.from;
    case "End":
      return story.to;
    default:
      return null;
  }
}

function valueText(story: Story, ms: number, live: boolean): string {
  const out = `${outAt(story, ms).toLocaleString("en")} customers out`;
  if (live) return `live, ${out}`;
  const moment = momentAt(story, ms);
  return `${dayClock(ms)}, ${out}${moment ? `, last ${moment.what} ${moment.mrid}` : ""}`;
}

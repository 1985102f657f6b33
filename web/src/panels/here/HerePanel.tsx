/** A place on the map: its coordinates, what is drawn there, and how far it is to others. */

import { useCallback, useEffect, useMemo, useState } from "react";
import type { LonLat } from "../../api/types";
import { useGridMap } from "../../map/current";
import { centerOf, useDrawing } from "../../map/drawing";
import type { GridMap } from "../../map/gridmap";
import type { Shape } from "../../map/overlay";
import { copyText } from "../../parts/copying";
import { ElementLink } from "../../parts/ElementLink";
import {
  formatDistance,
  formatPlace,
  formatWay,
  measureLegs,
  readPlace,
  readWay,
} from "../../parts/places";
import { getParams, setParams, useParam } from "../../state/params";
import { type Drawn, listDrawn } from "./drawn";
import "./here.css";

const REACH_PX = 18;

export default function HerePanel() {
  const map = useGridMap();
  const text = useParam("here");
  const place = useMemo(() => readPlace(text), [text]);
  const wayText = useParam("way");
  const way = useMemo(() => readWay(wayText), [wayText]);
  useShapes(map, place, way);
  useSight(map, place);
  return (
    <div className="here-panel">
      {place ? (
        <Place place={place} />
      ) : (
        <p>Click the map with the right button, or keep a finger on it, to ask what is there.</p>
      )}
      <Measure map={map} place={place} way={way} />
    </div>
  );
}

function Place({ place }: { place: LonLat }) {
  const drawn = useDrawn(place);
  const written = formatPlace(place).replace(",", ", ");
  return (
    <>
      <p className="figure">
        <strong data-place>{written}</strong>
      </p>
      <div className="row">
        <button
          type="button"
          className="button small"
          onClick={() => void copyText(written, "The coordinates are copied.")}
        >
          Copy the coordinates
        </button>
        <button
          type="button"
          className="button small"
          onClick={() => void copyText(window.location.href, "The link to this place is copied.")}
        >
          Copy a link
        </button>
      </div>
      <h3>What is here</h3>
      {drawn.length === 0 && (
        <p className="quiet">Nothing of the grid is drawn here; more is drawn as you zoom in.</p>
      )}
      <ul className="drawn-here">
        {drawn.map(({ mrid, says }) => (
          <li key={mrid}>
            <ElementLink mrid={mrid} /> <span className="quiet">{says}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

/** What is drawn at a place, as the map comes to rest. */
function useDrawn(place: LonLat): Drawn[] {
  const map = useGridMap();
  const [drawn, setDrawn] = useState<Drawn[]>([]);
  useEffect(() => {
    if (!map) return;
    const look = () => setDrawn(listDrawn(map.around(map.map.project(place), REACH_PX)));
    look();
    map.map.on("idle", look);
    return () => {
      map.map.off("idle", look);
    };
  }, [map, place]);
  return drawn;
}

interface MeasureProps {
  map: GridMap | null;
  place: LonLat | null;
  way: LonLat[];
}

function Measure({ map, place, way }: MeasureProps) {
  const [on, setOn] = useState(false);
  const add = useCallback((to: LonLat) => {
    setParams({ way: formatWay([...readWay(getParams().way ?? null), to]) });
  }, []);
  const back = useCallback(() => {
    setParams({ way: formatWay(readWay(getParams().way ?? null).slice(0, -1)) || null });
  }, []);
  const stop = useCallback(() => setOn(false), []);
  useDrawing(map?.map ?? null, on, { onCorner: add, onDone: stop, onCancel: stop, onBack: back });
  const begin = () => {
    if (place && way.length === 0) add(place);
    setOn(!on);
  };
  return (
    <section aria-label="Measure">
      <h3>Measure</h3>
      <div className="row">
        <button type="button" className="button small" aria-pressed={on} onClick={begin}>
          {on ? "Stop measuring" : place && way.length === 0 ? "Measure from here" : "Measure"}
        </button>
        {on && map && (
          <button type="button" className="button small" onClick={() => add(centerOf(map.map))}>
            To the middle of the map
          </button>
        )}
        {way.length > 0 && (
          <button type="button" className="button small" onClick={() => setParams({ way: null })}>
            Clear
          </button>
        )}
      </div>
      {on && (
        <p className="quiet">
          Click the map for each place. With keys: <kbd>Space</kbd> takes the middle of the map,{" "}
          <kbd>Enter</kbd> ends, <kbd>Backspace</kbd> takes one back.
        </p>
      )}
      <Legs way={way} />
    </section>
  );
}

function Legs({ way }: { way: LonLat[] }) {
  const legs = measureLegs(way);
  const total = legs.reduce((sum, leg) => sum + leg, 0);
  if (!legs.length) return null;
  return (
    <>
      <p className="figure" role="status">
        <strong data-distance={total.toFixed(1)}>{formatDistance(total)}</strong>
      </p>
      {legs.length > 1 && (
        <ol className="legs">
          {legs.map((leg, at) => (
            <li key={formatWay(way.slice(at, at + 2))}>{formatDistance(leg)}</li>
          ))}
        </ol>
      )}
    </>
  );
}

/** Draw the place and the measured course for as long as the panel is open. */
function useShapes(map: GridMap | null, place: LonLat | null, way: LonLat[]): void {
  useEffect(() => {
    if (!map) return;
    const points = [...(place ? [place] : []), ...way];
    const shapes: Shape[] = points.map((coordinates) => ({
      geometry: { type: "Point", coordinates },
      tone: "draw",
    }));
    if (way.length > 1) {
      shapes.push({ geometry: { type: "LineString", coordinates: way }, tone: "draw" });
    }
    map.draw("here", shapes);
    return () => map.draw("here", []);
  }, [map, place, way]);
}

/** A place that a link names is brought into sight. */
function useSight(map: GridMap | null, place: LonLat | null): void {
  useEffect(() => {
    if (map && place && !map.map.getBounds().contains(place)) map.show(place);
  }, [map, place]);
}

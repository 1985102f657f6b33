/** Show on the map what an answer is about: elements are ringed, a trace is drawn, all is in view. */

import { useEffect } from "react";
import type { AskAnswer } from "../../api/types";
import { useGridMap } from "../../map/current";
import { valuesOf } from "../../map/roles";
import { getParams, setParams } from "../../state/params";
import { viewOf } from "./answer";

/** The trace that an answer has put on the map: the next answer takes it off. */
let drawn: string | null = null;

export function useShownOnMap(answer: AskAnswer | null): void {
  const map = useGridMap();
  useEffect(() => {
    if (answer) drawTrace(viewOf(answer).trace ?? null);
  }, [answer]);
  useEffect(() => {
    if (!map || !answer) return;
    map.channels.set("chosen", valuesOf(answer.features, 1));
    return () => {
      map.channels.clear("chosen");
    };
  }, [map, answer]);
  useEffect(() => {
    // A trace brings itself into view.
    if (!map || !answer?.bounds || viewOf(answer).trace) return;
    if (!map.sees(answer.bounds)) map.show(answer.bounds, { maxZoom: 16 });
  }, [map, answer]);
}

function drawTrace(trace: string | null): void {
  if (trace) setParams({ trace });
  else if (drawn && getParams().trace === drawn) setParams({ trace: null });
  drawn = trace;
}

/** Ask the trace of the URL and paint it: marks by feature-state, an area, the flow. */

import { useCallback, useEffect, useState } from "react";
import { ApiError, api } from "../../api/client";
import type { BlastAnswer, TraceAnswer } from "../../api/types";
import { useGridMap } from "../../map/current";
import { useFirstSight } from "../../map/firstsight";
import { showFlow } from "../../map/flow";
import type { GridMap } from "../../map/gridmap";
import { marks } from "../../map/roles";
import { counted } from "../../parts/words";
import { useParam } from "../../state/params";
import { speak, useStore } from "../../state/store";
import { prefersCalm } from "../../state/theme";
import { parseRequest, type TraceRequest, titleOf } from "../../state/tracerequest";

export type Answer =
  | { request: Extract<TraceRequest, { what: "trace" }>; answer: TraceAnswer }
  | { request: Extract<TraceRequest, { what: "blast" }>; answer: BlastAnswer };

export interface TraceState {
  request: TraceRequest | null;
  found: Answer | null;
  error: string | null;
}

export function useTrace(): TraceState {
  const text = useParam("trace");
  const version = useStore((store) => store.version);
  const map = useGridMap();
  const [state, setState] = useState<{
    text: string | null;
    found: Answer | null;
    error: string | null;
  }>({ text: null, found: null, error: null });
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new version of the state asks again
  useEffect(() => {
    const request = parseRequest(text);
    if (!request) return;
    const abort = new AbortController();
    answerOf(request, abort.signal)
      .then((found) => setState({ text, found, error: null }))
      .catch((error: unknown) => {
        if (abort.signal.aborted) return;
        const words = error instanceof ApiError ? error.message : "The server does not answer.";
        setState({ text, found: null, error: words });
      });
    return () => abort.abort();
  }, [text, version]);

  const mine = state.text === text;
  const found = mine && text ? state.found : null;
  useEffect(() => {
    if (!map || !found) return;
    map.restyle({ dim: true });
    const erase = paint(map, found);
    return () => {
      erase();
      map.restyle({ dim: false });
    };
  }, [map, found]);
  const say = useCallback(() => {
    if (found) speak(`${titleOf(found.request)}: ${counted(found.answer.customers, "customer")}.`);
  }, [found]);
  useFirstSight("trace", text, found?.answer ?? null, say);
  return { request: parseRequest(text), found, error: mine ? state.error : null };
}

async function answerOf(request: TraceRequest, signal: AbortSignal): Promise<Answer> {
  return request.what === "trace"
    ? { request, answer: await api.trace(request.kind, request.of, { signal }) }
    : { request, answer: await api.blast(request.of, request.scope, { signal }) };
}

/** Paint an answer; the result takes it off again. */
function paint(map: GridMap, { request, answer }: Answer): () => void {
  let stop = () => {};
  if (request.what === "trace") {
    const { features, indeterminate, operate, verify, dead_beyond, geometry } =
      answer as TraceAnswer;
    map.channels.set(
      "mark",
      marks({ part: features, indeterminate, operate, verify, dead: dead_beyond }),
    );
    if (geometry && !prefersCalm() && FLOWING.has(request.kind)) {
      stop = showFlow(map, geometry, request.kind === "upstream" ? "in" : "out");
    }
  } else {
    const { features, devices, partial, area } = answer as BlastAnswer;
    map.channels.set("mark", marks({ area: features, indeterminate: partial, operate: devices }));
    map.draw("trace", area ? [{ geometry: area, tone: "out" }] : []);
  }
  return () => {
    stop();
    map.channels.clear("mark");
    map.draw("trace", []);
  };
}

const FLOWING = new Set(["downstream", "upstream", "feeder", "connected"]);

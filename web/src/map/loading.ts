/** Color the map by loading while that is asked for. */

import { useEffect } from "react";
import { api } from "../api/client";
import type { Loading } from "../api/types";
import { type Asked, useAnswer } from "../parts/asking";
import { useParam } from "../state/params";
import { useStore } from "../state/store";
import { useGridMap } from "./current";

/** The loading of the last interval, or of the moment that is replayed. */
export function useLoadingNow(wanted: boolean): Asked<Loading> {
  const at = useParam("at");
  const ticks = useStore((store) => store.ticks);
  return useAnswer(
    wanted ? (signal) => api.loading(at, { signal, quiet: true }) : null,
    `loading ${at ?? ""}`,
    [ticks.ami],
  );
}

export function usePaintedLoading(wanted: boolean): void {
  const map = useGridMap();
  const { answer } = useLoadingNow(wanted);
  useEffect(() => {
    if (!map || !answer || !wanted) return;
    map.restyle({ loads: valuesOf(answer.feeders) });
    map.channels.set("load", new Map([["transformers", valuesOf(answer.transformers)]]));
    return () => {
      map.channels.clear("load");
    };
  }, [map, answer, wanted]);
}

/** Percentages by id; what is not known is left out. */
export function valuesOf(given: { ids: number[]; pct: (number | null)[] }): Map<number, number> {
  const values = new Map<number, number>();
  given.ids.forEach((id, at) => {
    const pct = given.pct[at];
    if (typeof pct === "number" && Number.isFinite(pct)) values.set(id, pct);
  });
  return values;
}

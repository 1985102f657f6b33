/** Color the map by vegetation risk while that is asked for; before that, nothing of it is loaded. */

import { useEffect } from "react";
import { api } from "../api/client";
import { RISK_CLASSES, type RiskClasses } from "../api/types";
import { useAnswer } from "../parts/asking";
import { useStore } from "../state/store";
import type { Values } from "../state/supply";
import { useGridMap } from "./current";
import { valuesOf } from "./roles";

export function usePaintedVegetation(wanted: boolean): void {
  const map = useGridMap();
  const network = useStore((store) => store.info?.network ?? "");
  const { answer } = useAnswer(
    wanted ? (signal) => api.riskClasses({ signal, quiet: true }) : null,
    `vegetation ${network}`,
    [],
  );
  useEffect(() => {
    if (!map || !answer || !wanted) return;
    map.channels.set("risk", risksOf(answer));
    return () => {
      map.channels.clear("risk");
    };
  }, [map, answer, wanted]);
}

/** The place of its class, from 1, by feature. */
export function risksOf(classes: RiskClasses): Values {
  const values: Values = new Map();
  RISK_CLASSES.forEach((name, at) => {
    for (const [layer, ids] of valuesOf(classes[name], at + 1)) {
      values.set(layer, new Map([...(values.get(layer) ?? []), ...ids]));
    }
  });
  return values;
}

/** Bring an answer into view the first time it is seen. */

import { useEffect, useState } from "react";
import type { Bounds } from "../api/types";
import { type ParamKey, readLinked } from "../state/params";
import { useGridMap } from "./current";

/**
 * Show the extent of the answer to what a parameter of the URL asks.
 *
 * An answer that is renewed moves nothing, nor one that a link shows from a place of its own.
 */
export function useFirstSight(
  key: ParamKey,
  asked: string | null,
  answer: { bounds: Bounds | null } | null,
  say?: () => void,
): void {
  const map = useGridMap();
  const [seen, setSeen] = useState<string | null>(null);
  const [linked, setLinked] = useState(() => readLinked(key));
  useEffect(() => {
    if (!asked) setSeen(null);
    if (!asked || !map || !answer || seen === asked) return;
    setSeen(asked);
    setLinked(null);
    say?.();
    const { bounds } = answer;
    if (bounds && asked !== linked && !map.sees(bounds)) map.show(bounds, { maxZoom: 16 });
  }, [map, answer, asked, seen, linked, say]);
}

/** Ask what both sides show, and again as the present goes on. */

import { useEffect, useState } from "react";
import type { Comparison } from "../../api/types";
import { type Asked, useAnswer } from "../../parts/asking";
import { useParam } from "../../state/params";
import { askedOf, followsPresent, formatSide, type Side } from "../../state/sides";
import { useStore } from "../../state/store";
import { compare } from "./client";

/** One question at a time: while a storm changes the grid faster than the server answers, too. */
export function useComparison(left: Side, right: Side): Asked<Comparison> {
  const whatif = useParam("whatif");
  const network = useStore((store) => store.info?.network);
  const changes = useStore((store) => store.changes);
  const [seen, setSeen] = useState(changes);
  const sides = [left, right];
  const tried = sides.some(({ kind }) => kind === "whatif") ? whatif : "";
  const asked = useAnswer(
    (signal) =>
      compare(
        { left: askedOf(left, whatif), right: askedOf(right, whatif) },
        { signal, quiet: true },
      ),
    [network, tried, ...sides.map(formatSide)].join(" "),
    [seen],
  );
  const behind = sides.some(followsPresent) && seen !== changes;
  useEffect(() => {
    if (behind && !asked.waiting) setSeen(changes);
  }, [behind, asked.waiting, changes]);
  return asked;
}

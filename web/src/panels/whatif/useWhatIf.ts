/** Ask the what-if of the URL and paint it: who goes out, who comes back, where the switches stand. */

import { useEffect, useState } from "react";
import { create } from "zustand";
import { ApiError, api } from "../../api/client";
import type { ElementDetail, WhatIfAnswer } from "../../api/types";
import { useGridMap } from "../../map/current";
import { useFirstSight } from "../../map/firstsight";
import type { GridMap } from "../../map/gridmap";
import { count } from "../../parts/words";
import { useParam } from "../../state/params";
import { useSidesOpen } from "../../state/sides";
import { speak, useStore } from "../../state/store";
import { phaseBits, type Values } from "../../state/supply";
import { readSwitches } from "../../state/switches";

export interface Trial {
  text: string | null;
  answer: WhatIfAnswer | null;
  switches: ReadonlyMap<string, ElementDetail>;
  error: string | null;
}

const NONE: Trial = { text: null, answer: null, switches: new Map(), error: null };

/** What the last what-if gave; the panel and the widget read it. */
export const useTrial = create<Trial>(() => NONE);

const CLOSED_BIT = 8;

/** Keeps trial and map in step with the URL; mounted once. */
export function useWhatIf(): void {
  const text = useParam("whatif");
  const version = useStore((store) => store.version);
  const map = useGridMap();
  const beside = useSidesOpen(); // it has a map of its own there
  const [asked, setAsked] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new version of the state asks again
  useEffect(() => {
    const positions = readSwitches(text);
    if (positions.size === 0) {
      useTrial.setState(NONE);
      return;
    }
    const abort = new AbortController();
    ask(text, abort.signal)
      .then((trial) => {
        useTrial.setState(trial);
        setAsked((before) => before + 1);
        if (trial.answer) speak(sentenceOf(trial.answer));
      })
      .catch((error: unknown) => {
        if (abort.signal.aborted) return;
        const words = error instanceof ApiError ? error.message : "The server does not answer.";
        useTrial.setState({ ...NONE, text, error: words });
      });
    return () => abort.abort();
  }, [text, version]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: paints each new answer
  useEffect(() => {
    const trial = useTrial.getState();
    if (!map || beside || !text || trial.text !== text || !trial.answer) return;
    return paint(map, trial);
  }, [map, beside, text, asked]);
  const trial = useTrial();
  useFirstSight("whatif", text, trial.text === text ? trial.answer : null);
}

async function ask(text: string | null, signal: AbortSignal): Promise<Trial> {
  const positions = readSwitches(text);
  const known = useTrial.getState().switches;
  const [answer, ...details] = await Promise.all([
    api.whatIf({ switches: Object.fromEntries(positions) }, { signal }),
    ...[...positions.keys()].map((mrid) => known.get(mrid) ?? api.element(mrid, { signal })),
  ]);
  return { text, answer, switches: new Map(details.map((each) => [each.mrid, each])), error: null };
}

function paint(map: GridMap, { text, answer, switches }: Trial): () => void {
  if (!answer) return () => {};
  const tried: Values = new Map([["switches", new Map<number, number>()]]);
  for (const [mrid, position] of readSwitches(text)) {
    const id = switches.get(mrid)?.feature?.id;
    if (id === undefined) continue;
    const bits = position === false ? CLOSED_BIT : phaseBits(position === true ? "" : position);
    tried.get("switches")?.set(id, bits);
  }
  const fate: Values = new Map();
  for (const [features, value] of [
    [answer.out.features, 1],
    [answer.back.features, 2],
  ] as const) {
    for (const [layer, ids] of Object.entries(features) as [keyof typeof features, number[]][]) {
      const values = fate.get(layer) ?? new Map<number, number>();
      for (const id of ids) values.set(id, value);
      fate.set(layer, values);
    }
  }
  map.channels.set("tried", tried);
  map.channels.set("fate", fate);
  return () => {
    map.channels.clear("tried");
    map.channels.clear("fate");
  };
}

export function sentenceOf({ out, back }: WhatIfAnswer): string {
  return `${count(out.customers)} customers would go out, ${count(back.customers)} would come back.`;
}

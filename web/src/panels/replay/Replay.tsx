/** The replay at the foot of the map: a button until it is opened. */

import { useCallback, useMemo } from "react";
import { Icon } from "../../parts/icons";
import { useShortcuts } from "../../parts/keyboard";
import { getParams, setParams, useParam } from "../../state/params";
import { useSidesOpen } from "../../state/sides";
import { hoursOf } from "./hours";
import { ReplayBar } from "./ReplayBar";
import "./replay.css";

export default function Replay() {
  const text = useParam("replay");
  const at = useParam("at");
  const open = text !== null || at !== null;
  const beside = useSidesOpen();
  const close = useCallback(() => setParams({ replay: null, at: null }, { push: true }), []);
  const change = useCallback((hours: number) => setParams({ replay: String(hours) }), []);
  useShortcuts(useMemo(() => [{ key: "r", says: "Replay", run: toggle }], []));
  if (beside) return null; // each of two maps has its own moment
  if (!open) {
    return (
      <button type="button" className="button replay-open" aria-keyshortcuts="r" onClick={toggle}>
        <Icon name="replay" size={18} />
        Replay
      </button>
    );
  }
  return <ReplayBar hours={hoursOf(text, at, Date.now())} onHours={change} onClose={close} />;
}

function toggle(): void {
  const { replay, at } = getParams();
  const open = replay !== undefined || at !== undefined;
  const next = open ? { replay: null, at: null } : { replay: "6", left: null, right: null };
  setParams(next, { push: true });
}

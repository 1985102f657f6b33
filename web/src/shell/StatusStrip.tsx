import { useEffect, useState } from "react";
import { count, fullClock } from "../parts/words";
import { useStore } from "../state/store";
import { Person } from "./Person";

const WORDS = { connecting: "Connecting", live: "Live", lost: "No connection" } as const;

/** The line at the foot: how many are out, whether what is seen is true now. */
export function StatusStrip() {
  const { info, link, version, customersOut, updatedAt } = useStore();
  const stations = info?.substations.filter(({ out }) => out > 0).length ?? 0;
  return (
    <footer className="status">
      <output className="status-out" data-out={customersOut > 0} aria-label="Customers out">
        <strong>{count(customersOut)}</strong> customers out
      </output>
      {info && (
        <span className="status-quiet">
          {stations} of {count(info.substations.length)} substations affected
        </span>
      )}
      <span className="grow" />
      <Person />
      {info && <span className="status-quiet wide">{info.name}</span>}
      <span className="status-quiet wide">state {version}</span>
      <span className="link" data-link={link}>
        <span className="dot" aria-hidden="true" />
        {WORDS[link]}
        {updatedAt > 0 && <time className="wide"> {fullClock(updatedAt)}</time>}
      </span>
      <Now />
    </footer>
  );
}

function Now() {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return (
    <time className="now" aria-hidden="true">
      {fullClock(now)}
    </time>
  );
}

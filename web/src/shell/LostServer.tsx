import { useEffect, useState } from "react";
import { retryNow } from "../state/live";
import { useStore } from "../state/store";

/** Says that what is seen may be old, and what happens next. */
export function LostServer() {
  const link = useStore((store) => store.link);
  const retryAt = useStore((store) => store.retryAt);
  const updatedAt = useStore((store) => store.updatedAt);
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (link !== "lost") return;
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [link]);
  if (link !== "lost") return null;
  const seconds = Math.max(0, Math.ceil((retryAt - now) / 1000));
  return (
    <div className="lost" role="alert">
      <p>
        <strong>The server is gone.</strong>{" "}
        {updatedAt ? "The map shows the last state it sent. " : ""}
        <span aria-hidden="true">{seconds > 0 ? `Next try in ${seconds} s.` : "Trying ..."}</span>
      </p>
      <button type="button" className="button small" onClick={retryNow}>
        Try now
      </button>
    </div>
  );
}

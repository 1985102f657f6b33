/** Ask the server from a component: the newest question counts, an older answer is dropped. */

import { useCallback, useEffect, useRef, useState } from "react";
import { Unreachable } from "../api/client";

export interface Asked<T> {
  answer: T | null;
  error: string;
  waiting: boolean;
}

/**
 * Return the answer to a question, asked again whenever one of `on` changes.
 *
 * The old answer stays until the new one is there, so that a list does not blink while it is renewed;
 * `key` says what the question is of: when that changes, the old answer goes at once.
 */
export function useAnswer<T>(
  question: ((signal: AbortSignal) => Promise<T>) | null,
  key: string,
  on: readonly unknown[],
): Asked<T> {
  const [kept, setKept] = useState<Asked<T> & { key: string }>({ ...NOTHING, key });
  const latest = useRef(question);
  latest.current = question;
  const asked = question !== null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `on` is the list of what to ask again on
  useEffect(() => {
    const ask = latest.current;
    if (!ask) return setKept({ ...NOTHING, key });
    const abort = new AbortController();
    setKept((old) => ({
      answer: old.key === key ? old.answer : null,
      error: "",
      waiting: true,
      key,
    }));
    ask(abort.signal).then(
      (answer) => abort.signal.aborted || setKept({ answer, error: "", waiting: false, key }),
      (error) => abort.signal.aborted || setKept((old) => ({ ...old, ...failed(error) })),
    );
    return () => abort.abort();
  }, [key, asked, ...on]);
  return kept.key === key ? kept : NOTHING_YET;
}

const NOTHING = { answer: null, error: "", waiting: false };
const NOTHING_YET = { answer: null, error: "", waiting: true };

/** What to say of a failed question; that the server is gone is said elsewhere already. */
function failed(error: unknown): { error: string; waiting: boolean } {
  return { error: error instanceof Unreachable ? "" : words(error), waiting: false };
}

export function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The time now, renewed every so often. */
export function useNow(everyMs = 15_000): number {
  const [now, setNow] = useState(() => Date.now());
  const renew = useCallback(() => setNow(Date.now()), []);
  useEffect(() => {
    const timer = setInterval(renew, everyMs);
    return () => clearInterval(timer);
  }, [everyMs, renew]);
  return now;
}

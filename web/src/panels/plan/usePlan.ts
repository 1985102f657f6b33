import { useEffect, useState } from "react";
import { ApiError, api } from "../../api/client";
import type { Plan } from "../../api/types";
import { speak, useStore } from "../../app/store";
import { count } from "../../app/words";

interface Answer {
  plan: Plan | null;
  error: string | null;
}

/** The switching plan for a fault, searched anew when the grid's state changes. */
export function usePlan(fault: string | null): Answer {
  const version = useStore((store) => store.version);
  const [answer, setAnswer] = useState<Answer & { of: string | null }>({
    of: null,
    plan: null,
    error: null,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new version of the state asks again
  useEffect(() => {
    if (!fault) return;
    const abort = new AbortController();
    api
      .restore([fault], { signal: abort.signal })
      .then((plan) => {
        setAnswer({ of: fault, plan, error: null });
        const { customers_restored: back, customers_at_start: out } = plan.totals;
        speak(`A plan brings back ${count(back)} of ${count(out)} customers.`);
      })
      .catch((error: unknown) => {
        if (abort.signal.aborted) return;
        const text = error instanceof ApiError ? error.message : "The server does not answer.";
        setAnswer({ of: fault, plan: null, error: text });
      });
    return () => abort.abort();
  }, [fault, version]);
  return answer.of === fault ? answer : { plan: null, error: null };
}

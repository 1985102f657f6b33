import { useEffect, useState } from "react";
import { ApiError, api } from "../../api/client";
import type { Plan } from "../../api/types";
import { count } from "../../parts/words";
import { speak, useStore } from "../../state/store";

interface Answer {
  plan: Plan | null;
  error: string | null;
}

/** The switching plan for a fault, searched anew when the grid's state changes. */
export function usePlan(fault: string | null, allSides: boolean): Answer {
  const version = useStore((store) => store.version);
  const asked = fault && `${fault} ${allSides}`;
  const [answer, setAnswer] = useState<Answer & { asked: string | null }>({
    asked: null,
    plan: null,
    error: null,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new version of the state asks again
  useEffect(() => {
    if (!fault) return;
    const abort = new AbortController();
    api
      .restore({ of: [fault], options: { all_sides: allSides } }, { signal: abort.signal })
      .then((plan) => {
        setAnswer({ asked, plan, error: null });
        const { customers_restored: back, customers_at_start: out } = plan.totals;
        speak(`A plan brings back ${count(back)} of ${count(out)} customers.`);
      })
      .catch((error: unknown) => {
        if (abort.signal.aborted) return;
        const text = error instanceof ApiError ? error.message : "The server does not answer.";
        setAnswer({ asked, plan: null, error: text });
      });
    return () => abort.abort();
  }, [asked, version]);
  return answer.asked === asked ? answer : { plan: null, error: null };
}

import { useEffect, useState } from "react";
import { ApiError, api } from "../../api/client";
import type { ElementDetail } from "../../api/types";
import { useStore } from "../../state/store";

interface Answer {
  detail: ElementDetail | null;
  error: string | null;
}

/** The details of an element, asked again when the state of the grid changes. */
export function useElement(mrid: string | null): Answer {
  const changes = useStore((store) => store.changes);
  const [answer, setAnswer] = useState<Answer & { of: string | null }>({
    of: null,
    detail: null,
    error: null,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: what changed may be in it
  useEffect(() => {
    if (!mrid) return;
    const abort = new AbortController();
    api
      .element(mrid, { signal: abort.signal })
      .then((detail) => setAnswer({ of: mrid, detail, error: null }))
      .catch((error: unknown) => {
        if (abort.signal.aborted) return;
        const text = error instanceof ApiError ? error.message : "The server does not answer.";
        setAnswer({ of: mrid, detail: null, error: text });
      });
    return () => abort.abort();
  }, [mrid, changes]);
  return answer.of === mrid ? answer : { detail: null, error: null };
}

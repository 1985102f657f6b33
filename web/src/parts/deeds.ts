/** Do what changes something on the server: once at a time, and say how it went. */

import { useState } from "react";
import { useMay } from "../state/me";
import { notify, useStore } from "../state/store";
import { words } from "./asking";

export interface Deed {
  waiting: boolean;
  /** Run it; its answer is what to say. Returns whether it went well. */
  run: (deed: () => Promise<string>) => Promise<boolean>;
}

export function useDeed(): Deed {
  const [waiting, setWaiting] = useState(false);
  const run = async (deed: () => Promise<string>) => {
    setWaiting(true);
    try {
      notify(await deed());
      return true;
    } catch (error) {
      notify(words(error), "error");
      return false;
    } finally {
      setWaiting(false);
    }
  };
  return { waiting, run };
}

/** Whether who looks may change something, or may show a token for it. */
export function useOperates(permission = "operate"): boolean {
  const known = useMay(permission);
  return useStore((store) => store.info?.can.operate ?? false) || known;
}

/** Whether the basemap is drawn: the server has one, what reads it is loaded, and it is not hidden. */

import { useEffect, useState } from "react";
import type { Info } from "../api/types";
import { useParam } from "../state/params";
import { notify } from "../state/store";

export const BASEMAP_OFF = "off";

export function useBasemap(info: Info): boolean {
  const hidden = useParam("base") === BASEMAP_OFF;
  const wanted = info.basemap !== null && !hidden;
  const [ready, setReady] = useState(false);
  useEffect(() => {
    if (!wanted || ready) return;
    import("./pmtilesprotocol")
      .then(() => setReady(true))
      .catch(() => notify("The basemap cannot be loaded: load the page again.", "error"));
  }, [wanted, ready]);
  return wanted && ready;
}

import { useEffect, useState, useSyncExternalStore } from "react";
import { busy } from "../api/busy";
import { useStore } from "../state/store";

/** A thin line on top while the server or the map works, not for what is over in a moment. */
export function LoadingBar() {
  const requests = useSyncExternalStore(busy.subscribe, busy.read);
  const drawing = useStore((store) => store.drawing);
  const working = requests > 0 || drawing;
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(working), working ? 180 : 120);
    return () => clearTimeout(timer);
  }, [working]);
  return (
    <div
      className="loading-bar"
      data-on={shown}
      role="progressbar"
      aria-label="Loading"
      aria-hidden={!shown}
    />
  );
}

/** Offer a tour to who is new, once the map is drawn; begin it anew when the help asks for it. */

import { lazy, Suspense, useEffect, useState } from "react";
import { useStore } from "../state/store";
import { wasToured } from "./toured";

const Tour = lazy(() => import("./Tour"));
const CALM_MS = 1_500; // after the map was drawn first: nothing of it delays that
export const TOUR = "gridtwin-tour"; // the event that begins it

export function Newcomer() {
  const drawn = useStore(({ info, drawing }) => info !== null && !drawing);
  const [shown, setShown] = useState<"offered" | "begun" | null>(null);
  const [offered, setOffered] = useState(wasToured);
  useEffect(() => {
    if (!drawn || offered) return;
    const timer = setTimeout(() => {
      setOffered(true);
      setShown("offered");
    }, CALM_MS);
    return () => clearTimeout(timer);
  }, [drawn, offered]);
  useEffect(() => {
    const begin = () => setShown("begun");
    window.addEventListener(TOUR, begin);
    return () => window.removeEventListener(TOUR, begin);
  }, []);
  if (!shown) return null;
  return (
    <Suspense fallback={null}>
      <Tour key={shown} begun={shown === "begun"} onEnd={() => setShown(null)} />
    </Suspense>
  );
}

/** Dark or light: as the URL says, else as the system says. */

import { useSyncExternalStore } from "react";
import { getParams, setParams, subscribeParams } from "./params";

export type Theme = "dark" | "light";

const system = window.matchMedia("(prefers-color-scheme: light)");
const calm = window.matchMedia("(prefers-reduced-motion: reduce)");

export function currentTheme(): Theme {
  const chosen = getParams().theme;
  if (chosen === "dark" || chosen === "light") return chosen;
  return system.matches ? "light" : "dark";
}

export function toggleTheme(): void {
  setParams({ theme: currentTheme() === "dark" ? "light" : "dark" });
}

function subscribe(listener: () => void): () => void {
  system.addEventListener("change", listener);
  const unsubscribe = subscribeParams(listener);
  return () => {
    system.removeEventListener("change", listener);
    unsubscribe();
  };
}

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, currentTheme);
}

/** Keep `<html data-theme>` in step; style sheets read nothing else. */
export function applyTheme(): void {
  const paint = () => {
    document.documentElement.dataset.theme = currentTheme();
  };
  paint();
  subscribe(paint);
}

/** The reader asked for less motion: nothing flows, the camera jumps. */
export function prefersCalm(): boolean {
  return calm.matches;
}

/** Keys that work everywhere but in a field of text; the list is also what `?` shows. */

import { type KeyboardEvent as Pressed, useEffect } from "react";

export interface Shortcut {
  key: string; // as KeyboardEvent.key
  says: string;
  run: () => void;
}

const active = new Map<string, Shortcut>();

export function shortcuts(): Shortcut[] {
  return [...active.values()];
}

/** Have keys while the component is mounted. */
export function useShortcuts(list: Shortcut[]): void {
  useEffect(() => {
    for (const shortcut of list) active.set(shortcut.key, shortcut);
    return () => {
      for (const shortcut of list) {
        if (active.get(shortcut.key) === shortcut) active.delete(shortcut.key);
      }
    };
  }, [list]);
}

function typing(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

export function listenToKeys(): void {
  window.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    // A dialog has its own keys: Escape closes it.
    if (event.defaultPrevented || typing(event.target) || document.querySelector("dialog[open]")) {
      return;
    }
    const shortcut = active.get(event.key);
    if (!shortcut) return;
    event.preventDefault();
    shortcut.run();
  });
}

/** Go through the buttons of a list: arrow keys, Home, End. */
export function throughList(event: Pressed<HTMLUListElement>): void {
  const buttons = [...event.currentTarget.querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
  if (to === undefined || at < 0) return;
  event.preventDefault();
  buttons[Math.min(Math.max(to, 0), buttons.length - 1)]?.focus();
}

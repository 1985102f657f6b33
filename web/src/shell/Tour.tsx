/**
 * Show a newcomer around in five steps.
 *
 * It is offered once, beside the map and never before it: whoever goes through it or waves it off is
 * not asked again on this browser; the help (`?`) begins it anew.
 */

import { useEffect, useRef, useState } from "react";
import { remember } from "./toured";

interface Step {
  title: string;
  says: string;
  at: string; // selector of what it is about
}

export const STEPS: readonly Step[] = [
  {
    title: "Find anything",
    says: "Press / and type an id, a name or a place; slips are forgiven. Enter goes there.",
    at: ".search-field",
  },
  {
    title: "Ask the map",
    says: "Click an element: what it is, whether it lives, who hangs below. Red is without supply.",
    at: ".stage",
  },
  {
    title: "Open a panel",
    says: "Outages, switching, findings, diagrams: each is a button here, most have a key.",
    at: ".rail",
  },
  {
    title: "Read the signs",
    says: "The legend (l) says what signs and colors mean, and how lines are colored.",
    at: ".legend",
  },
  {
    title: "See who is out, now",
    says: "This line is live. Everything you see is a link: c copies it. ? lists all keys.",
    at: ".status",
  },
];

interface Props {
  begun: boolean; // it was asked for: it begins at once
  onEnd: () => void;
}

export default function Tour({ begun, onEnd }: Props) {
  const [at, setAt] = useState(begun ? 0 : -1); // before the first: it is only offered
  const card = useRef<HTMLElement>(null);
  const step = STEPS[at];
  useHighlight(step?.at ?? null);
  useEffect(() => {
    if (at >= 0) card.current?.focus({ preventScroll: true });
  }, [at]);
  const end = () => {
    remember();
    onEnd();
  };
  const go = (to: number) => {
    if (to >= STEPS.length) end();
    else setAt(Math.max(to, 0));
  };
  return (
    <section
      ref={card}
      className="tour card"
      aria-label="Tour of the page"
      aria-live="polite"
      tabIndex={-1}
      onKeyDown={(event) => {
        const acts: Record<string, () => void> = {
          Escape: end,
          ArrowRight: () => go(at + 1),
          ArrowLeft: () => go(at - 1),
        };
        const act = acts[event.key];
        if (!act) return;
        event.preventDefault();
        event.stopPropagation();
        act();
      }}
    >
      <h2>{step ? step.title : "New here?"}</h2>
      <p>{step ? step.says : "Five short steps show what this page does."}</p>
      <div className="row">
        {step && (
          <span className="quiet">
            {at + 1} of {STEPS.length}
          </span>
        )}
        <span className="grow" />
        <button type="button" className="button small" onClick={end}>
          {step ? "Skip" : "No, thanks"}
        </button>
        {at > 0 && (
          <button type="button" className="button small" onClick={() => go(at - 1)}>
            Back
          </button>
        )}
        <button type="button" className="button small" onClick={() => go(at + 1)}>
          {step ? (at === STEPS.length - 1 ? "Done" : "Next") : "Show me around"}
        </button>
      </div>
    </section>
  );
}

/** Ring what a step is about. */
function useHighlight(selector: string | null): void {
  useEffect(() => {
    const shown = selector ? document.querySelector(selector) : null;
    shown?.classList.add("toured");
    return () => shown?.classList.remove("toured");
  }, [selector]);
}

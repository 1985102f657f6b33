/** Show a past state on the map, and the present again when there is none to show. */

import { useEffect, useRef, useState } from "react";
import { api } from "../../api/client";
import { words } from "../../parts/asking";
import { dayClock } from "../../parts/words";
import { notify, speak } from "../../state/store";
import { supply } from "../../state/supply";

/**
 * Keep the map at the moment `at`; null is the present. Answers whether the map is behind.
 *
 * One question is under way at a time: while a slider is dragged, only the newest moment is asked
 * for next, so the map follows as fast as the server answers and never shows an older one later.
 */
export function usePast(at: string | null): boolean {
  const [waiting, setWaiting] = useState(false);
  const loop = useRef<Loop | null>(null);
  useEffect(() => {
    loop.current ??= new Loop(setWaiting);
    loop.current.show(at);
  }, [at]);
  useEffect(() => () => loop.current?.end(), []);
  return waiting;
}

class Loop {
  private wanted: string | null = null;
  private shown: string | null = null;
  private running = false;

  constructor(private readonly onWaiting: (waiting: boolean) => void) {}

  show(at: string | null): void {
    this.wanted = at;
    if (at === null) this.present();
    else if (!this.running) void this.run();
  }

  end(): void {
    this.show(null);
  }

  private present(): void {
    if (this.shown !== null) speak("The map is live.");
    this.shown = null;
    this.onWaiting(false);
    supply.showCurrent();
  }

  private async run(): Promise<void> {
    this.running = true;
    this.onWaiting(true);
    while (this.wanted !== null && this.wanted !== this.shown) {
      const at: string = this.wanted;
      try {
        const state = await api.state(at, { quiet: true });
        if (this.wanted === null) break; // back to live meanwhile
        if (this.shown === null) speak(`The map shows the past: ${dayClock(at)}.`);
        supply.show(state);
      } catch (error) {
        notify(words(error), "error");
      }
      this.shown = at;
    }
    this.running = false;
    this.onWaiting(false);
  }
}

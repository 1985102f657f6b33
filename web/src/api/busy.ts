/** Count the requests under way, for the loading bar. */

type Listener = (count: number) => void;

class Busy {
  private count = 0;
  private readonly listeners = new Set<Listener>();

  /** Begin; call the answer once when it is over. */
  start(): () => void {
    this.change(1);
    let over = false;
    return () => {
      if (!over) this.change(-1);
      over = true;
    };
  }

  subscribe = (listener: Listener): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  read = (): number => this.count;

  private change(by: number): void {
    this.count += by;
    for (const listener of this.listeners) listener(this.count);
  }
}

export const busy = new Busy();

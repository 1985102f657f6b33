import { Component, type ReactNode, Suspense, useEffect, useMemo, useRef } from "react";
import type { Panel } from "../panels/registry";
import { Icon } from "../parts/icons";
import { useShortcuts } from "../parts/keyboard";
import { setParams, useParam } from "../state/params";
import { useStore } from "../state/store";

/** The open panel, with its head and a way out. */
export function PanelHost({ panels }: { panels: readonly Panel[] }) {
  const key = useParam("panel");
  const info = useStore((store) => store.info);
  const panel = panels.find((candidate) => candidate.key === key);
  const frame = useRef<HTMLElement>(null);
  useShortcuts(
    useMemo(
      () => [
        {
          key: "Escape",
          says: "Close the panel",
          run: () => setParams({ panel: null }, { push: true }),
        },
      ],
      [],
    ),
  );
  // The keyboard follows: a panel that opens takes the focus, unless somebody is typing.
  useEffect(() => {
    if (key && document.activeElement?.tagName !== "INPUT")
      frame.current?.focus({ preventScroll: true });
  }, [key]);
  if (!panel || !info) return null;
  const Body = panel.component;
  return (
    <section className="panel" aria-label={panel.title} tabIndex={-1} ref={frame} key={panel.key}>
      <header className="panel-head">
        <h2>{panel.title}</h2>
        <button
          type="button"
          className="icon-button"
          aria-label={`Close ${panel.title}`}
          onClick={() => setParams({ panel: null }, { push: true })}
        >
          <Icon name="close" size={18} />
        </button>
      </header>
      <div className="panel-body">
        <Fence>
          <Suspense fallback={<p className="quiet">Loading ...</p>}>
            <Body />
          </Suspense>
        </Fence>
      </div>
    </section>
  );
}

/** A panel that fails must not take the map with it. */
class Fence extends Component<{ children: ReactNode }, { failed: string | null }> {
  override state = { failed: null };

  static getDerivedStateFromError(error: unknown) {
    return { failed: error instanceof Error ? error.message : String(error) };
  }

  override render() {
    if (this.state.failed === null) return this.props.children;
    return (
      <div role="alert">
        <p>This panel failed: {this.state.failed}</p>
        <button type="button" className="button" onClick={() => this.setState({ failed: null })}>
          Try again
        </button>
      </div>
    );
  }
}

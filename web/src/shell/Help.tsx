import { useEffect, useMemo, useRef, useState } from "react";
import { Icon } from "../parts/icons";
import { type Shortcut, shortcuts, useShortcuts } from "../parts/keyboard";
import { TOUR } from "./Newcomer";

const NAMES: Record<string, string> = {
  Escape: "Esc",
  ArrowLeft: "Left",
  ArrowRight: "Right",
  " ": "Space",
};

/** `?` shows every key that works now. */
export function Help() {
  const [list, setList] = useState<Shortcut[] | null>(null);
  const dialog = useRef<HTMLDialogElement>(null);
  useShortcuts(
    useMemo(() => [{ key: "?", says: "These shortcuts", run: () => setList(shortcuts()) }], []),
  );
  useEffect(() => {
    if (list) dialog.current?.showModal();
  }, [list]);
  if (!list) return null;
  return (
    <dialog
      className="help"
      ref={dialog}
      aria-label="Keyboard shortcuts"
      onClose={() => setList(null)}
    >
      <header className="panel-head">
        <h2>Keyboard</h2>
        <button
          type="button"
          className="icon-button"
          aria-label="Close"
          onClick={() => dialog.current?.close()}
        >
          <Icon name="close" size={18} />
        </button>
      </header>
      <dl className="keys">
        {list.map(({ key, says }) => (
          <div key={key}>
            <dt>
              <kbd>{NAMES[key] ?? key}</kbd>
            </dt>
            <dd>{says}</dd>
          </div>
        ))}
        <div>
          <dt>
            <kbd>Arrows</kbd>
          </dt>
          <dd>Move the map, when it has the focus</dd>
        </div>
      </dl>
      <p className="carried">
        <button
          type="button"
          className="text-button"
          onClick={() => {
            dialog.current?.close();
            window.dispatchEvent(new Event(TOUR));
          }}
        >
          Show me around
        </button>{" "}
        in five steps.
      </p>
      <p className="carried">
        This page carries the work of others:{" "}
        <a href="/licenses.txt" target="_blank" rel="noreferrer">
          libraries and fonts, with their licenses
        </a>
        .
      </p>
    </dialog>
  );
}

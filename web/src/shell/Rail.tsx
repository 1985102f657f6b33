import { useMemo } from "react";
import type { Panel } from "../panels/registry";
import { Icon } from "../parts/icons";
import { useShortcuts } from "../parts/keyboard";
import { useMe } from "../state/me";
import { getParams, setParams, useParam } from "../state/params";
import { useStore } from "../state/store";

export function openPanel(key: string | null): void {
  setParams({ panel: key }, { push: true });
}

/** The column of panels; the one that is open is pressed. */
export function Rail({ panels }: { panels: readonly Panel[] }) {
  const info = useStore((store) => store.info);
  const me = useMe((known) => known.me);
  const open = useParam("panel");
  const shown = useMemo(
    () =>
      panels.filter(
        ({ hidden, available, permission }) =>
          !hidden &&
          (!available || (info && available(info))) &&
          (!permission || me?.permissions.includes(permission)),
      ),
    [panels, info, me],
  );
  const keys = useMemo(
    () =>
      shown.flatMap(({ key, title, shortcut }) =>
        shortcut ? [{ key: shortcut, says: `${title} panel`, run: () => toggle(key) }] : [],
      ),
    [shown],
  );
  useShortcuts(keys);
  return (
    <nav className="rail" aria-label="Panels">
      <img className="mark" src="/icon.svg" alt="gridtwin" width="30" height="30" />
      {shown.map(({ key, title, short, icon, shortcut }) => (
        <button
          key={key}
          type="button"
          className="rail-button"
          aria-pressed={open === key}
          aria-keyshortcuts={shortcut}
          onClick={() => toggle(key)}
        >
          <Icon name={icon} />
          <span>{short ?? title}</span>
        </button>
      ))}
    </nav>
  );
}

function toggle(key: string): void {
  openPanel(getParams().panel === key ? null : key);
}

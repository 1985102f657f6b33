/** How lines are colored, and what the signs mean. */

import { useMemo } from "react";
import type { Info } from "../../api/types";
import { BASEMAP_OFF } from "../../map/basemap";
import { type Group, legendOf } from "../../map/legend";
import { asMode, MODE_NAMES, MODES, type Mode } from "../../map/modes";
import { useShortcuts } from "../../parts/keyboard";
import { getParams, setParams, useParam } from "../../state/params";
import { useStore } from "../../state/store";
import { useTheme } from "../../state/theme";
import { Sign } from "./Sign";
import "./legend.css";

export default function Legend() {
  const open = useParam("legend") === "open";
  const mode = asMode(useParam("mode"));
  const theme = useTheme();
  const info = useStore((store) => store.info);
  const groups = useMemo(() => legendOf(mode, theme, info), [mode, theme, info]);
  useShortcuts(useMemo(() => [{ key: "l", says: "Legend", run: toggle }], []));
  return (
    <section className="legend card" aria-label="Legend">
      <div className="legend-head">
        <ModeSwitch mode={mode} offered={offeredModes(mode, info)} />
        <button
          type="button"
          className="button small"
          aria-expanded={open}
          aria-keyshortcuts="l"
          onClick={toggle}
        >
          Legend
        </button>
      </div>
      {open && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
        <div className="legend-body" tabIndex={0}>
          {info?.basemap && <BasemapSwitch />}
          {groups.map((group) => (
            <Signs key={group.title} group={group} />
          ))}
        </div>
      )}
    </section>
  );
}

function toggle(): void {
  setParams({ legend: getParams().legend === "open" ? null : "open" });
}

function BasemapSwitch() {
  const shown = useParam("base") !== BASEMAP_OFF;
  return (
    <label className="mode">
      <input
        type="checkbox"
        checked={shown}
        onChange={() => setParams({ base: shown ? BASEMAP_OFF : null })}
      />
      Streets and water
    </label>
  );
}

/** Those this grid can answer, and the one that is chosen. */
function offeredModes(mode: Mode, info: Info | null): Mode[] {
  const can: Partial<Record<Mode, boolean>> = {
    loading: info?.can.ami ?? false,
    vegetation: info?.can.vegetation ?? false,
  };
  return MODES.filter((each) => each === mode || (can[each] ?? true));
}

function ModeSwitch({ mode, offered }: { mode: Mode; offered: readonly Mode[] }) {
  return (
    <label className="mode">
      Color by
      <select
        value={mode}
        onChange={(event) => {
          const chosen = event.target.value;
          setParams({ mode: chosen === "feeder" ? null : chosen }, { push: true });
        }}
      >
        {offered.map((each) => (
          <option key={each} value={each}>
            {MODE_NAMES[each].toLowerCase()}
          </option>
        ))}
      </select>
    </label>
  );
}

function Signs({ group }: { group: Group }) {
  return (
    <>
      <h3>{group.title}</h3>
      <ul>
        {group.entries.map((entry) => (
          <li key={entry.says}>
            <Sign sign={entry.sign} />
            {entry.says}
          </li>
        ))}
      </ul>
    </>
  );
}

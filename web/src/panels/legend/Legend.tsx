/** What the signs mean, folded away in a corner until somebody asks. */

import { useMemo } from "react";
import { useShortcuts } from "../../app/keyboard";
import { getParams, setParams, useParam } from "../../app/params";
import { useStore } from "../../app/store";
import { useTheme } from "../../app/theme";
import { asMode } from "../../map/modes";
import { type Group, legendOf } from "./entries";
import { Sign } from "./Sign";

export default function Legend() {
  const open = useParam("legend") === "open";
  const mode = asMode(useParam("mode"));
  const theme = useTheme();
  const info = useStore((store) => store.info);
  const groups = useMemo(() => legendOf(mode, theme, info), [mode, theme, info]);
  useShortcuts(useMemo(() => [{ key: "l", says: "Legend", run: toggle }], []));
  return (
    <section className="legend" aria-label="Legend">
      <button type="button" className="button" aria-expanded={open} onClick={toggle}>
        Legend
      </button>
      {open && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
        <div className="legend-body scroll" tabIndex={0}>
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

import { useMemo } from "react";
import { currentGridMap } from "../map/current";
import { copyText } from "../parts/copying";
import { Icon, type IconName } from "../parts/icons";
import { useShortcuts } from "../parts/keyboard";
import { toggleSides, useSidesOpen } from "../state/sides";
import { useStore } from "../state/store";
import { prefersCalm, toggleTheme, useTheme } from "../state/theme";

/** Zoom, whole territory, theme, a second map, link. */
export function MapButtons() {
  const theme = useTheme();
  const two = useSidesOpen();
  const buttons = useMemo(() => actions(theme === "dark", two), [theme, two]);
  useShortcuts(buttons);
  return (
    <div className="map-buttons" role="toolbar" aria-label="Map">
      {buttons.map(({ key, says, icon, run }) => (
        <button
          key={says}
          type="button"
          className="icon-button"
          aria-label={says}
          aria-keyshortcuts={key}
          title={`${says} (${key})`}
          onClick={run}
        >
          <Icon name={icon} />
        </button>
      ))}
    </div>
  );
}

interface Action {
  key: string;
  says: string;
  icon: IconName;
  run: () => void;
}

function actions(dark: boolean, two: boolean): Action[] {
  const motion = () => ({ animate: !prefersCalm() });
  const map = () => currentGridMap()?.map;
  return [
    { key: "+", says: "Zoom in", icon: "plus", run: () => map()?.zoomIn(motion()) },
    { key: "-", says: "Zoom out", icon: "minus", run: () => map()?.zoomOut(motion()) },
    { key: "0", says: "Whole territory", icon: "home", run: showAll },
    {
      key: "t",
      says: dark ? "Light theme" : "Dark theme",
      icon: dark ? "sun" : "moon",
      run: toggleTheme,
    },
    {
      key: "d",
      says: two ? "One map" : "Two maps side by side",
      icon: "sides",
      run: toggleSides,
    },
    {
      key: "c",
      says: "Copy a link to this view",
      icon: "link",
      run: () => void copyText(window.location.href, "The link to this view is copied."),
    },
  ];
}

function showAll(): void {
  const map = currentGridMap();
  const { info } = useStore.getState();
  if (map && info) map.show(info.bounds);
}

/** The shell: rail, search, panel, map, status; what is in them comes from the registry. */

import { lazy, type ReactNode, Suspense } from "react";
import { PANELS, type Place, SIDE, WIDGETS } from "../panels/registry";
import { type ParamKey, useParam } from "../state/params";
import { useStore } from "../state/store";
import { Help } from "./Help";
import { LoadingBar } from "./LoadingBar";
import { LostServer } from "./LostServer";
import { MapButtons } from "./MapButtons";
import { Newcomer } from "./Newcomer";
import { Notices } from "./Notices";
import { PanelHost } from "./PanelHost";
import { Rail } from "./Rail";
import { StatusStrip } from "./StatusStrip";

// The map is the largest part: asked for at once, in parallel with the first answers of the server.
const mapView = import("../map/MapView");
const MapView = lazy(() => mapView);

export function App() {
  const info = useStore((store) => store.info);
  const tiles = useStore((store) => store.tiles);
  return (
    <div className="shell">
      <button type="button" className="skip" onClick={focusSearch}>
        Go to search
      </button>
      <LoadingBar />
      <Rail panels={PANELS} />
      <main className="stage" aria-label="Map of the grid">
        <Suspense fallback={<p className="waiting">Loading the map ...</p>}>
          {info && tiles ? (
            <MapView info={info} tiles={tiles} />
          ) : (
            <p className="waiting">Loading the grid ...</p>
          )}
        </Suspense>
        <Widgets place="map" />
        <div className="side">
          {SIDE.map(({ key, component: Part }) => (
            <Part key={key} />
          ))}
          <PanelHost panels={PANELS} />
        </div>
        <div className="corner top">
          <Widgets place="top" />
        </div>
        <div className="corner top-right">
          <MapButtons />
          <Widgets place="top-right" />
        </div>
        <div className="corner bottom-left">
          <Widgets place="bottom-left" />
        </div>
        <div className="corner bottom-right">
          <Widgets place="bottom-right" />
        </div>
        <div className="dock">
          <Widgets place="bottom" />
        </div>
        <LostServer />
        <Notices />
        <Newcomer />
      </main>
      <StatusStrip />
      <Help />
    </div>
  );
}

function Widgets({ place }: { place: Place }) {
  const info = useStore((store) => store.info);
  if (!info) return null;
  return WIDGETS.filter((widget) => widget.place === place).map(
    ({ key, opens, component: Widget }) => (
      <Suspense key={key} fallback={null}>
        {opens ? (
          <WhileAsked param={opens}>
            <Widget />
          </WhileAsked>
        ) : (
          <Widget />
        )}
      </Suspense>
    ),
  );
}

function WhileAsked({ param, children }: { param: ParamKey; children: ReactNode }) {
  return useParam(param) === null ? null : children;
}

function focusSearch() {
  document.getElementById("search")?.focus();
}

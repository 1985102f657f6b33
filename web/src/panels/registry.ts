/**
 * Where panels plug in.
 *
 * A panel is one folder here, one entry in `PANELS`, and its key in the URL (`#panel=KEY`). It is loaded
 * when it is first opened. A widget is always on the screen, in one of the places of the shell. This file
 * is the only one that knows all panels, and the only one of them that the shell knows.
 */

import { type ComponentType, type LazyExoticComponent, lazy } from "react";
import type { Info } from "../api/types";
import type { IconName } from "../parts/icons";
import { SearchBox } from "./search/SearchBox";
import { TraceCard } from "./trace/TraceCard";

export interface Panel {
  key: string;
  title: string;
  short?: string; // on the rail, where the title is too long for it
  icon: IconName;
  shortcut?: string; // one key that opens it
  component: LazyExoticComponent<ComponentType>;
  /** Absent from the rail: it opens by what is done on the map. */
  hidden?: boolean;
  /** Whether this grid can answer it at all. */
  available?: (info: Info) => boolean;
}

export type Place = "top" | "top-right" | "bottom-left" | "bottom-right" | "bottom";

export interface Widget {
  key: string;
  place: Place;
  component: LazyExoticComponent<ComponentType>;
}

export const PANELS: readonly Panel[] = [
  {
    key: "element",
    title: "Element",
    icon: "element",
    shortcut: "e",
    component: lazy(() => import("./element/ElementPanel")),
  },
  {
    key: "ask",
    title: "Grid Intelligence",
    short: "Ask",
    icon: "ask",
    shortcut: "g",
    component: lazy(() => import("./ask/AskPanel")),
  },
  {
    key: "whatif",
    title: "What if",
    icon: "whatif",
    shortcut: "w",
    component: lazy(() => import("./whatif/WhatIfPanel")),
  },
  {
    key: "plan",
    title: "Switching plan",
    icon: "shield",
    hidden: true,
    component: lazy(() => import("./plan/PlanPanel")),
  },
  {
    key: "outages",
    title: "Outages",
    icon: "outage",
    shortcut: "o",
    component: lazy(() => import("./outages/OutagesPanel")),
  },
  {
    key: "findings",
    title: "Findings",
    icon: "finding",
    shortcut: "f",
    component: lazy(() => import("./findings/FindingsPanel")),
  },
  {
    key: "area",
    title: "Area",
    icon: "polygon",
    shortcut: "p",
    component: lazy(() => import("./polygon/AreaPanel")),
  },
  {
    key: "loading",
    title: "Loading",
    icon: "loading",
    component: lazy(() => import("./loading/LoadingPanel")),
    available: (info) => info.can.ami,
  },
  {
    key: "vegetation",
    title: "Vegetation",
    icon: "tree",
    shortcut: "v",
    component: lazy(() => import("./vegetation/VegetationPanel")),
    available: (info) => info.can.vegetation,
  },
  {
    key: "print",
    title: "Print",
    icon: "print",
    component: lazy(() => import("./print/PrintPanel")),
  },
];

export const WIDGETS: readonly Widget[] = [
  { key: "whatif", place: "top", component: lazy(() => import("./whatif/WhatIfBanner")) },
  { key: "legend", place: "bottom-right", component: lazy(() => import("./legend/Legend")) },
  { key: "replay", place: "bottom", component: lazy(() => import("./replay/Replay")) },
];

/** Above the open panel, from the first moment: not loaded apart. */
export const SIDE: readonly { key: string; component: ComponentType }[] = [
  { key: "search", component: SearchBox },
  { key: "trace", component: TraceCard },
];

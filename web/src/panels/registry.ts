/**
 * Where panels plug in.
 *
 * A panel is one folder here, one entry in `PANELS`, and its key in the URL (`#panel=KEY`). It is loaded
 * when it is first opened. A widget is on the screen, in one of the places of the shell, always or while
 * the URL asks for it. This file is the only one that knows all panels, and the only one of them that the shell knows.
 */

import { type ComponentType, type LazyExoticComponent, lazy } from "react";
import type { Info } from "../api/types";
import type { IconName } from "../parts/icons";
import type { ParamKey } from "../state/params";
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
  /** What who looks has to be allowed, for it to be on the rail. */
  permission?: string;
}

export type Place = "map" | "top" | "top-right" | "bottom-left" | "bottom-right" | "bottom";

export interface Widget {
  key: string;
  place: Place;
  /** The parameter of the URL that it is for: without it, it is not loaded. */
  opens?: ParamKey;
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
    key: "schematic",
    title: "One-line diagram",
    short: "One-line",
    icon: "feeder",
    component: lazy(() => import("./schematic/SchematicPanel")),
  },
  {
    key: "outages",
    title: "Outages",
    icon: "outage",
    shortcut: "o",
    component: lazy(() => import("./outages/OutagesPanel")),
  },
  {
    key: "operating",
    title: "Operating",
    icon: "operate",
    shortcut: "s",
    component: lazy(() => import("./operate/OperatingPanel")),
  },
  {
    key: "findings",
    title: "Findings",
    icon: "finding",
    shortcut: "f",
    component: lazy(() => import("./findings/FindingsPanel")),
  },
  {
    key: "manuals",
    title: "Manuals",
    icon: "manual",
    shortcut: "m",
    component: lazy(() => import("./manuals/ManualsPanel")),
    available: (info) => info.can.manuals,
  },
  {
    key: "customers",
    title: "Customers",
    icon: "customer",
    permission: "see-customers",
    component: lazy(() => import("./customers/CustomersPanel")),
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
    key: "here",
    title: "Place",
    icon: "target",
    shortcut: "h",
    component: lazy(() => import("./here/HerePanel")),
  },
  {
    key: "print",
    title: "Print",
    icon: "print",
    component: lazy(() => import("./print/PrintPanel")),
  },
];

export const WIDGETS: readonly Widget[] = [
  { key: "signs", place: "top-right", component: lazy(() => import("./operate/Signs")) },
  { key: "whatif", place: "top", component: lazy(() => import("./whatif/WhatIfBanner")) },
  { key: "legend", place: "bottom-right", component: lazy(() => import("./legend/Legend")) },
  { key: "replay", place: "bottom", component: lazy(() => import("./replay/Replay")) },
  {
    key: "sides",
    place: "map",
    opens: "right",
    component: lazy(() => import("./sidebyside/SideBySide")),
  },
];

/** Above the open panel, from the first moment: not loaded apart. */
export const SIDE: readonly { key: string; component: ComponentType }[] = [
  { key: "search", component: SearchBox },
  { key: "trace", component: TraceCard },
];

/** What the server answers, as far as the page reads it. The words are those of /openapi.json. */

export const LAYERS = [
  "substations",
  "lines",
  "secondaries",
  "switches",
  "transformers",
  "usage_points",
] as const;
export type LayerName = (typeof LAYERS)[number];

/** Ids of map features by tile layer; an empty layer is left out. */
export type Features = Partial<Record<LayerName, number[]>>;

export interface FeatureRef {
  layer: LayerName;
  id: number;
}

export type LonLat = [number, number];
export type Bounds = [west: number, south: number, east: number, north: number];

export interface Feeder {
  id: number;
  mrid: string;
  name: string | null;
  substation: string | null;
  head: string | null;
  color_index: number;
}

export interface Substation {
  id: number;
  mrid: string;
  name: string | null;
  at: LonLat;
  customers: number;
  out: number;
}

export interface Info {
  name: string;
  version: string;
  network: string;
  bounds: Bounds;
  counts: Record<string, number>;
  state: { name: string; version: number };
  states: string[];
  feeders: Feeder[];
  substations: Substation[];
  can: { operate: boolean; ami: boolean };
}

export interface TileJson {
  tiles: string[];
  minzoom: number;
  maxzoom: number;
  bounds: Bounds;
  center?: [number, number, number];
}

/** Open devices and the phases that are open: `ids[i]` is open on `phases[i]` ("" = all). */
export interface OpenDevices {
  ids: number[];
  phases: string[];
}

export interface SupplyState {
  state: string;
  version: number;
  /** Grows with every operation and every note on an outage. */
  changes: number;
  network: string;
  customers_out: number;
  out: Features;
  partial: Features;
  open: OpenDevices;
  closed: { ids: number[] };
}

/** What changed since the version before. */
export interface StateEvent {
  version: number;
  changes: number;
  customers_out: number;
  out: Features;
  partial: Features;
  back: Features;
  open: OpenDevices;
  closed: { ids: number[] };
}

export interface SearchHit {
  mrid: string;
  name: string | null;
  kind: string;
  feeder: string | null;
  substation: string | null;
  at: LonLat | null;
  feature: FeatureRef | null;
}

export interface Explanation {
  supplied: boolean;
  sentence: string;
  phases?: string;
  feeders?: string[];
  sources?: string[];
  must_pass?: string[];
  open_devices?: string[];
  alternatives?: string[];
}

export interface UpstreamStep {
  mrid: string;
  kind: string;
  class: string;
}

export interface ElementDetail {
  mrid: string;
  table: string;
  kind: string;
  name: string | null;
  phases: string;
  feeder: string | null;
  substation: string | null;
  open: string | null;
  normal_open: string | null;
  energized: "yes" | "no" | "partial";
  attributes: Record<string, string | number | boolean | null>;
  customers_below: number;
  usage_points_below: number;
  upstream: UpstreamStep[];
  explain: Explanation | null;
  outages: { id: string; status: string; customers_out: number }[];
  estimate: Estimate | null;
  geometry: GeoJSON.Geometry | null;
  at: LonLat | null;
  feature: FeatureRef | null;
}

export interface Estimate {
  etr: string | null;
  p50?: string | null;
  p80?: string | null;
  model?: string | null;
}

export const TRACES = [
  "downstream",
  "upstream",
  "connected",
  "feeder",
  "isolation",
  "protective",
  "path",
  "loops",
  "ties",
] as const;
export type TraceKind = (typeof TRACES)[number];

export const SCOPES = ["element", "trip", "isolated", "backfed"] as const;
export type Scope = (typeof SCOPES)[number];

export interface TraceAnswer {
  trace: string;
  of: string[];
  state: string;
  version: number;
  customers: number;
  usage_points: number;
  elements: number;
  features: Features;
  indeterminate?: Features;
  operate?: Features;
  verify?: Features;
  dead_beyond?: Features;
  /** Its lines, nearest first. */
  geometry?: GeoJSON.MultiLineString | null;
  bounds: Bounds | null;
  warnings: string[];
}

export interface BlastAnswer {
  of: string[];
  scope: Scope;
  state: string;
  version: number;
  customers: number;
  priority_customers: number;
  usage_points: number;
  features: Features;
  partial?: Features;
  devices?: Features;
  area: GeoJSON.Geometry | null;
  bounds?: Bounds | null;
  warnings?: string[];
}

export interface WhatIfAnswer {
  base: string;
  version: number;
  out: { customers: number; usage_points: number; features: Features };
  back: { customers: number; usage_points: number; features: Features };
  partial: { customers: number; usage_points: number; features: Features };
  still_out: { customers: number };
  warnings: string[];
}

export interface PlanStep {
  step: number;
  action: "open" | "verify_and_tag" | "close";
  mrid: string;
  kind: string;
  phases: string;
  control: "remote" | "manual";
  crew: number | null;
  start_min: number;
  done_min: number;
  customers_restored: number;
  customers_out: number;
  closes_loop: boolean;
  warnings: string[];
}

export interface Plan {
  of: string[];
  state: string;
  version: number;
  tripped: string[];
  section: string[];
  /** Around the section, left as they stand: nothing but dead ends beyond. */
  dead_beyond: string[];
  steps: PlanStep[];
  totals: {
    customers_at_start: number;
    customers_restored: number;
    customers_out: number;
    operations: number;
    manual_operations: number;
    remote_minutes: number;
    manual_minutes: number;
  };
  warnings: string[];
  /** What is out, what comes back, and what each step brings back. */
  features: { out: Features; restored: Features; dead_beyond: Features; steps: Features[] };
}

export interface Loading {
  at: string;
  transformers: { ids: number[]; pct: (number | null)[] };
  feeders: { ids: number[]; pct: (number | null)[]; kw: (number | null)[] };
}

export interface Job<T> {
  id: string;
  status: "running" | "done" | "failed";
  progress: number;
  result: T | null;
  error: { type: string; message: string } | null;
}

/**
 * What the server answers, in the words of its OpenAPI document, from which `schema.d.ts` is made.
 *
 * By hand is only what that document does not say: which words a text can be, places as tuples,
 * GeoJSON, features by layer, fields of documents it leaves open; and TileJSON and the events, which
 * it does not describe at all.
 */

import type { components } from "./schema";

export type Schemas = components["schemas"];

/** The fields that a schema names, where it lets others pass too. */
type Named<T> = { [K in keyof T as string extends K ? never : K]: T[K] };
type Answer<Name extends keyof Schemas> = Named<Schemas[Name]>;
/** A schema of which some fields are said more closely by hand; it must have them. */
type Closer<
  Name extends keyof Schemas,
  ByHand extends { [K in keyof ByHand]: K extends keyof Answer<Name> ? unknown : never },
> = Omit<Answer<Name>, keyof ByHand> & ByHand;

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
export type FeatureRef = Closer<"Feature", { layer: LayerName }>;

export type LonLat = [number, number];
export type Bounds = [west: number, south: number, east: number, north: number];

export type Info = Closer<"Overview", { bounds: Bounds; substations: Substation[] }>;
type Substation = Closer<"SubstationAnswer", { at: LonLat }>;

export type Me = Schemas["MeAnswer"];
export type Audit = Schemas["AuditDocument"];
export type Action = Schemas["ActionRecord"];

export interface TileJson {
  tiles: string[];
  minzoom: number;
  maxzoom: number;
  bounds: Bounds;
  center?: [number, number, number];
}

export type SupplyState = Closer<"StateAnswer", { out: Features; partial: Features }>;
/** Two states, and what differs between them. */
export type Comparison = Closer<
  "ComparisonAnswer",
  { left: SupplyState; right: SupplyState; differs: Features; bounds: Bounds | null }
>;
/** Devices that are open, and the phases that are: `ids[i]` is open on `phases[i]` ("" = all). */
export type OpenDevices = Schemas["Positions"];

/** What changed since the version before. */
export interface StateEvent {
  version: number;
  changes: number;
  customers_out: number;
  out: Features;
  partial: Features;
  back: Features;
  open: OpenDevices;
  closed: Pick<OpenDevices, "ids">;
}

export type SearchHit = Closer<"Found", { at: LonLat | null; feature: FeatureRef | null }>;
export type SearchAnswer = Closer<"SearchAnswer", { results: SearchHit[] }>;

export interface ElementDetail
  extends Closer<
    "ElementAnswer",
    {
      energized: "yes" | "no" | "partial";
      attributes: Record<string, string | number | boolean | null>;
      estimate: { etr: string | null; p50: string | null; p80: string | null } | null;
      geometry: GeoJSON.Geometry | null;
      at: LonLat | null;
      feature: FeatureRef | null;
    }
  > {}

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

export interface TraceAnswer
  extends Closer<
    "TraceAnswer",
    {
      features: Features;
      indeterminate: Features;
      operate: Features;
      verify: Features;
      dead_beyond: Features;
      geometry: GeoJSON.MultiLineString | null;
      bounds: Bounds | null;
    }
  > {}

export interface BlastAnswer
  extends Closer<
    "BlastAnswer",
    {
      scope: Scope;
      features: Features;
      partial: Features;
      devices: Features;
      area: GeoJSON.Geometry | null;
      bounds: Bounds | null;
    }
  > {}

type Group = Closer<"Group", { features: Features }>;
export type WhatIfAnswer = Closer<
  "WhatIfAnswer",
  { out: Group; back: Group; partial: Group; bounds: Bounds | null }
>;

/** A step of the document `gridtwin.plan/1`. */
export type PlanStep = Schemas["PlanStep"];

type PlanFeatures = Closer<
  "PlanFeatures",
  { out: Features; restored: Features; dead_beyond: Features; steps: Features[] }
>;

/** The document `gridtwin.plan/1` with its features; `dead_beyond` lacks only in older documents. */
export type Plan = Closer<
  "PlanAnswer",
  { features: PlanFeatures; dead_beyond: string[]; bounds: Bounds | null }
>;

export type Inside = Closer<"IntersectAnswer", { features: Features; bounds: Bounds | null }>;

/** A card of the list, with the fields of `gridtwin.outages/1`. */
export type OutageRow = Closer<"Card", { feature: FeatureRef | null; at: LonLat | null }>;

export type OutageDetail = Closer<
  "OutageAnswer",
  {
    features: Features;
    area: GeoJSON.Geometry | null;
    feature: FeatureRef | null;
    at: LonLat | null;
  }
>;

export type Findings = Closer<"FindingsAnswer", { findings: FindingRow[] }>;
export type FindingRow = Closer<
  "FindingAnswer",
  { severity: Severity; at: LonLat | null; feature: FeatureRef | null }
>;
export const SEVERITIES = ["error", "warning", "info"] as const;
export type Severity = (typeof SEVERITIES)[number];
export type Acceptance = Schemas["AcceptanceRecord"];

export type RestorationStep = Schemas["RestorationStep"];
export type EvidenceRow = Schemas["EvidenceRecord"];

export type Moment = Closer<"MomentAnswer", { what: "switch" | "outage" | "restored" }>;
export type History = Closer<"HistoryAnswer", { moments: Moment[] }>;

export type Loading = Schemas["LoadingAnswer"];

/** An interval of a meter, a device or a feeder: each has some of these. */
export interface Reading {
  at: string;
  kwh?: number | null;
  kw?: number | null;
  voltage_v?: number | null;
  v_min?: number | null;
  v_max?: number | null;
}
export type SeriesAnswer = Closer<
  "SeriesAnswer",
  { table: "readings" | "load" | "feeder_load"; values: Reading[] }
>;

export const RISK_CLASSES = ["low", "moderate", "high", "extreme"] as const;
export type RiskClass = (typeof RISK_CLASSES)[number];
/** Spans at risk of vegetation by class. */
export type RiskClasses = Closer<"RiskClasses", Record<RiskClass, Features>>;
export type RankedRow = Closer<
  "RankedRow",
  { risk_class: RiskClass; bounds: Bounds | null; feature: FeatureRef | null }
>;
export type Vegetation = Closer<"VegetationAnswer", { rows: RankedRow[] }>;

export type AskReading = Schemas["AskReading"];
export type AskTable = Schemas["AskTable"];
/** A tool that a language model called, and what it was answered. */
export type ModelCall = Schemas["ModelCall"];
export type ModelAnswer = Schemas["ModelAnswer"];
/** What a question that follows refers to. */
export type AskContext = Schemas["AskContext"];
/** The answer to a question in words, with the features it is about. */
export type AskAnswer = Closer<"AskedAnswer", { features: Features; bounds: Bounds | null }>;

export type Job<T> = Closer<"JobAnswer", { result?: T | null }>;

type BoxSides = [left: number, bottom: number, right: number, top: number];
export type Manual = Schemas["ManualRecord"];
export type Manuals = Schemas["ManualsDocument"];
export type ManualDetail = Closer<"ManualsAnswer", { features: Features }>;
export type ManualFigure = Schemas["FigureRecord"];
export type ManualSearch = Schemas["ManualSearchDocument"];
export type ManualPage = Closer<"PageAnswer", { marks: BoxSides[] }>;

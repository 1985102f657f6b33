/** The server's words of operating, by the names of this page. */

import type { FeatureRef, Features, LonLat, Schemas } from "./types";

export type Preview = Omit<Schemas["PreviewAnswer"], "features"> & {
  features: { gained: Features; lost: Features; partial: Features };
};
export type Tag = Omit<Schemas["TagAnswer"], "at" | "feature"> & {
  at: LonLat | null;
  feature: FeatureRef | null;
};
export type Request = Schemas["OperationRequestRecord"];
export type Order = Schemas["OrderRecord"];
export type OrderStep = Schemas["OrderStepRecord"];
export type Crew = Omit<Schemas["CrewRecord"], "at"> & { at: LonLat | null };
export type CrewList = Omit<Schemas["CrewsDocument"], "crews"> & { crews: Crew[] };

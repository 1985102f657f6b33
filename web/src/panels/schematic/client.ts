/** What the server tells of a feeder as a one-line diagram. */

import { type Ask, ask } from "../../api/client";
import type { Schemas } from "../../api/types";

export type Schematic = Schemas["SchematicDocument"];
export type Section = Schemas["SchematicSection"];
export type Switch = Schemas["SchematicSwitch"];

export function readSchematic(feeder: string, options?: Ask): Promise<Schematic> {
  return ask<Schematic>(`/api/feeders/${encodeURIComponent(feeder)}/schematic`, options);
}

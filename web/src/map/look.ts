/** How the map is asked to look, and the fonts it writes in. */

import type { Info, TileJson } from "../api/types";
import type { Theme } from "../state/theme";
import type { Mode } from "./modes";

export interface StyleInput {
  theme: Theme;
  mode: Mode;
  info: Info;
  tiles: TileJson;
  /** Load of feeders in percent of their rating, by feeder id. */
  loads: ReadonlyMap<number, number>;
  /** An answer is on the map: the rest steps back. */
  dim: boolean;
  /** Shapes that panels draw: areas, lines, handles. */
  overlay: GeoJSON.FeatureCollection;
}

export const FONT = "Noto Sans Regular";
export const FONT_STRONG = "Noto Sans SemiBold";

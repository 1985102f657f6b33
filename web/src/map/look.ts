/** How the map is asked to look, and the fonts it writes in. */

import type { Info, TileJson } from "../api/types";
import type { Theme } from "../state/theme";
import type { ChannelName } from "./channels";
import type { Mode } from "./modes";

export interface StyleInput {
  theme: Theme;
  mode: Mode;
  info: Info;
  tiles: TileJson;
  /** Customers out by substation; null: as the facts say. */
  stations: ReadonlyMap<number, number> | null;
  /** Load of feeders in percent of their rating, by feeder id. */
  loads: ReadonlyMap<number, number>;
  /** Streets and water are drawn beneath; the server has them, and they are wanted. */
  basemap: boolean;
  /** An answer is on the map: the rest steps back. */
  dim: boolean;
  /** Channels that paint something now. */
  painted: ReadonlySet<ChannelName>;
  /** Shapes that panels draw: areas, lines, handles. */
  overlay: GeoJSON.FeatureCollection;
}

export const FONT = "Noto Sans Regular";
export const FONT_STRONG = "Noto Sans SemiBold";

/** Have the map read tiles out of PMTiles archives, by ranges; loaded only where there is one. */

import { addProtocol } from "maplibre-gl";
import { Protocol } from "pmtiles";

addProtocol("pmtiles", new Protocol().tile);

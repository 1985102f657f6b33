/**
 * The layers of the map, from the ground up.
 *
 * Geometry comes once, in tiles; what changes comes as feature-state. Layout properties (icons, dashes)
 * cannot follow feature-state, so each appearance has a layer of its own and the state says which one
 * has a width or an opacity. A line of no width costs no fragment.
 */

import type { LayerSpecification } from "maplibre-gl";
import { labelLayers } from "./labellayers";
import { lineLayers } from "./linelayers";
import type { StyleInput } from "./look";
import type { Palette } from "./palette";
import { meterLayers, substationLayers, transformerLayers } from "./pointlayers";
import { switchLayers } from "./switchlayers";

export function gridLayers(input: StyleInput, palette: Palette): LayerSpecification[] {
  return [
    ...lineLayers(input, palette),
    ...meterLayers(input, palette),
    ...transformerLayers(input, palette),
    ...switchLayers(input, palette),
    ...labelLayers(input, palette),
    ...substationLayers(input, palette),
  ];
}

/** Keeps tags and crews on the map, by the stream; mounted once. */

import type { GeoJSONSource } from "maplibre-gl";
import { useEffect, useMemo } from "react";
import { useGridMap } from "../../map/current";
import { FONT } from "../../map/look";
import { PALETTES } from "../../map/palette";
import { valuesOf } from "../../map/roles";
import { useAnswer } from "../../parts/asking";
import { operating } from "../../parts/operate/client";
import { useLookedAt } from "../../state/lookedat";
import { useStore } from "../../state/store";
import { useTheme } from "../../state/theme";
import { signsOf } from "./signs";

const LAYER = "over-operating";

export default function Signs() {
  usePainted();
  const map = useGridMap()?.map ?? null;
  const theme = useTheme();
  const { operating: told, crews: moved } = useStore((store) => store.ticks);
  const { answer: tags } = useAnswer(
    (signal) => operating.tags("", { signal, quiet: true }),
    "tags",
    [told],
  );
  const { answer: crews } = useAnswer(
    (signal) => operating.crews({ signal, quiet: true }),
    "crews",
    [moved],
  );
  const signs = useMemo(
    () => signsOf(tags?.tags ?? [], crews?.crews ?? [], theme),
    [tags, crews, theme],
  );
  useEffect(() => {
    if (!map) return;
    const palette = PALETTES[theme];
    const source = map.getSource<GeoJSONSource>(LAYER);
    if (source) {
      source.setData(signs);
      map.setPaintProperty(LAYER, "text-color", palette.label);
      map.setPaintProperty(LAYER, "text-halo-color", palette.labelHalo);
      return;
    }
    if (signs.features.length === 0) return; // nothing hangs, nobody is out: no layer
    map.addSource(LAYER, { type: "geojson", data: signs });
    map.addLayer({
      id: LAYER,
      type: "symbol",
      source: LAYER,
      layout: {
        "icon-image": ["get", "sign"],
        "icon-allow-overlap": true,
        "icon-anchor": "bottom",
        "text-field": ["step", ["zoom"], "", 13, ["get", "name"]],
        "text-font": [FONT],
        "text-size": 11,
        "text-anchor": "top",
        "text-optional": true,
      },
      paint: {
        "text-color": palette.label,
        "text-halo-color": palette.labelHalo,
        "text-halo-width": 1.5,
      },
    });
  }, [map, signs, theme]);
  return null;
}

/** Paint who goes out and who comes back by the operation that is looked at. */
function usePainted(): void {
  const map = useGridMap();
  const features = useLookedAt((store) => store.features);
  useEffect(() => {
    if (!map || !features) return;
    const values = valuesOf(features.lost, 1);
    for (const [layer, ids] of valuesOf(features.gained, 2)) {
      values.set(layer, new Map([...(values.get(layer) ?? []), ...ids]));
    }
    map.channels.set("fate", values);
    return () => {
      map.channels.clear("fate");
    };
  }, [map, features]);
}

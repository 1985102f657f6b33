/** The map: one MapLibre instance, its style, the channels that paint it, and what panels may do with it. */

import {
  type GeoJSONSource,
  type MapGeoJSONFeature,
  type Map as MapLibre,
  type PointLike,
  prewarm,
  ScaleControl,
  type StyleSpecification,
  setWorkerUrl,
} from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import type { Bounds, FeatureRef, Info, LayerName, LonLat, TileJson } from "../api/types";
import type { Picture } from "../state/supply";
import { prefersCalm, type Theme } from "../state/theme";
import { Channels, SOURCE } from "./channels";
import type { StyleInput } from "./look";
import type { Mode } from "./modes";
import { collect, OVERLAY, type Shape } from "./overlay";
import { paintedOpacities } from "./painted";
import { STATIONS, stationsOf, styleOf } from "./style";
import { drawSymbol } from "./symbols";
import { WholeMap } from "./wholemap";

setWorkerUrl(workerUrl);
prewarm(); // the worker starts while the page waits for what is to be drawn

const LEAST_SHARE = 0.08; // of the width: what is smaller is a dot
const POINTER_REACH = 6; // pixels around the pointer
const NEAR_ZOOM = 14; // from here on a dot is near enough

export class GridMap {
  readonly map: MapLibre;
  readonly channels: Channels;
  private input: StyleInput;
  private readonly shapes = new Map<string, readonly Shape[]>();
  private follower: GridMap | null = null;

  constructor(
    container: HTMLElement,
    info: Info,
    tiles: TileJson,
    look: { theme: Theme; mode: Mode; view: View | null },
  ) {
    this.input = {
      theme: look.theme,
      mode: look.mode,
      info,
      tiles,
      stations: null,
      loads: new Map(),
      basemap: false,
      dim: false,
      painted: new Set(),
      overlay: collect(new Map()),
    };
    const start = look.view
      ? { center: look.view.center, zoom: look.view.zoom }
      : { bounds: info.bounds, fitBoundsOptions: { padding: 48 } };
    this.map = new WholeMap({
      container,
      style: styleOf(this.input),
      validateStyle: false, // the tests hold it against the specification
      ...start,
      attributionControl: false,
      maxZoom: 20,
      minZoom: 3,
      pitchWithRotate: false,
      // Labels appear at once: fading draws everything again for some frames.
      fadeDuration: 0,
      refreshExpiredTiles: false,
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.dragRotate.disable();
    this.channels = new Channels(this.map, (painted) => {
      this.input = { ...this.input, painted };
      for (const { layer, name, opacity } of paintedOpacities(painted)) {
        if (!this.map.getLayer(layer)) continue; // of another mode
        this.map.setPaintProperty(layer, name, opacity, { validate: false });
      }
    });
    this.map.setMissingStyleImageResolver((id) => {
      const image = drawSymbol(id);
      if (image) this.map.addImage(id, image.data, { pixelRatio: image.pixelRatio });
    });
    this.map.addControl(new ScaleControl({ maxWidth: 120 }), "bottom-right");
  }

  /** Look another way; only what differs is changed, geometry and paint stay. */
  restyle(change: Partial<StyleInput>): void {
    const geometry = change.tiles && change.tiles !== this.input.tiles;
    this.input = { ...this.input, ...change };
    this.map.setStyle(styleOf(this.input), {
      diff: true,
      validate: false,
      transformStyle: withOverlays,
    });
    if (geometry) this.map.once("idle", () => this.channels.repaint());
    this.follower?.restyle(change);
  }

  /** Show who has supply, and how switches stand. */
  paint(picture: Picture): void {
    this.channels.set("supply", picture.supply);
    this.channels.set("open", picture.open);
    if (picture.stations === this.input.stations) return;
    this.input = { ...this.input, stations: picture.stations };
    this.map.getSource<GeoJSONSource>(STATIONS)?.setData(stationsOf(this.input));
  }

  /** Make another map of the same grid, which begins where this one is. */
  openBeside(container: HTMLElement): GridMap {
    const { info, tiles, theme, mode } = this.input;
    const { lng, lat } = this.map.getCenter();
    const view: View = { zoom: this.map.getZoom(), center: [lng, lat] };
    return new GridMap(container, info, tiles, { theme, mode, view });
  }

  /** Have another map look as this one does, now and from now on, but for who has supply. */
  lead(follower: GridMap): () => void {
    const { theme, mode, info, tiles, loads, basemap, dim } = this.input;
    follower.restyle({ theme, mode, info, tiles, loads, basemap, dim });
    for (const [key, shapes] of this.shapes) follower.draw(key, shapes);
    this.channels.lead(follower.channels);
    this.follower = follower;
    return () => {
      this.channels.lead(null);
      this.follower = null;
    };
  }

  /** Draw shapes under a key of the caller's own, in place of those it drew before. */
  draw(key: string, shapes: readonly Shape[]): void {
    if (shapes.length) this.shapes.set(key, shapes);
    else this.shapes.delete(key);
    this.input = { ...this.input, overlay: collect(this.shapes) };
    this.map.getSource<GeoJSONSource>(OVERLAY)?.setData(this.input.overlay);
    this.follower?.draw(key, shapes);
  }

  /** Bring a place or an extent into view. */
  show(target: LonLat | Bounds, options: { zoom?: number; maxZoom?: number } = {}): void {
    const motion = { animate: !prefersCalm(), padding: this.free(), essential: false };
    if (target.length === 4) {
      this.map.fitBounds(target, { ...motion, maxZoom: options.maxZoom ?? 17, duration: 600 });
    } else {
      const zoom = Math.max(this.map.getZoom(), options.zoom ?? 15);
      this.map.easeTo({ center: target, zoom, ...motion, duration: 600 });
    }
  }

  /** Whether an extent can be seen as a whole beside the open panel, and is not a dot. */
  sees([west, south, east, north]: Bounds): boolean {
    const { clientWidth, clientHeight } = this.map.getContainer();
    const low = this.map.project([west, south]);
    const high = this.map.project([east, north]);
    const across = low.x >= this.covered() && high.x <= clientWidth;
    const large = high.x - low.x > LEAST_SHARE * clientWidth || this.map.getZoom() >= NEAR_ZOOM;
    return across && high.y >= 0 && low.y <= clientHeight && large;
  }

  /** What panels and buttons cover, in pixels from each edge. */
  private free(): { top: number; bottom: number; left: number; right: number } {
    const edge = 40;
    return { top: edge, bottom: edge, left: this.covered() + edge, right: edge + 40 };
  }

  /** What the open panel covers from the left, in pixels. */
  private covered(): number {
    const { clientWidth } = this.map.getContainer();
    const side = document.querySelector(".side .panel, .side .trace-card")?.getBoundingClientRect();
    const covered = side ? side.right - this.map.getContainer().getBoundingClientRect().left : 0;
    if (covered < 0) return 0;
    // On a narrow screen the panel lies before the map, not beside it.
    return covered < clientWidth * 0.6 ? covered : 0;
  }

  /** The feature under a point, the nearest in rank: switches before lines. */
  at(point: PointLike): MapGeoJSONFeature | null {
    return this.around(point, POINTER_REACH)[0] ?? null;
  }

  /** What of the grid is drawn within so many pixels of a point, by rank. */
  around(point: PointLike, reach: number): MapGeoJSONFeature[] {
    const [x, y] = Array.isArray(point) ? point : [point.x, point.y];
    const drawn = this.map
      .queryRenderedFeatures([
        [x - reach, y - reach],
        [x + reach, y + reach],
      ])
      .filter((feature) => feature.source === SOURCE || feature.source === STATIONS);
    const rank = (feature: MapGeoJSONFeature) => RANK.indexOf(layerOf(feature));
    return drawn.sort((a, b) => rank(a) - rank(b));
  }
}

/** What panels lay over the map stays when the look changes: sources and layers called `over-...`. */
function withOverlays(
  before: StyleSpecification | undefined,
  next: StyleSpecification,
): StyleSpecification {
  const over = (name: string) => name.startsWith("over-");
  const sources = Object.entries(before?.sources ?? {}).filter(([name]) => over(name));
  const layers = (before?.layers ?? []).filter((layer) => over(layer.id));
  return {
    ...next,
    sources: { ...next.sources, ...Object.fromEntries(sources) },
    layers: [...next.layers, ...layers],
  };
}

const RANK: readonly LayerName[] = [
  "substations",
  "switches",
  "transformers",
  "usage_points",
  "lines",
  "secondaries",
];

export function layerOf(feature: MapGeoJSONFeature): LayerName {
  return (feature.sourceLayer ?? feature.source) as LayerName;
}

export function refOf(feature: MapGeoJSONFeature): FeatureRef {
  return { layer: layerOf(feature), id: Number(feature.id) };
}

export interface View {
  zoom: number;
  center: LonLat;
}

/** `zoom/latitude/longitude`; null if it is none. */
export function parseView(text: string | null | undefined): View | null {
  const [zoom, lat, lon] = (text ?? "").split("/").map(Number);
  if (zoom === undefined || lat === undefined || lon === undefined) return null;
  if (![zoom, lat, lon].every(Number.isFinite) || Math.abs(lat) > 85 || Math.abs(lon) > 180) {
    return null;
  }
  return { zoom: Math.min(Math.max(zoom, 0), 22), center: [lon, lat] };
}

export function formatView(map: MapLibre): string {
  const { lng, lat } = map.getCenter();
  return `${map.getZoom().toFixed(2)}/${lat.toFixed(5)}/${lng.toFixed(5)}`;
}

/** The map of the areas: one file of tiles that is read whole, so that any server can hand it out. */

import "maplibre-gl/dist/maplibre-gl.css";
import { addProtocol, Map as MapLibre, NavigationControl, Popup, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { PMTiles, Protocol, type RangeResponse, type Source } from "pmtiles";
import { type Figures, severityOf } from "./figures.ts";

setWorkerUrl(workerUrl);
const protocol = new Protocol();
addProtocol("pmtiles", protocol.tile);

const SEVERITY_COLORS = ["#f6c745", "#f08c2e", "#dd4f2b", "#a61c3c"] as const;
const SOURCE = "areas";

class WholeFile implements Source {
  constructor(
    private readonly name: string,
    private readonly bytes: ArrayBuffer,
  ) {}

  getKey(): string {
    return this.name;
  }

  async getBytes(offset: number, length: number): Promise<RangeResponse> {
    return { data: this.bytes.slice(offset, offset + length) };
  }
}

export class AreaMap {
  private constructor(
    readonly tiles: string,
    private readonly map: MapLibre,
  ) {}

  /** Draw the areas; who clicks one is told which. */
  static async open(
    container: HTMLElement,
    figures: Figures,
    describe: (id: number) => HTMLElement | null,
  ): Promise<AreaMap> {
    const answer = await fetch(`./${figures.tiles}`);
    if (!answer.ok) throw new Error(`${answer.status}`);
    const archive = new PMTiles(new WholeFile(figures.tiles, await answer.arrayBuffer()));
    protocol.add(archive);
    const header = await archive.getHeader();
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const [west, south, east, north] = figures.bounds;
    const map = new MapLibre({
      container,
      attributionControl: false,
      bounds: [west, south, east, north],
      fitBoundsOptions: { padding: 16 },
      fadeDuration: 0,
      cooperativeGestures: true,
      style: {
        version: 8,
        sources: {
          [SOURCE]: {
            type: "vector",
            tiles: [`pmtiles://${figures.tiles}/{z}/{x}/{y}`],
            minzoom: header.minZoom,
            maxzoom: header.maxZoom,
            bounds: [west, south, east, north],
          },
        },
        layers: [
          {
            id: "ground",
            type: "background",
            paint: { "background-color": dark ? "#12161b" : "#f4f2ec" },
          },
          {
            id: "fill",
            type: "fill",
            source: SOURCE,
            "source-layer": "areas",
            paint: {
              "fill-color": [
                "match",
                ["coalesce", ["feature-state", "severity"], 0],
                1,
                SEVERITY_COLORS[0],
                2,
                SEVERITY_COLORS[1],
                3,
                SEVERITY_COLORS[2],
                4,
                SEVERITY_COLORS[3],
                dark ? "#1d252e" : "#e4e1d8",
              ],
              "fill-opacity": 0.85,
            },
          },
          {
            id: "border",
            type: "line",
            source: SOURCE,
            "source-layer": "areas",
            paint: { "line-color": dark ? "#44515f" : "#a8a394", "line-width": 1 },
          },
        ],
      },
    });
    map.touchZoomRotate.disableRotation();
    map.dragRotate.disable();
    map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    map.on("click", "fill", (event) => {
      const id = event.features?.[0]?.id;
      const content = typeof id === "number" ? describe(id) : null;
      if (content)
        new Popup({ maxWidth: "260px" }).setLngLat(event.lngLat).setDOMContent(content).addTo(map);
    });
    await map.once("load");
    return new AreaMap(figures.tiles, map);
  }

  paint(figures: Figures): void {
    this.map.removeFeatureState({ source: SOURCE, sourceLayer: "areas" });
    for (const area of figures.areas) {
      this.map.setFeatureState(
        { source: SOURCE, sourceLayer: "areas", id: area.id },
        { severity: severityOf(area) },
      );
    }
  }

  close(): void {
    this.map.remove();
  }
}

/**
 * A map that is drawn in few frames until it is first whole.
 *
 * MapLibre draws all of it again for each tile that comes. Where no graphics card helps, a frame takes
 * longer than the next tile, and the first sight waits for frames that nobody sees.
 */

import { Map as MapLibre } from "maplibre-gl";

const FRAME_MS = 250; // between frames while tiles come: what is slow to come is seen by and by

export class WholeMap extends MapLibre {
  private whole?: boolean;
  private waiting?: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ConstructorParameters<typeof MapLibre>[0]) {
    super(options);
    // What is no tile may ask for some: the frame that does so waits for nothing.
    this.on("data", (event) => {
      if (!("tile" in event && event.tile)) super.triggerRepaint();
    });
    this.once("idle", () => {
      this.whole = true;
    });
    this.once("remove", () => clearTimeout(this.waiting));
  }

  override triggerRepaint(): void {
    if (this.whole || !this.style || this.isMoving() || this.areTilesLoaded()) {
      super.triggerRepaint();
      return;
    }
    this.waiting ??= setTimeout(() => {
      this.waiting = undefined;
      super.triggerRepaint();
    }, FRAME_MS);
  }
}

/** The map on the right: it goes where the one on the left goes, and looks as that one does. */

import { useEffect, useRef, useState } from "react";
import { tieCameras } from "../../map/camera";
import { useGridMap } from "../../map/current";
import type { GridMap } from "../../map/gridmap";
import { showBeside } from "../../map/hook";
import { followPointer } from "../../map/pointer";
import type { Picture } from "../../state/supply";

export function SecondMap({ picture }: { picture: Picture | null }) {
  const box = useRef<HTMLDivElement>(null);
  const first = useGridMap();
  const [grid, setGrid] = useState<GridMap | null>(null);
  useEffect(() => {
    if (!box.current || !first) return;
    const made = first.openBeside(box.current);
    const leaves = [
      followPointer(made),
      tieCameras(first.map, made.map),
      named(first, "Map on the left"),
      named(made, "Map on the right"),
      showBeside(made),
    ];
    made.map.once("style.load", () => {
      leaves.push(first.lead(made));
      setGrid(made);
    });
    return () => {
      for (const leave of leaves) leave();
      setGrid(null);
      made.map.remove();
    };
  }, [first]);
  useEffect(() => {
    if (grid && picture) grid.paint(picture);
  }, [grid, picture]);
  return <div className="map second" ref={box} />;
}

/** Say to screen readers which map it is. */
function named({ map }: GridMap, name: string): () => void {
  const canvas = map.getCanvas();
  const before = canvas.getAttribute("aria-label") ?? "Map";
  canvas.setAttribute("aria-label", name);
  return () => canvas.setAttribute("aria-label", before);
}

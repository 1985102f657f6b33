/** Two maps, one place: each shows a state or a moment, and words say what differs. */

import { useEffect, useMemo } from "react";
import type { Comparison } from "../../api/types";
import { useGridMap } from "../../map/current";
import { useFirstSight } from "../../map/firstsight";
import { valuesOf } from "../../map/roles";
import { Icon } from "../../parts/icons";
import { detailsOf, differenceOf, nameSide } from "../../parts/sides";
import { useParam } from "../../state/params";
import { parseSide, type Side, toggleSides } from "../../state/sides";
import { pictureOf, supply } from "../../state/supply";
import { SecondMap } from "./SecondMap";
import { SideChooser } from "./SideChooser";
import { useComparison } from "./useComparison";
import "./sidebyside.css";

export default function SideBySide() {
  const asked = useParam("right");
  const left = parseSide(useParam("left"));
  const right = parseSide(asked);
  const { answer, error, waiting } = useComparison(left, right);
  const picture = useMemo(() => (answer ? pictureOf(answer.right) : null), [answer]);
  useShownLeft(left.kind === "now", answer);
  usePainted(answer);
  useFirstSight("right", asked, answer);
  return (
    <>
      <section className="beside card" aria-label="Side by side" aria-busy={waiting}>
        <SideChooser at="left" side={left} out={answer?.left.customers_out ?? null} />
        <output className="difference">
          {error && <span role="alert">{error}</span>}
          {answer && <strong>{differenceOf(answer)}</strong>}
          {answer && <span className="quiet">{detailsOf(answer)}</span>}
        </output>
        <SideChooser at="right" side={right} out={answer?.right.customers_out ?? null} />
        <button
          type="button"
          className="icon-button"
          aria-label="Close the second map"
          onClick={toggleSides}
        >
          <Icon name="close" size={18} />
        </button>
      </section>
      <SecondMap picture={picture} />
      <Frame at="left" side={left} />
      <Frame at="right" side={right} />
    </>
  );
}

/** What is not the present is framed, and named on its map. */
function Frame({ at, side }: { at: "left" | "right"; side: Side }) {
  return (
    <div className={`frame ${at}`} data-present={side.kind === "now"} aria-hidden="true">
      <p>{nameSide(side)}</p>
    </div>
  );
}

/** Show on the first map what is asked for on the left: the stream keeps the present there. */
function useShownLeft(present: boolean, answer: Comparison | null): void {
  useEffect(() => {
    if (present) supply.showCurrent();
    else if (answer) supply.show(answer.left);
  }, [present, answer]);
  useEffect(() => () => supply.showCurrent(), []);
}

/** Flag what differs; the second map follows the first. */
function usePainted(answer: Comparison | null): void {
  const grid = useGridMap();
  useEffect(() => {
    if (!grid || !answer) return;
    grid.channels.set("differs", valuesOf(answer.differs, 1));
  }, [grid, answer]);
  useEffect(
    () => () => {
      grid?.channels.clear("differs");
    },
    [grid],
  );
}

/** The figures of a page beside its passage: small, each opens as a whole. */

import { useState } from "react";
import type { ManualFigure } from "../../api/types";

export function FigureStrip({ figures }: { figures: ManualFigure[] }) {
  if (figures.length === 0) return null;
  return (
    <ul className="figures">
      {figures.map((each) => (
        <li key={each.picture}>
          <FigureCard figure={each} />
        </li>
      ))}
    </ul>
  );
}

/** A figure; its caption alone where it cannot be drawn, as when the file is gone. */
function FigureCard({ figure }: { figure: ManualFigure }) {
  const [lost, setLost] = useState(false);
  const named = figure.caption || (figure.kind === "table" ? "Table" : "Figure");
  if (lost) return <span className="quiet">{named}</span>;
  return (
    <a href={`/${figure.picture}`} target="_blank" rel="noreferrer">
      <img
        src={`/${figure.picture}?small=true`}
        alt={named}
        loading="lazy"
        onError={() => setLost(true)}
      />
      {figure.caption && <span>{figure.caption}</span>}
    </a>
  );
}

/** Crews: what each can do, how far it is, what it works on. */

import type { Crew } from "../../api/operatingtypes";
import type { LonLat } from "../../api/types";
import { setParams } from "../../state/params";
import { count } from "../words";

interface Props {
  crews: Crew[];
  onShow: (at: LonLat) => void;
  action?: (crew: Crew) => React.ReactNode;
}

export function CrewList({ crews, onShow, action }: Props) {
  return (
    <ul className="crew-list">
      {crews.map((crew) => (
        <li key={crew.mrid}>
          <p>
            <button
              type="button"
              className="text-button"
              disabled={!crew.at}
              onClick={() => crew.at && onShow(crew.at)}
            >
              {crew.name}
            </button>{" "}
            <span className="tag">{crew.status.replaceAll("_", " ")}</span>
          </p>
          <p className="quiet">{crewWords(crew)}</p>
          {crew.assignments.map((each) => (
            <p key={each.number}>
              {each.status.replaceAll("_", " ")}:{" "}
              <button
                type="button"
                className="text-button"
                onClick={() => setParams({ panel: "outages", outage: each.outage }, { push: true })}
              >
                {each.outage}
              </button>
            </p>
          ))}
          {action?.(crew)}
        </li>
      ))}
    </ul>
  );
}

/** "line, tree; 4.2 km, about 8 min by road". */
export function crewWords(crew: Pick<Crew, "skills" | "distance_m" | "travel_min" | "at">): string {
  const parts = [];
  if (crew.skills.length > 0) parts.push(crew.skills.join(", "));
  if (crew.distance_m !== null && crew.travel_min !== null) {
    const km = (crew.distance_m / 1000).toFixed(1);
    parts.push(`${km} km, about ${count(Math.round(crew.travel_min))} min by road`);
  }
  if (!crew.at) parts.push("nobody knows where");
  return parts.join("; ");
}

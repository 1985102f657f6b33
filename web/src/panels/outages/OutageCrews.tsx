/** The crews of an outage: those assigned, and the nearest to be assigned. */

import type { OutageDetail } from "../../api/types";
import { useGridMap } from "../../map/current";
import { useAnswer } from "../../parts/asking";
import { useDeed, useOperates } from "../../parts/deeds";
import { CrewList } from "../../parts/operate/CrewList";
import { operating } from "../../parts/operate/client";
import "../../parts/operate/operate.css";
import { useStore } from "../../state/store";
import { isOpen } from "./list";

const NEXT: Record<string, { status: string; says: string } | undefined> = {
  assigned: { status: "en_route", says: "Set out" },
  en_route: { status: "on_site", says: "Arrived" },
  on_site: { status: "done", says: "Done" },
};

export function OutageCrews({ outage }: { outage: OutageDetail }) {
  const moved = useStore((store) => store.ticks.crews);
  const operates = useOperates("manage-outages");
  const deed = useDeed();
  const map = useGridMap();
  const { answer } = useAnswer(
    async (signal) => {
      const options = { signal, quiet: true };
      const [assigned, near] = await Promise.all([
        operating.assignments(outage.id, options),
        operating.nearest(outage.id, options).catch(() => null), // nobody knows where it is
      ]);
      return { assigned, near };
    },
    outage.id,
    [moved],
  );
  if (!answer || (answer.assigned.length === 0 && !answer.near?.crews.length)) return null;
  const mine = new Set(answer.assigned.map((each) => each.crew));
  const free = answer.near?.crews.filter((crew) => !mine.has(crew.mrid)) ?? [];
  return (
    <section aria-label="Crews">
      <h3>Crews</h3>
      <ul className="crew-list">
        {answer.assigned.map((each) => {
          const next = NEXT[each.status];
          return (
            <li key={each.number}>
              <p>
                {each.crew} <span className="tag">{each.status.replaceAll("_", " ")}</span>
              </p>
              {operates && next && (
                <button
                  type="button"
                  className="button small"
                  disabled={deed.waiting}
                  onClick={() =>
                    void deed.run(async () => {
                      await operating.advance(each.number, next.status);
                      return `${each.crew}: ${next.says.toLowerCase()}.`;
                    })
                  }
                >
                  {next.says}
                </button>
              )}
            </li>
          );
        })}
      </ul>
      {isOpen(outage) && free.length > 0 && (
        <>
          <p className="quiet">
            Nearest; travel is the straight line times {answer.near?.detour_factor}, at{" "}
            {answer.near?.speed_kmh} km/h.
          </p>
          <CrewList
            crews={free}
            onShow={(at) => map?.show(at, { zoom: 14 })}
            action={(crew) =>
              operates && (
                <button
                  type="button"
                  className="button small"
                  disabled={deed.waiting}
                  aria-label={`Assign ${crew.name}`}
                  onClick={() =>
                    void deed.run(async () => {
                      await operating.assign(crew, outage.id);
                      return `${crew.name} is assigned to ${outage.id}.`;
                    })
                  }
                >
                  Assign
                </button>
              )
            }
          />
        </>
      )}
    </section>
  );
}

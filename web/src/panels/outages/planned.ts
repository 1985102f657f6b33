/** What the server tells of planned outages, and what it lets who may do with them. */

import { type Ask, ask, askText, post, query } from "../../api/client";
import type { Schemas } from "../../api/types";
import { act } from "../../parts/operate/client";
import { dayClock } from "../../parts/words";
import { useActing } from "../../state/acting";

export type Planned = Schemas["PlannedOutageRecord"];
export type PlannedReply = Schemas["PlannedReply"];
export type Affected = Schemas["AffectedReply"];

/** In the address of the page, in place of an id: one that is to be announced. */
export const NEW = "new";

const path = (id: string) => `planned-outages/${encodeURIComponent(id)}`;

export function listPlanned(options?: Ask): Promise<Planned[]> {
  type List = Schemas["PlannedOutagesDocument"];
  return ask<List>(`/api/planned-outages${query({})}`, options).then(
    (answer) => answer.planned_outages,
  );
}

export function readPlanned(id: string, options?: Ask): Promise<PlannedReply> {
  return ask<PlannedReply>(`/api/${path(id)}`, options);
}

export function previewPlanned(elements: string[], options?: Ask): Promise<Affected> {
  return post<Affected>("/api/planned-outages/preview", { elements }, options);
}

export function announce(asked: {
  elements: string[];
  starts_at: string;
  ends_at: string;
  reason: string;
}): Promise<Planned> {
  return act<Planned>("planned-outages", asked);
}

export type Advance = "start" | "end" | "cancel";

export function advance(id: string, what: Advance): Promise<Planned> {
  return act<Planned>(`${path(id)}/${what}`);
}

export function move(id: string, starts_at: string, ends_at: string): Promise<Planned> {
  return act<Planned>(`${path(id)}/move`, { starts_at, ends_at });
}

export function readLetters(id: string): Promise<string> {
  return askText(`/api/${path(id)}/letters`, { token: useActing.getState().token });
}

/** What may follow of how it stands, in the order it does. */
export function nextAdvances(status: string): Advance[] {
  if (status === "announced") return ["start", "cancel"];
  return status === "ongoing" ? ["end"] : [];
}

/** "10 Dec 14:00 to 18:00", the day said again where it is another. */
export function period(planned: Pick<Planned, "starts_at" | "ends_at">): string {
  const [from, to] = [dayClock(planned.starts_at), dayClock(planned.ends_at)];
  const sameDay = from.slice(0, 6) === to.slice(0, 6);
  return `${from} to ${sameDay ? to.slice(7) : to}`;
}

/** Whether its time has come and it has not begun, or is over and it goes on. */
export function isLate(planned: Planned, now: number): boolean {
  if (planned.status === "announced") return Date.parse(planned.starts_at) < now;
  return planned.status === "ongoing" && Date.parse(planned.ends_at) < now;
}

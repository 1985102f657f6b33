/** What the server tells of operating, tags, orders and crews; what changes them needs a token. */

import { type Ask, ask, post, query } from "../../api/client";
import type { Crew, CrewList, Order, Preview, Request, Tag } from "../../api/operatingtypes";
import type { Plan, PlanStep, Schemas } from "../../api/types";
import { useActing } from "../../state/acting";

/** Send who acts along. */
export function act<T>(path: string, asked: object = {}): Promise<T> {
  const { token, actor } = useActing.getState();
  return post<T>(`/api/${path}`, { ...asked, actor }, { token });
}

const id = encodeURIComponent;

/** A step of a plan as one of an order; a source is opened where it stands: here that is looked at. */
function stepOf({ kind, action, mrid, control }: PlanStep) {
  return { action: kind === "energy_source" ? "verify" : action, mrid, control };
}

export const operating = {
  preview: (mrid: string, open: boolean, phases: string, options?: Ask) =>
    post<Preview>("/api/operations/preview", { mrid, open, phases }, options),
  operate: (seen: Preview) =>
    act<Schemas["OperationAnswer"]>("operations", {
      mrid: seen.mrid,
      open: seen.open,
      phases: seen.phases,
      confirmed: seen.digest,
    }),
  requests: (options?: Ask) => ask<{ requests: Request[] }>("/api/operations/requests", options),
  confirm: (request: string) => act(`operations/requests/${id(request)}/confirm`),
  withdraw: (request: string) => act(`operations/requests/${id(request)}/withdraw`),
  tags: (mrid: string, options?: Ask) =>
    ask<{ tags: Tag[] }>(`/api/tags${query({ mrid })}`, options),
  placeTag: (mrid: string, kind: string, reason: string) =>
    act<Tag>("tags", { mrid, kind, reason }),
  removeTag: (number: number, because: string) => act<Tag>(`tags/${number}/remove`, { because }),
  orders: (options?: Ask) => ask<{ orders: Order[] }>("/api/orders", options),
  order: (order: string, options?: Ask) => ask<Order>(`/api/orders/${id(order)}`, options),
  startOrder: (plan: Pick<Plan, "of" | "steps">) =>
    act<Order>("orders", { of: plan.of, steps: plan.steps.map(stepOf) }),
  previewStep: (order: string, step: number, options?: Ask) =>
    ask<Preview>(`/api/orders/${id(order)}/steps/${step}/preview`, options),
  doStep: (order: string, step: number, confirmed: string) =>
    act<Order>(`orders/${id(order)}/steps/${step}/do`, { confirmed }),
  skipStep: (order: string, step: number, because: string) =>
    act<Order>(`orders/${id(order)}/steps/${step}/skip`, { because }),
  undo: (order: string) => act<Order>(`orders/${id(order)}/undo`),
  end: (order: string) => act<Order>(`orders/${id(order)}/end`),
  crews: (options?: Ask) => ask<CrewList>("/api/crews", options),
  nearest: (outage: string, options?: Ask) =>
    ask<CrewList>(`/api/crews${query({ outage })}`, options),
  assignments: (outage: string, options?: Ask) =>
    ask<Schemas["AssignmentRecord"][]>(`/api/crews/assignments${query({ outage })}`, options),
  assign: (crew: Crew, outage: string) => act("crews/assignments", { crew: crew.mrid, outage }),
  advance: (number: number, status: string) => act(`crews/assignments/${number}`, { status }),
  changeOutage: (outage: string, what: string, asked: object = {}) =>
    act<{ status: string }>(`outages/${id(outage)}/${what}`, asked),
  openOutage: (device: string, cause: string) => act<{ id: string }>("outages", { device, cause }),
};

/** A trace or a blast radius as one word of the URL: `downstream:FUSE-12`, `blast.trip:LINE-7`. */

import { SCOPES, type Scope, TRACES, type TraceKind } from "../api/types";
import { setParams } from "./params";

export type TraceRequest =
  | { what: "trace"; kind: TraceKind; of: string[] }
  | { what: "blast"; scope: Scope; of: string[] };

/** Null if the text is no request. */
export function parseRequest(text: string | null | undefined): TraceRequest | null {
  const [head = "", ...rest] = (text ?? "").split(":");
  const of = rest.map(decode).filter(Boolean);
  if (of.length === 0) return null;
  const scope = head.startsWith("blast.") ? head.slice(6) : null;
  if (scope !== null) {
    return isOne(SCOPES, scope) ? { what: "blast", scope, of } : null;
  }
  return isOne(TRACES, head) ? { what: "trace", kind: head, of } : null;
}

export function formatRequest(request: TraceRequest): string {
  const head = request.what === "trace" ? request.kind : `blast.${request.scope}`;
  return [head, ...request.of.map((mrid) => encodeURIComponent(mrid))].join(":");
}

export function showTrace(request: TraceRequest | null): void {
  setParams({ trace: request && formatRequest(request) }, { push: true });
}

function isOne<T extends string>(list: readonly T[], text: string): text is T {
  return (list as readonly string[]).includes(text);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

const NAMES: Record<TraceKind, string> = {
  downstream: "Downstream of",
  upstream: "Upstream of",
  connected: "Connected with",
  feeder: "Feeder of",
  isolation: "Isolation of",
  protective: "Protection of",
  path: "Path between",
  loops: "Loops around",
  ties: "Ties around",
};

export const SCOPE_NAMES: Record<Scope, string> = {
  element: "it alone fails",
  trip: "its protection trips",
  isolated: "it is isolated",
  backfed: "others backfeed",
};

export function titleOf(request: TraceRequest): string {
  const of = request.of.join(" and ");
  return request.what === "trace"
    ? `${NAMES[request.kind]} ${of}`
    : `Out when ${of} fails and ${SCOPE_NAMES[request.scope]}`.replace(
        "and it alone fails",
        "alone",
      );
}

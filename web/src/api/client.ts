/** Ask the server: typed answers, errors with its own words, long work followed to its end. */

import { busy } from "./busy";
import { readEvents, type StreamEvent } from "./eventStream";
import type {
  Audit,
  BlastAnswer,
  ElementDetail,
  FeatureRef,
  Info,
  Job,
  Loading,
  ManualDetail,
  ManualPage,
  ManualSearch,
  Manuals,
  Me,
  Plan,
  RiskClasses,
  Schemas,
  Scope,
  SearchAnswer,
  SupplyState,
  TileJson,
  TraceAnswer,
  TraceKind,
  WhatIfAnswer,
} from "./types";

/** The server said no; `message` is fit to be shown. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly type: string,
    readonly matches: string[],
  ) {
    super(message);
    this.name = "ApiError";
  }
}

/** The server did not answer at all. */
export class Unreachable extends Error {
  constructor() {
    super("The server does not answer.");
    this.name = "Unreachable";
  }
}

export interface Ask {
  token?: string; // of the operator, for what is written
  signal?: AbortSignal | undefined;
  quiet?: boolean; // does not move the loading bar
}

let unknown = () => {};

/** Have something done when the server does not know who asks: a session has ended. */
export function whenUnknown(act: () => void): void {
  unknown = act;
}

/** Send one request and read its JSON. */
export async function ask<T>(
  path: string,
  init: Omit<RequestInit, "signal"> & Ask = {},
): Promise<T> {
  const { quiet, signal, ...rest } = init;
  const done = quiet ? () => {} : busy.start();
  try {
    let response = await send(path, { ...rest, signal: signal ?? null });
    if (response.status === 202) response = await followed<T>(response, signal);
    if (!response.ok) throw await refusal(response);
    return (await response.json()) as T;
  } finally {
    done();
  }
}

/** Read an answer that is no JSON, such as a table for a spreadsheet. */
export async function askText(path: string, { token, signal }: Ask = {}): Promise<string> {
  const done = busy.start();
  try {
    const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
    const response = await send(path, { headers, signal: signal ?? null });
    if (!response.ok) throw await refusal(response);
    return await response.text();
  } finally {
    done();
  }
}

export function post<T>(path: string, body: unknown, options: Ask = {}): Promise<T> {
  const { token, ...rest } = options;
  return ask<T>(path, {
    ...rest,
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    body: JSON.stringify(body),
  });
}

/** Post, and yield the events of the answer as they come. */
export async function* postForEvents(
  path: string,
  body: unknown,
  { signal }: Ask = {},
): AsyncGenerator<StreamEvent> {
  const done = busy.start();
  try {
    const headers = { "content-type": "application/json", accept: "text/event-stream" };
    const init = { method: "POST", headers, body: JSON.stringify(body), signal: signal ?? null };
    const response = await send(path, init);
    if (!response.ok) throw await refusal(response);
    if (response.body) yield* readEvents(response.body);
  } finally {
    done();
  }
}

async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Unreachable();
  }
}

async function refusal(response: Response): Promise<ApiError> {
  if (response.status === 401) unknown();
  let error: { type?: string; message?: string; matches?: string[] } = {};
  try {
    error = ((await response.json()) as { error?: typeof error }).error ?? {};
  } catch {
    // a proxy in between may answer with something else than JSON
  }
  const message = error.message ?? `The server answered ${response.status}.`;
  return new ApiError(message, response.status, error.type ?? "", error.matches ?? []);
}

/** Follow a 202 to its result: the status document is asked for until the work is over. */
async function followed<T>(accepted: Response, signal?: AbortSignal): Promise<Response> {
  const url = accepted.headers.get("location");
  if (!url) throw new ApiError("The server gave no address for its work.", 202, "", []);
  for (let wait = 150; ; wait = Math.min(wait * 1.5, 2000)) {
    await pause(wait, signal);
    const response = await send(url, { signal: signal ?? null });
    if (!response.ok) return response;
    const job = (await response.json()) as Job<T>;
    if (job.status === "failed" || job.status === "cancelled") {
      const message =
        job.error?.message ??
        (job.status === "failed" ? "The work failed." : "The work was cancelled.");
      throw new ApiError(message, 500, job.error?.type ?? "", []);
    }
    if (job.status === "done") return Response.json(job.result);
  }
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

type Value = string | number | boolean | null | undefined;

/** A query string of what is given; empty values are left out, lists repeat their key. */
export function query(values: Record<string, Value | readonly string[]>): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== null && each !== undefined && each !== "") search.append(key, String(each));
    }
  }
  const text = search.toString();
  return text ? `?${text}` : "";
}

const id = encodeURIComponent;

export const api = {
  info: (options?: Ask) => ask<Info>("/api", options),
  me: (options?: Ask) => ask<Me>("/api/me", options),
  audit: (wanted: { element?: string; outage?: string; limit: number }, options?: Ask) =>
    ask<Audit>(`/api/audit${query(wanted)}`, options),
  tiles: (options?: Ask) => ask<TileJson>("/tiles/grid.json", options),
  state: (at?: string | null, options?: Ask) =>
    ask<SupplyState>(`/api/state${query({ state: "current", at })}`, options),
  search: (q: string, limit: number, options?: Ask) =>
    ask<SearchAnswer>(`/api/search${query({ q, limit })}`, { quiet: true, ...options }),
  element: (mrid: string, options?: Ask) =>
    ask<ElementDetail>(`/api/elements/${id(mrid)}`, options),
  feature: (ref: FeatureRef, options?: Ask) =>
    ask<ElementDetail>(`/api/features/${ref.layer}/${ref.id}`, options),
  trace: (kind: TraceKind, of: readonly string[], options?: Ask) =>
    ask<TraceAnswer>(
      `/api/trace/${kind}${query({ of, include_indeterminate: kind === "downstream" || null })}`,
      options,
    ),
  blast: (of: readonly string[], scope: Scope, options?: Ask) =>
    ask<BlastAnswer>(`/api/blast${query({ of, scope })}`, options),
  whatIf: (asked: Schemas["WhatIfAsked"], options?: Ask) =>
    post<WhatIfAnswer>("/api/what-if", asked, options),
  restore: (asked: Schemas["RestoreAsked"], options?: Ask) =>
    post<Plan>("/api/restore", asked, options),
  riskClasses: (options?: Ask) => ask<RiskClasses>("/api/vegetation/spans", options),
  manuals: (of: string, options?: Ask) => ask<Manuals>(`/api/manuals${query({ of })}`, options),
  manual: (document: string, options?: Ask) =>
    ask<ManualDetail>(`/api/manuals/${id(document)}`, options),
  manualSearch: (q: string, of: string | null, options?: Ask) =>
    ask<ManualSearch>(`/api/manuals/search${query({ q, of })}`, options),
  manualPage: (document: string, page: number, q: string, options?: Ask) =>
    ask<ManualPage>(`/api/manuals/${id(document)}/pages/${page}${query({ q })}`, options),
  manualVote: (asked: Schemas["VoteAsked"], options?: Ask) =>
    post<Schemas["VoteAnswer"]>("/api/manuals/votes", asked, options),
  loading: (at?: string | null, options?: Ask) =>
    ask<Loading>(`/api/ami/loading${query({ at })}`, options),
};

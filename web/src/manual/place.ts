/** What is shown, as the hash of the address says: document, page and question. */

import { useSyncExternalStore } from "react";

export interface Place {
  document: string;
  page: number;
  question: string;
}

/** Read a hash; a page that is none is the first. */
export function readPlace(hash: string): Place {
  const read = new URLSearchParams(hash.replace(/^#/, ""));
  const page = Number(read.get("page") ?? 1);
  return {
    document: read.get("document") ?? "",
    page: Number.isInteger(page) && page > 0 ? page : 1,
    question: read.get("q") ?? "",
  };
}

export function writePlace({ document, page, question }: Place): string {
  const pairs = new URLSearchParams({ document, page: String(page) });
  if (question) pairs.set("q", question);
  return `#${pairs}`;
}

export function goTo(place: Place): void {
  window.location.hash = writePlace(place);
}

function subscribe(listener: () => void): () => void {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
}

export function usePlace(): Place {
  return readPlace(useSyncExternalStore(subscribe, () => window.location.hash));
}

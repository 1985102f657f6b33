/** What the search box suggests: elements of the grid, addresses for who may see them, places. */

import { api, ask, query } from "../../api/client";
import type { LonLat, Schemas, SearchHit } from "../../api/types";
import { counted, kindName } from "../../parts/words";

type Address = Schemas["AddressAnswer"];
type NamedPlace = Schemas["NamedPlaceAnswer"];

export interface Suggestion {
  key: string;
  title: string;
  says: string;
  at: LonLat | null;
  zoom: number; // to which the map goes at least
  mrid: string; // of the element that is chosen; empty for none
}

export interface Suggestions {
  hits: Suggestion[];
  whole: boolean; // false: the names of places are still read
}

export interface Wanted {
  addresses: boolean; // who looks may see them
  places: boolean; // there is a basemap
}

const MOST_ELEMENTS = 8;
const MOST_BESIDE = 5; // of addresses, and of places
const FEW_ELEMENTS = 3; // beside an address, which is hardly an id
const NO_PLACES: Schemas["PlacesAnswer"] = { ready: true, results: [] };
const LEAST_LETTERS = 3; // of a place
const ADDRESS = /^\s*\d+[a-z]?\s+\S.*\S|\S{3,}\s+\d+\s*$/i;

/** Whether a text may be a number and a street. */
export function isAddress(text: string): boolean {
  return ADDRESS.test(text);
}

/** Ask for all that a text may mean; what is likeliest comes first. */
export async function suggest(
  text: string,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<Suggestions> {
  const address = wanted.addresses && isAddress(text);
  const [elements, addresses, places] = await Promise.all([
    api.search(text, MOST_ELEMENTS, { signal }).then(({ results }) => results.map(ofElement)),
    address ? askAddresses(text, signal) : [],
    wanted.places && text.length >= LEAST_LETTERS ? askPlaces(text, signal) : NO_PLACES,
  ]);
  const named = places.results.map(ofPlace);
  const hits = addresses.length
    ? [...addresses, ...elements.slice(0, FEW_ELEMENTS), ...named]
    : [...elements, ...named];
  return { hits, whole: places.ready };
}

async function askAddresses(q: string, signal: AbortSignal): Promise<Suggestion[]> {
  const path = `/api/search/addresses${query({ q, limit: MOST_BESIDE })}`;
  const { results } = await ask<Schemas["AddressesAnswer"]>(path, { signal, quiet: true });
  return results.map(ofAddress);
}

function askPlaces(q: string, signal: AbortSignal): Promise<Schemas["PlacesAnswer"]> {
  const path = `/api/search/places${query({ q, limit: MOST_BESIDE })}`;
  return ask(path, { signal, quiet: true });
}

function ofElement(hit: SearchHit): Suggestion {
  const parts = [kindName(hit.kind)];
  if (hit.name && hit.name !== hit.mrid) parts.push(hit.mrid);
  if (hit.feeder && hit.kind !== "feeder") parts.push(`feeder ${hit.feeder}`);
  if (hit.substation && hit.kind !== "substation") parts.push(hit.substation);
  return {
    key: `${hit.kind}:${hit.mrid}`,
    title: hit.name || hit.mrid,
    says: parts.join(" · "),
    at: hit.at,
    zoom: hit.kind === "substation" || hit.kind === "feeder" ? 13 : 16,
    mrid: hit.mrid,
  };
}

export function ofAddress(found: Address, place: number): Suggestion {
  const street = found.kind === "street";
  const parts = [`${found.city} ${found.zip}`.trim()];
  if (street) parts.push("nearest on the street");
  if (found.service_points > 1) parts.push(counted(found.service_points, "service point"));
  if (!found.at) parts.push("not on the map");
  return {
    key: `address:${place}:${found.usage_point}`,
    title: found.address,
    says: ["Address", ...parts].filter(Boolean).join(" · "),
    at: found.at as LonLat | null,
    zoom: 17,
    mrid: found.usage_point,
  };
}

function ofPlace(found: NamedPlace, place: number): Suggestion {
  return {
    key: `place:${place}:${found.name}`,
    title: found.name,
    says: `Place · ${kindName(found.kind).toLowerCase()}`,
    at: found.at as LonLat,
    zoom: 14,
    mrid: "",
  };
}

/** Search by id, name, feeder, address or place: an ARIA combobox, `/` gives it the focus. */

import { useEffect, useId, useMemo, useRef, useState } from "react";
import { currentGridMap } from "../../map/current";
import { Icon } from "../../parts/icons";
import { useShortcuts } from "../../parts/keyboard";
import { counted } from "../../parts/words";
import { useMay } from "../../state/me";
import { chooseElement } from "../../state/params";
import { useStore } from "../../state/store";
import { isAddress, type Suggestion, suggest, type Wanted } from "./suggestions";
import "./search.css";

const WAIT_MS = 90;
const WAIT_ADDRESS_MS = 250; // each look at addresses is noted
const AGAIN_MS = 700; // while the names of places are still read
const FOUND = "search"; // what is drawn where a place was found

export function SearchBox() {
  const input = useRef<HTMLInputElement>(null);
  const list = useId();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const [open, setOpen] = useState(false);
  const wanted = useWanted();
  const { hits, asked } = useHits(text, open, wanted);
  useShortcuts(
    useMemo(
      () => [
        {
          key: "/",
          says: "Search",
          run: () => {
            input.current?.focus();
            input.current?.select();
          },
        },
      ],
      [],
    ),
  );

  const choose = (hit: Suggestion | undefined) => {
    if (!hit) return;
    setOpen(false);
    setText(hit.title);
    goTo(hit);
    input.current?.blur();
  };

  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (hits.length) setAt((at + step + hits.length) % hits.length);
      setOpen(true);
    } else if (event.key === "Enter") {
      choose(hits[at]);
    } else if (event.key === "Escape") {
      if (open && text) setOpen(false);
      else input.current?.blur();
    }
  };

  const shown = open && text.trim() !== "" && asked;
  return (
    <search className="search">
      <div className="search-field">
        <Icon name="search" />
        <input
          id="search"
          ref={input}
          type="text"
          role="combobox"
          aria-label="Search the grid"
          aria-expanded={shown}
          aria-controls={list}
          aria-autocomplete="list"
          aria-activedescendant={shown && hits[at] ? `${list}-${at}` : undefined}
          aria-keyshortcuts="/"
          placeholder={
            wanted.addresses ? "Search an id, a name, an address" : "Search an id, a name, a feeder"
          }
          autoComplete="off"
          spellCheck={false}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
            setOpen(true);
          }}
          onFocus={() => setOpen(true)}
          onBlur={() => setTimeout(() => setOpen(false), 120)}
          onKeyDown={onKeyDown}
        />
        {text ? (
          <button
            type="button"
            className="icon-button"
            aria-label="Clear the search"
            onClick={() => {
              setText("");
              input.current?.focus();
            }}
          >
            <Icon name="close" size={16} />
          </button>
        ) : (
          <span className="key" aria-hidden="true">
            /
          </span>
        )}
      </div>
      <div id={list} role="listbox" aria-label="Suggestions" className="hits" hidden={!shown}>
        {hits.map((hit, i) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys of a combobox belong to its field
          <div
            key={hit.key}
            id={`${list}-${i}`}
            role="option"
            tabIndex={-1}
            aria-selected={i === at}
            className="hit"
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => choose(hit)}
          >
            <strong>{hit.title}</strong>
            <span>{hit.says}</span>
          </div>
        ))}
      </div>
      {shown && hits.length === 0 && <p className="hits none">Nothing is called so.</p>}
      <span className="sr-only" role="status">
        {shown ? counted(hits.length, "suggestion") : ""}
      </span>
    </search>
  );
}

function useWanted(): Wanted {
  const addresses = useMay("see-customers");
  const places = useStore(({ info }) => info?.basemap != null);
  return useMemo(() => ({ addresses, places }), [addresses, places]);
}

function useHits(
  text: string,
  open: boolean,
  wanted: Wanted,
): { hits: Suggestion[]; asked: boolean } {
  const [hits, setHits] = useState<Suggestion[]>([]);
  const [asked, setAsked] = useState(false);
  const term = text.trim();
  useEffect(() => {
    if (!term || !open) return;
    const abort = new AbortController();
    const wait = wanted.addresses && isAddress(term) ? WAIT_ADDRESS_MS : WAIT_MS;
    const look = async () => {
      try {
        const { hits: found, whole } = await suggest(term, wanted, abort.signal);
        setHits(found);
        setAsked(true);
        if (!whole) timer = setTimeout(look, AGAIN_MS);
      } catch {
        if (!abort.signal.aborted) setHits([]);
      }
    };
    let timer = setTimeout(look, wait);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [term, open, wanted]);
  return { hits: term ? hits : [], asked };
}

function goTo({ at, zoom, mrid }: Suggestion): void {
  const map = currentGridMap();
  if (at && map) map.show(at, { zoom });
  map?.draw(
    FOUND,
    at && !mrid ? [{ geometry: { type: "Point", coordinates: at }, tone: "note" }] : [],
  );
  if (mrid) chooseElement(mrid);
}

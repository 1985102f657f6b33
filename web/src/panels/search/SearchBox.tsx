/** Search by id, name or feeder: an ARIA combobox, `/` gives it the focus. */

import { useEffect, useId, useMemo, useRef, useState } from "react";
import { api } from "../../api/client";
import type { SearchHit } from "../../api/types";
import { currentGridMap } from "../../map/current";
import { Icon } from "../../parts/icons";
import { useShortcuts } from "../../parts/keyboard";
import { counted, kindName } from "../../parts/words";
import { chooseElement } from "../../state/params";
import "./search.css";

const WAIT_MS = 90;
const LIMIT = 8;

export function SearchBox() {
  const input = useRef<HTMLInputElement>(null);
  const list = useId();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const [open, setOpen] = useState(false);
  const { hits, asked } = useHits(text, open);
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

  const choose = (hit: SearchHit | undefined) => {
    if (!hit) return;
    setOpen(false);
    setText(hit.name || hit.mrid);
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
          placeholder="Search an id, a name, a feeder"
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
            key={`${hit.kind}:${hit.mrid}`}
            id={`${list}-${i}`}
            role="option"
            tabIndex={-1}
            aria-selected={i === at}
            className="hit"
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => choose(hit)}
          >
            <strong>{hit.name || hit.mrid}</strong>
            <span>{describe(hit)}</span>
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

function useHits(text: string, open: boolean): { hits: SearchHit[]; asked: boolean } {
  const [hits, setHits] = useState<SearchHit[]>([]);
  const [asked, setAsked] = useState(false);
  const term = text.trim();
  useEffect(() => {
    if (!term || !open) return;
    const abort = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const { results } = await api.search(term, LIMIT, { signal: abort.signal });
        setHits(results);
        setAsked(true);
      } catch {
        if (!abort.signal.aborted) setHits([]);
      }
    }, WAIT_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [term, open]);
  return { hits: term ? hits : [], asked };
}

function describe(hit: SearchHit): string {
  const parts = [kindName(hit.kind)];
  if (hit.name && hit.name !== hit.mrid) parts.push(hit.mrid);
  if (hit.feeder && hit.kind !== "feeder") parts.push(`feeder ${hit.feeder}`);
  if (hit.substation && hit.kind !== "substation") parts.push(hit.substation);
  return parts.join(" · ");
}

function goTo(hit: SearchHit): void {
  const map = currentGridMap();
  if (hit.at && map)
    map.show(hit.at, { zoom: hit.kind === "substation" || hit.kind === "feeder" ? 13 : 16 });
  chooseElement(hit.mrid);
}

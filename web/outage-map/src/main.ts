/** The outage map for the public: figures by area, on a map and in a table, new each minute. */

import "./page.css";
import type { AreaMap } from "./area-map.ts";
import {
  chooseAreas,
  type Figures,
  fetchFigures,
  isOld,
  type PublicArea,
  severityOf,
  untilNext,
} from "./figures.ts";
import {
  chooseLanguage,
  LANGUAGES,
  sayCause,
  sayCount,
  sayEnd,
  sayTime,
  sayTotal,
  TEXTS,
} from "./texts.ts";

let language = chooseLanguage(location.search, navigator.languages);
let figures: Figures | null = null;
let map: AreaMap | null = null;
let failed = false;

function part<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) throw new Error(id);
  return element as T;
}

const find = part<HTMLInputElement>("find");

function show(): void {
  const texts = TEXTS[language];
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll<HTMLElement>("[data-text]")) {
    const text = texts[element.dataset.text as keyof typeof texts];
    if (typeof text === "string") element.textContent = text;
  }
  for (const button of document.querySelectorAll<HTMLElement>("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === language));
  }
  part("map").setAttribute("aria-label", texts.map);
  part("utility").textContent = figures?.utility ?? "";
  document.title = [figures?.utility, texts.title].filter(Boolean).join(" · ");
  if (figures) showFigures(figures);
  showAge();
}

function showFigures(told: Figures): void {
  const texts = TEXTS[language];
  say(part("total"), sayTotal(told, language));
  part("updated").textContent = texts.updated(sayTime(told.updated_at, language));
  part("disclaimer").textContent = told.disclaimer;
  const chosen = chooseAreas(told.areas, find.value);
  part("rows").replaceChildren(...chosen.map(rowOf));
  part("nobody").hidden = chosen.length > 0;
  part("nobody").textContent = told.areas.length ? texts.noMatch : texts.nobody;
}

/** Change a text that is read aloud only when it became another. */
function say(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

function showAge(): void {
  const texts = TEXTS[language];
  const old = figures !== null && isOld(figures, Date.now());
  const text = old && figures ? texts.old(sayTime(figures.updated_at, language)) : texts.lost;
  part("old").hidden = !(old || failed);
  say(part("old"), old || failed ? text : "");
}

function rowOf(area: PublicArea): HTMLTableRowElement {
  const row = document.createElement("tr");
  const name = document.createElement("th");
  name.scope = "row";
  name.textContent = area.name;
  name.dataset.severity = String(severityOf(area));
  row.append(name, ...textsOf(area).map((text) => cellOf(text)));
  return row;
}

function textsOf(area: PublicArea): string[] {
  return [
    sayCount(area.customers_out, language),
    sayEnd(area, language),
    sayCause(area.cause, language),
  ];
}

function cellOf(text: string): HTMLTableCellElement {
  const cell = document.createElement("td");
  cell.textContent = text;
  return cell;
}

function describe(id: number): HTMLElement | null {
  const area = figures?.areas.find((each) => each.id === id);
  if (!area) return null;
  const card = document.createElement("div");
  const title = document.createElement("strong");
  title.textContent = area.name;
  const lines = textsOf(area).map((text) => {
    const line = document.createElement("p");
    line.textContent = text;
    return line;
  });
  card.append(title, ...lines);
  return card;
}

async function refresh(): Promise<void> {
  try {
    figures = await fetchFigures();
    failed = false;
    show();
    await paint(figures);
  } catch {
    failed = true;
    show();
  }
  setTimeout(refresh, untilNext(figures, Math.random()));
}

/** The map follows; where it cannot be drawn, the table says it all. */
async function paint(told: Figures): Promise<void> {
  try {
    if (map?.tiles !== told.tiles) {
      map?.close();
      map = null;
      const drawing = await import("./area-map.ts"); // the figures do not wait for it
      map = await drawing.AreaMap.open(part("map"), told, describe);
    }
    map.paint(told);
  } catch {
    part("map").hidden = true;
  }
}

for (const button of document.querySelectorAll<HTMLElement>("[data-language]")) {
  button.addEventListener("click", () => {
    language = LANGUAGES.find((each) => each === button.dataset.language) ?? language;
    show();
  });
}
find.addEventListener("input", () => figures && showFigures(figures));
setInterval(showAge, 10_000);
void refresh();

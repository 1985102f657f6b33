/** An answer in words, made ready to be shown: its table, its chart, its view, what may be asked next. */

import type { AskAnswer, AskTable, ModelAnswer } from "../../api/types";
import type { Sample } from "../../parts/series";
import { count, dayClock } from "../../parts/words";
import { type Params, parseParams } from "../../state/params";

type Cell = unknown;

export interface ShownTable {
  columns: string[];
  rows: Cell[][];
  total: number;
}

/** The table without columns that say nothing; null without any row. */
export function shownTable(table: AskTable | null): ShownTable | null {
  if (!table?.rows.length) return null;
  const kept = table.columns
    .map((_, at) => at)
    .filter((at) => table.rows.some((row) => !isEmpty(row[at])));
  return {
    columns: kept.map((at) => table.columns[at] ?? ""),
    rows: table.rows.map((row) => kept.map((at) => row[at])),
    total: table.total,
  };
}

function isEmpty(cell: Cell): boolean {
  return cell === null || cell === undefined || cell === "";
}

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;
const ELEMENTS = new Set(
  "mrid of element device feeder substation transformer meter usage_point usage_points parent caused_by".split(
    " ",
  ),
);

/** Where a cell leads: to an element, to an outage, or nowhere. */
export function leadOf(column: string, cell: Cell): "element" | "outage" | null {
  if (typeof cell !== "string" || !cell) return null;
  if (column === "outage") return "outage";
  return ELEMENTS.has(column) ? "element" : null;
}

export function wordsOf(cell: Cell): string {
  if (isEmpty(cell)) return "";
  if (typeof cell === "boolean") return cell ? "yes" : "no";
  if (typeof cell === "number") return count(Math.abs(cell) < 1 ? round(cell, 3) : round(cell, 1));
  if (typeof cell === "string") return MOMENT.test(cell) ? dayClock(cell) : cell;
  return JSON.stringify(cell);
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** `customers_out` -> "customers out". */
export function headOf(column: string): string {
  return column.replaceAll("_", " ");
}

export interface Bar {
  label: string;
  value: number;
}
export type AnswerChart =
  | { kind: "series"; name: string; samples: Sample[]; stepMs: number }
  | { kind: "bars"; name: string; bars: Bar[] };

const MOST_BARS = 10;
const LEAST_SAMPLES = 4;
const NO_MEASURES = new Set(["depth", "row", "version", "rank", "step"]);
/** What rows are ranked by, before what else they tell. */
const CHIEF_MEASURES = ["customer_minutes_per_km", "loading_pct", "peak_pct", "kw", "customers"];

/** A line where the rows are moments, bars where they are things; null where neither says anything. */
export function chartOf(table: ShownTable | null): AnswerChart | null {
  const value = table ? measureOf(table) : -1;
  if (!table || value < 0) return null;
  const name = headOf(table.columns[value] ?? "");
  const numbers = table.rows.map((row) => row[value] as number | null);
  if (isTime(table.rows, 0)) return lineOf(name, table.rows, numbers);
  const label = table.columns.findIndex((_, at) => isLabel(table.rows, at));
  if (label < 0) return null;
  const bars = table.rows
    .map((row, at) => ({ label: String(row[label]), value: numbers[at] ?? 0 }))
    .slice(0, MOST_BARS);
  return { kind: "bars", name, bars };
}

/** Null where the moments have no step in common: they are events, not a series. */
function lineOf(name: string, rows: Cell[][], numbers: (number | null)[]): AnswerChart | null {
  const samples = rows.map((row, at) => ({
    ms: Date.parse(row[0] as string),
    value: numbers[at] ?? null,
  }));
  const gaps = samples.slice(1).map(({ ms }, at) => ms - (samples[at]?.ms ?? 0));
  const stepMs = Math.min(...gaps);
  const regular = gaps.filter((gap) => gap === stepMs).length >= gaps.length / 2;
  if (rows.length < LEAST_SAMPLES || stepMs <= 0 || !regular) return null;
  return { kind: "series", name, samples, stepMs };
}

function measureOf({ columns, rows }: ShownTable): number {
  const measures = columns.filter((name, at) => !NO_MEASURES.has(name) && isMeasure(rows, at));
  const chief = CHIEF_MEASURES.find((name) => measures.includes(name)) ?? measures[0];
  return chief === undefined ? -1 : columns.indexOf(chief);
}

/** Whether a column holds numbers, zero or more, that are not all the same. */
function isMeasure(rows: Cell[][], at: number): boolean {
  const numbers = rows.map((row) => row[at]).filter((cell) => cell !== null);
  return (
    new Set(numbers).size > 1 &&
    numbers.every((cell) => typeof cell === "number" && Number.isFinite(cell) && cell >= 0)
  );
}

function isTime(rows: Cell[][], at: number): boolean {
  return rows.every((row) => typeof row[at] === "string" && MOMENT.test(row[at] as string));
}

function isLabel(rows: Cell[][], at: number): boolean {
  const cells = rows.map((row) => row[at]);
  return (
    new Set(cells).size === cells.length && cells.every((cell) => typeof cell === "string" && cell)
  );
}

/** The view of the map that shows an answer. */
export function viewOf(answer: AskAnswer): Params {
  return parseParams(answer.map?.slice(answer.map.indexOf("#") + 1) ?? "");
}

export interface Door {
  says: string;
  view: Params;
}

/** Where on the page the answer can be gone on with; null where the panel shows all there is. */
export function doorOf({ sel: _, trace: __, ...view }: Params): Door | null {
  if (view.whatif) return { says: "Show it as a what-if", view: { ...view, panel: "whatif" } };
  if (view.fault) return { says: "Show the switching plan", view: { ...view, panel: "plan" } };
  if (view.outage) return { says: "Show the outage", view: { ...view, panel: "outages" } };
  if (view.panel) return { says: `Open the list of ${view.panel}`, view };
  if (view.at) return { says: `Show the map at ${dayClock(view.at)}`, view };
  return null;
}

/** A part of what a model wrote; unfounded: a number or id that no answer of a tool holds. */
export interface ModelWords {
  text: string;
  unfounded: boolean;
}

/** The words of a model, cut where figures stand that are not to be relied on. */
export function wordsOfModel(sentence: string, model: ModelAnswer): ModelWords[] {
  const words: ModelWords[] = [];
  let at = 0;
  for (const { text, start, calls } of model.figures) {
    if (calls.length > 0 || start < at) continue;
    words.push({ text: sentence.slice(at, start), unfounded: false });
    words.push({ text, unfounded: true });
    at = start + text.length;
  }
  words.push({ text: sentence.slice(at), unfounded: false });
  return words.filter((each) => each.text);
}

const MOST_FEEDERS = 2;
const MOST_NEXT = 5;
const OF_FEEDERS = new Set(["critical", "outages", "priority_sites"]);
const OF_ELEMENTS: [is: string, ask: string][] = [
  ["blast", "who goes dark if ID fails"],
  ["explain", "is ID energized"],
  ["isolation", "how do I isolate ID"],
  ["restore_plan", "restoration plan for ID"],
  ["upstream", "what is upstream of ID"],
];

/** What is likely to be asked next. */
export function nextQuestions(answer: AskAnswer): string[] {
  if (!answer.reading) return [];
  const { tool, arguments: said } = answer.reading;
  const feeders = OF_FEEDERS.has(tool) ? feedersOf(answer) : [];
  const mrid = elementOf(answer);
  const asked = tool === "trace" ? said.kind : tool;
  const others = mrid ? OF_ELEMENTS.filter(([is]) => is !== asked) : [];
  return [
    ...feeders.map((feeder) => `and on feeder ${feeder}?`),
    ...others.map(([, ask]) => ask.replace("ID", mrid ?? "")),
  ].slice(0, MOST_NEXT);
}

function feedersOf({ table, reading }: AskAnswer): string[] {
  const at = table?.columns.indexOf("feeder") ?? -1;
  const said = Object.values(reading?.arguments ?? {});
  const feeders = new Set((table?.rows ?? []).map((row) => row[at]));
  return [...feeders]
    .filter((each): each is string => typeof each === "string" && each !== "")
    .filter((each) => !said.includes(each))
    .slice(0, MOST_FEEDERS);
}

/** What the question was of, or the first that was found. */
function elementOf(answer: AskAnswer): string | null {
  const { of, open, close } = answer.reading?.arguments ?? {};
  const said = [of, open, close].flat().find((each) => typeof each === "string" && each);
  if (said) return answer.context?.elements.includes(said as string) ? (said as string) : null;
  const at = answer.table?.columns.indexOf("mrid") ?? -1;
  const first = answer.table?.rows[0]?.[at];
  return typeof first === "string" && first ? first : null;
}

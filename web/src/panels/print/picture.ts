/** Make one picture of the map as it is seen now: with title, time, scale and legend. */

import type { Map as MapLibre } from "maplibre-gl";
import type { Group } from "../../map/legend";
import { drawSign } from "../../map/sign";
import { type Bar, barOf, metersPerPixel, ratioOf } from "./scale";

export interface Caption {
  title: string;
  lines: string[]; // time, state, figures
  legend: Group[];
}

const INK = "#14202b";
const PAPER = "#ffffff";
const FONT = "'Noto Sans', system-ui, sans-serif";
const MARGIN = 16;
const HEAD = 58;
const ROW = 20;
const COLUMN = 190;
const SIGN = 28;

/** Copy what the map shows; it is drawn anew for it, since the screen's copy is not kept. */
export function captured(map: MapLibre): Promise<HTMLCanvasElement> {
  return new Promise((resolve) => {
    map.once("render", () => {
      const source = map.getCanvas();
      const copy = document.createElement("canvas");
      copy.width = source.width;
      copy.height = source.height;
      copy.getContext("2d")?.drawImage(source, 0, 0);
      resolve(copy);
    });
    map.triggerRepaint();
  });
}

/** The whole sheet: head, map, legend. */
export async function pictureOf(map: MapLibre, caption: Caption): Promise<HTMLCanvasElement> {
  const image = await captured(map);
  const ratio = image.width / map.getCanvas().clientWidth;
  const width = image.width / ratio;
  const height = image.height / ratio;
  const foot = footHeight(caption.legend, width);
  const sheet = document.createElement("canvas");
  sheet.width = image.width;
  sheet.height = Math.round((HEAD + height + foot) * ratio);
  const pen = sheet.getContext("2d");
  if (!pen) throw new Error("This browser draws no pictures.");
  pen.scale(ratio, ratio);
  pen.fillStyle = PAPER;
  pen.fillRect(0, 0, width, HEAD + height + foot);
  head(pen, caption, width, map);
  pen.drawImage(image, 0, HEAD, width, height);
  legend(pen, caption.legend, width, HEAD + height);
  return sheet;
}

export function scaleOf(map: MapLibre): { bar: Bar; ratio: string } {
  const perPixel = metersPerPixel(map.getCenter().lat, map.getZoom());
  return { bar: barOf(perPixel, 140), ratio: ratioOf(perPixel) };
}

function head(pen: CanvasRenderingContext2D, caption: Caption, width: number, map: MapLibre): void {
  pen.fillStyle = INK;
  pen.textBaseline = "middle";
  pen.font = `600 18px ${FONT}`;
  pen.fillText(caption.title, MARGIN, 20, width - 220);
  pen.font = `12px ${FONT}`;
  pen.fillText(caption.lines.join("  |  "), MARGIN, 42, width - 220);
  const { bar, ratio } = scaleOf(map);
  const left = width - MARGIN - bar.px;
  pen.strokeStyle = INK;
  pen.lineWidth = 2;
  pen.beginPath();
  pen.moveTo(left, 20);
  pen.lineTo(left, 26);
  pen.lineTo(left + bar.px, 26);
  pen.lineTo(left + bar.px, 20);
  pen.stroke();
  pen.textAlign = "right";
  pen.fillText(`${bar.label}  ${ratio}`, width - MARGIN, 42);
  pen.textAlign = "left";
}

function columnsIn(width: number): number {
  return Math.max(1, Math.floor((width - 2 * MARGIN) / COLUMN));
}

function footHeight(groups: Group[], width: number): number {
  const columns = columnsIn(width);
  let height = MARGIN;
  for (let at = 0; at < groups.length; at += columns) {
    const row = groups.slice(at, at + columns);
    height += (Math.max(...row.map((group) => group.entries.length)) + 1) * ROW + MARGIN;
  }
  return height;
}

function legend(pen: CanvasRenderingContext2D, groups: Group[], width: number, top: number): void {
  const columns = columnsIn(width);
  let y = top + MARGIN;
  for (let at = 0; at < groups.length; at += columns) {
    const row = groups.slice(at, at + columns);
    for (const [column, group] of row.entries()) signs(pen, group, MARGIN + column * COLUMN, y);
    y += (Math.max(...row.map((group) => group.entries.length)) + 1) * ROW + MARGIN;
  }
}

function signs(pen: CanvasRenderingContext2D, group: Group, x: number, y: number): void {
  pen.fillStyle = INK;
  pen.font = `600 12px ${FONT}`;
  pen.fillText(group.title, x, y + ROW / 2, COLUMN - 12);
  pen.font = `12px ${FONT}`;
  group.entries.forEach((entry, at) => {
    const line = y + (at + 1) * ROW;
    pen.save();
    pen.translate(x, line);
    drawSign(pen, entry.sign, SIGN, ROW);
    pen.restore();
    pen.fillStyle = INK;
    pen.fillText(entry.says, x + SIGN + 6, line + ROW / 2, COLUMN - SIGN - 16);
  });
}

/**
 * Draw the symbols of the map on a canvas, when the map first asks for them; no sprite is loaded.
 *
 * Shape says the kind, filling says the position: filled is closed, hollow with a gap is open, half
 * filled is open on some phases. Names: `switch/KIND/POSITION/THEME`, `station/PERCENT/THEME`,
 * `priority/THEME`, `tag/KIND/THEME`, `crew/STATUS/THEME`.
 */

import type { Theme } from "../state/theme";
import { PALETTES, type Palette } from "./palette";

export interface Symbol {
  data: ImageData;
  pixelRatio: number;
}

const RATIO = 3;

/** Draw the symbol of this name; null if there is none. */
export function drawSymbol(name: string): Symbol | null {
  const parts = name.split("/");
  const palette = PALETTES[parts.at(-1) as Theme];
  if (!palette) return null;
  if (parts[0] === "switch")
    return draw(24, (pen) => device(pen, palette, parts[1] ?? "", parts[2] ?? ""));
  if (parts[0] === "station") return draw(36, (pen) => station(pen, palette, Number(parts[1])));
  if (parts[0] === "tag") return draw(22, (pen) => hung(pen, palette, parts[1] ?? ""));
  if (parts[0] === "crew") return draw(26, (pen) => crew(pen, palette, parts[1] ?? ""));
  if (parts[0] === "priority") return draw(14, (pen) => priority(pen, palette));
  return null;
}

type Pen = CanvasRenderingContext2D;

function draw(size: number, paint: (pen: Pen) => void): Symbol | null {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size * RATIO;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  if (!pen) return null;
  pen.scale(RATIO, RATIO);
  pen.translate(size / 2, size / 2);
  pen.lineJoin = pen.lineCap = "round";
  paint(pen);
  return { data: pen.getImageData(0, 0, canvas.width, canvas.height), pixelRatio: RATIO };
}

function outline(kind: string): Path2D {
  const path = new Path2D();
  switch (kind) {
    case "breaker":
      path.rect(-6, -6, 12, 12);
      break;
    case "recloser":
    case "sectionaliser":
      path.arc(0, 0, 6.8, 0, 2 * Math.PI);
      break;
    case "load_break_switch":
      path.moveTo(0, -7.6);
      path.lineTo(7.6, 0);
      path.lineTo(0, 7.6);
      path.lineTo(-7.6, 0);
      path.closePath();
      break;
    case "disconnector":
      path.moveTo(0, -7);
      path.lineTo(7, 5.4);
      path.lineTo(-7, 5.4);
      path.closePath();
      break;
    case "fuse":
      path.roundRect(-6.6, -3.2, 13.2, 6.4, 3.2);
      break;
    default:
      path.arc(0, 0, 4, 0, 2 * Math.PI);
  }
  return path;
}

const LETTERS: Record<string, string> = { recloser: "R", sectionaliser: "S" };

function device(pen: Pen, palette: Palette, kind: string, position: string): void {
  const path = outline(kind);
  const line = position === "closed" ? palette.closed : palette.open;
  pen.lineWidth = 4.5;
  pen.strokeStyle = palette.ground;
  pen.stroke(path);
  pen.fillStyle = position === "closed" ? palette.closed : palette.symbolFill;
  pen.fill(path);
  if (position === "partial") {
    pen.save();
    pen.clip(path);
    pen.fillStyle = palette.open;
    pen.fillRect(-12, 0, 24, 12);
    pen.restore();
  }
  pen.lineWidth = 2;
  pen.strokeStyle = line;
  pen.stroke(path);
  if (position === "open") gap(pen, palette, kind);
  const letter = LETTERS[kind];
  if (letter && position !== "open") {
    pen.fillStyle = position === "closed" ? palette.ground : palette.open;
    pen.font = "700 9px 'Noto Sans', sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(letter, 0, 0.6);
  }
}

/** The blade that stands off: what says "open" at a glance. */
function gap(pen: Pen, palette: Palette, kind: string): void {
  const reach = kind === "fuse" ? 2.2 : kind === "jumper" ? 2 : 3.2;
  pen.lineWidth = 1.8;
  pen.strokeStyle = palette.open;
  pen.beginPath();
  pen.moveTo(-reach, reach * 0.8);
  pen.lineTo(reach, -reach * 0.8);
  pen.stroke();
}

/** A disc with a ring: the red part of the ring is the share of customers out. */
function station(pen: Pen, palette: Palette, out: number): void {
  const start = -Math.PI / 2;
  const end = start + (2 * Math.PI * out) / 100;
  pen.fillStyle = palette.ground;
  pen.beginPath();
  pen.arc(0, 0, 16.5, 0, 2 * Math.PI);
  pen.fill();
  pen.lineWidth = 3.6;
  pen.lineCap = "butt";
  pen.strokeStyle = palette.calm;
  pen.beginPath();
  pen.arc(0, 0, 12.6, end, start + 2 * Math.PI);
  pen.stroke();
  if (out > 0) {
    pen.lineWidth = 5.2;
    pen.strokeStyle = palette.out;
    pen.beginPath();
    pen.arc(0, 0, 12.6, start, end);
    pen.stroke();
  }
  pen.fillStyle = out >= 100 ? palette.ground : palette.symbol;
  pen.strokeStyle = out >= 100 ? palette.out : palette.symbol;
  pen.lineWidth = 1.8;
  pen.beginPath();
  pen.rect(-5, -5, 10, 10);
  pen.fill();
  pen.stroke();
}

/** A tag on its string: H for hold, ! for caution. */
function hung(pen: Pen, palette: Palette, kind: string): void {
  const color = kind === "hold" ? palette.out : palette.partial;
  pen.lineWidth = 1.6;
  pen.strokeStyle = color;
  pen.stroke(new Path2D("M0 -10V-6"));
  const card = new Path2D();
  card.roundRect(-5.5, -6, 11, 14, 2);
  pen.fillStyle = color;
  pen.fill(card);
  pen.strokeStyle = palette.ground;
  pen.stroke(card);
  pen.fillStyle = palette.ground;
  pen.font = "700 10px 'Noto Sans', sans-serif";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(kind === "hold" ? "H" : "!", 0, 1.4);
}

/** A truck: filled at work, hollow when free, dim when it is not to be sent. */
function crew(pen: Pen, palette: Palette, status: string): void {
  const body = new Path2D("M-9 -5H3V4H-9ZM3 -2H7L9 1V4H3Z");
  const color = status === "away" ? palette.labelQuiet : palette.select;
  pen.lineWidth = 4.5;
  pen.strokeStyle = palette.ground;
  pen.stroke(body);
  pen.fillStyle = status === "on_site" ? color : palette.symbolFill;
  pen.fill(body);
  pen.lineWidth = 1.8;
  pen.strokeStyle = color;
  pen.setLineDash(status === "en_route" ? [3, 2] : []);
  pen.stroke(body);
  pen.setLineDash([]);
  pen.fillStyle = color;
  for (const x of [-5, 5]) {
    pen.beginPath();
    pen.arc(x, 5, 2.2, 0, 2 * Math.PI);
    pen.fill();
  }
}

/** A small cross, as on a hospital. */
function priority(pen: Pen, palette: Palette): void {
  pen.lineWidth = 6;
  pen.strokeStyle = palette.ground;
  const cross = new Path2D("M0 -4V4M-4 0H4");
  pen.stroke(cross);
  pen.lineWidth = 3;
  pen.strokeStyle = palette.select;
  pen.stroke(cross);
}

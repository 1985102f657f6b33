/** A sign of the legend, drawn as the map draws it. */

import type { Entry } from "./legend";
import { drawSymbol } from "./symbols";

/** Draw a sign in the middle of a box that begins at the pen's origin. */
export function drawSign(
  pen: CanvasRenderingContext2D,
  sign: Entry["sign"],
  width: number,
  height: number,
): void {
  pen.save();
  pen.translate(width / 2, height / 2);
  if (sign.kind === "line") {
    pen.lineWidth = sign.width;
    pen.strokeStyle = sign.color;
    if (sign.dash) pen.setLineDash([6, 4]);
    pen.beginPath();
    pen.moveTo(-width / 2 + 2, 0);
    pen.lineTo(width / 2 - 2, 0);
    pen.stroke();
  } else if (sign.kind === "dot") {
    pen.fillStyle = sign.color;
    pen.strokeStyle = sign.ring ?? sign.color;
    pen.lineWidth = 2;
    pen.beginPath();
    pen.arc(0, 0, 4.5, 0, 2 * Math.PI);
    pen.fill();
    pen.stroke();
  } else {
    drawImage(pen, sign.name, Math.min(width, height));
  }
  pen.restore();
}

function drawImage(pen: CanvasRenderingContext2D, name: string, size: number): void {
  const symbol = drawSymbol(name);
  if (!symbol) return;
  const { width, height } = symbol.data;
  const image = document.createElement("canvas");
  image.width = width;
  image.height = height;
  image.getContext("2d")?.putImageData(symbol.data, 0, 0);
  const fit = Math.min(1, (size * symbol.pixelRatio) / Math.max(width, height)) / symbol.pixelRatio;
  pen.drawImage(image, (-width * fit) / 2, (-height * fit) / 2, width * fit, height * fit);
}

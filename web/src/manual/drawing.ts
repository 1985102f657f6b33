/** Draw pages of a PDF with pdf.js, which runs no script of it here. */

import {
  GlobalWorkerOptions,
  getDocument,
  type PDFDocumentProxy,
  type PDFPageProxy,
} from "pdfjs-dist";

GlobalWorkerOptions.workerSrc = new URL(
  "pdfjs-dist/build/pdf.worker.min.mjs",
  import.meta.url,
).toString();

export type Box = readonly [left: number, bottom: number, right: number, top: number];
/** A rectangle on the drawn page, in CSS pixels. */
export interface Mark {
  left: number;
  top: number;
  width: number;
  height: number;
}

const opened = new Map<string, Promise<PDFDocumentProxy>>();

/** Open the file of a document once. */
export function openFile(document: string): Promise<PDFDocumentProxy> {
  const known = opened.get(document);
  if (known) return known;
  const task = getDocument({
    url: `/api/manuals/${document}/file`,
    enableXfa: false,
    useWasm: false,
    isOffscreenCanvasSupported: false,
  });
  const opening = task.promise;
  opened.set(document, opening);
  opening.catch(() => opened.delete(document));
  return opening;
}

/** Draw a page as wide as asked for; return where boxes of it lie. */
export async function drawPage(
  file: PDFDocumentProxy,
  number: number,
  canvas: HTMLCanvasElement,
  width: number,
  boxes: readonly Box[],
): Promise<Mark[]> {
  const page: PDFPageProxy = await file.getPage(number);
  const scale = width / page.getViewport({ scale: 1 }).width;
  const viewport = page.getViewport({ scale });
  const dense = Math.min(window.devicePixelRatio || 1, 2);
  canvas.width = Math.round(viewport.width * dense);
  canvas.height = Math.round(viewport.height * dense);
  canvas.style.width = `${viewport.width}px`;
  canvas.style.height = `${viewport.height}px`;
  await page.render({
    canvas,
    viewport: page.getViewport({ scale: scale * dense }),
    annotationMode: 0,
  }).promise;
  return boxes.map((box) => {
    const [left, top, right, bottom] = viewport.convertToViewportRectangle([...box]) as [
      number,
      number,
      number,
      number,
    ];
    return {
      left: Math.min(left, right),
      top: Math.min(top, bottom),
      width: Math.abs(right - left),
      height: Math.abs(bottom - top),
    };
  });
}

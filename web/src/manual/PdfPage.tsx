import { useEffect, useRef, useState } from "react";
import type { ManualPage } from "../api/types";
import { words } from "../parts/asking";
import { drawPage, type Mark, openFile } from "./drawing";
import { TextPage } from "./TextPage";

const WIDEST = 900; // CSS pixels

/** A page as it is drawn, the lines that answer marked; its text where it cannot be drawn. */
export function PdfPage({ page }: { page: ManualPage }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [marks, setMarks] = useState<Mark[]>([]);
  const [error, setError] = useState("");
  const first = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let live = true;
    const sheet = canvas.current;
    setMarks([]);
    setError("");
    if (!sheet) return;
    const width = Math.min(
      WIDEST,
      (sheet.parentElement?.parentElement?.clientWidth ?? WIDEST) - 32,
    );
    openFile(page.document)
      .then((file) => (live ? drawPage(file, page.page, sheet, width, page.marks) : []))
      .then(
        (drawn) => live && setMarks(drawn),
        (reason) => live && setError(words(reason)),
      );
    return () => {
      live = false;
    };
  }, [page]);
  useEffect(() => {
    if (marks.length) first.current?.scrollIntoView({ block: "center" });
  }, [marks]);
  if (error) {
    return (
      <>
        <p role="alert">The file cannot be drawn: {error}</p>
        <TextPage page={page} />
      </>
    );
  }
  return (
    <div className="manual-drawn">
      <canvas ref={canvas} role="img" aria-label={page.lines.map((line) => line.text).join(" ")} />
      {marks.map((mark, at) => (
        <div
          key={`${mark.left}/${mark.top}`}
          ref={at === 0 ? first : undefined}
          className="manual-mark"
          style={mark}
        />
      ))}
    </div>
  );
}

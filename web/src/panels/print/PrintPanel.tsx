/** Put the current view on paper, or into a file. */

import { useCallback, useEffect, useState } from "react";
import { createPortal } from "react-dom";
import { BASEMAP_OFF } from "../../map/basemap";
import { useGridMap } from "../../map/current";
import { legendOf } from "../../map/legend";
import { asMode } from "../../map/modes";
import { words } from "../../parts/asking";
import { download, fileName } from "../../parts/download";
import { clock, count } from "../../parts/words";
import { getParams } from "../../state/params";
import { firstSide, type Side } from "../../state/sides";
import { notify, useStore } from "../../state/store";
import { type Caption, pictureOf } from "./picture";
import "./print.css";

export default function PrintPanel() {
  const map = useGridMap();
  const info = useStore((store) => store.info);
  const [title, setTitle] = useState("");
  const [sheet, setSheet] = useState("");
  const [busy, setBusy] = useState(false);
  const shown = title.trim() || info?.name || "The grid";
  const draw = useCallback(async () => {
    if (!map) throw new Error("The map is not there yet.");
    setBusy(true);
    try {
      return await pictureOf(map.map, captionOf(shown));
    } finally {
      setBusy(false);
    }
  }, [map, shown]);
  const save = () =>
    attempt(async () => download(fileName("map", "png"), "image/png", await png(await draw())));
  const print = () => attempt(async () => setSheet(URL.createObjectURL(await png(await draw()))));
  return (
    <div className="print-panel">
      <label>
        Title
        <input
          type="text"
          maxLength={120}
          placeholder={info?.name ?? ""}
          value={title}
          onChange={(event) => setTitle(event.target.value)}
        />
      </label>
      <div className="row">
        <button type="button" className="button small" onClick={print} disabled={busy}>
          Print or save as PDF
        </button>
        <button type="button" className="button small" onClick={save} disabled={busy}>
          Save as PNG
        </button>
      </div>
      <p className="quiet">
        The sheet shows the map as it is seen now, with title, time, scale and legend. The light
        theme (key t) saves ink.
      </p>
      {sheet && <Sheet url={sheet} title={shown} onDone={() => setSheet("")} />}
    </div>
  );
}

async function attempt(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    notify(words(error), "error");
  }
}

function captionOf(title: string): Caption {
  const { info } = useStore.getState();
  const theme = document.documentElement.dataset.theme === "light" ? "light" : "dark";
  const lines = linesOf(firstSide(getParams()));
  if (info?.basemap?.attribution && getParams().base !== BASEMAP_OFF) {
    lines.push(info.basemap.attribution);
  }
  return { title, lines, legend: legendOf(asMode(getParams().mode), theme, info) };
}

function linesOf(shown: Side): string[] {
  const { version, customersOut } = useStore.getState();
  switch (shown.kind) {
    case "moment":
      return [`As it was at ${stamp(new Date(shown.at))}`];
    case "normal":
      return ["As designed"];
    case "whatif":
      return [stamp(new Date()), "A what-if: not as it is"];
    case "now":
      return [stamp(new Date()), `state ${version}`, `${count(customersOut)} customers out`];
  }
}

/** With its zone: paper is read elsewhere, and later. */
function stamp(at: Date): string {
  const zone = at.toLocaleTimeString("en", { timeZoneName: "short" }).split(" ").at(-1);
  return `${at.toLocaleDateString("en-CA")} ${clock(at)} ${zone}`;
}

function png(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) =>
      blob ? resolve(blob) : reject(new Error("The picture is too large.")),
    );
  });
}

/** The only thing that is printed, while it is there: see print.css. */
function Sheet({ url, title, onDone }: { url: string; title: string; onDone: () => void }) {
  useEffect(() => () => URL.revokeObjectURL(url), [url]);
  useEffect(() => {
    window.addEventListener("afterprint", onDone);
    return () => window.removeEventListener("afterprint", onDone);
  }, [onDone]);
  return createPortal(
    <div className="print-sheet">
      <img src={url} alt={title} onLoad={() => window.print()} />
    </div>,
    document.body,
  );
}

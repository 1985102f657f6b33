/** Ask about an area: draw it or upload it; what is inside, and who is out if it is damaged. */

import { useCallback, useEffect, useMemo, useState } from "react";
import { boundsOf, useArea } from "../../map/areas";
import { useGridMap } from "../../map/current";
import { centerOf, useDrawing } from "../../map/drawing";
import { setParams, useParam } from "../../state/params";
import { speak } from "../../state/store";
import { read, written } from "./address";
import { Handles } from "./Handles";
import { InsideAnswer } from "./InsideAnswer";
import { added, areaKm2, type Corner, defect, polygonOf } from "./ring";
import { UploadField } from "./UploadField";
import type { Area, Upload } from "./upload";
import "./area.css";

export default function AreaPanel() {
  const map = useGridMap();
  const address = useParam("area");
  const drawn = useMemo(() => (address ? read(address) : null), [address]);
  const [draft, setDraft] = useState<Corner[] | null>(null);
  const [upload, setUpload] = useState<Upload | null>(null);
  const flaw = drawn ? defect(drawn) : "";
  const area = useAreaAsked(drawn, flaw, upload);
  useArea("area", draft ? null : area);
  useFirstView(area);
  const finish = useCallback((ring: Corner[]) => {
    if (defect(ring)) return speak(defect(ring));
    setDraft(null);
    setUpload(null);
    setParams({ area: written(ring) }, { push: true });
    speak(`The area has ${ring.length} corners.`);
  }, []);
  const clear = () => {
    setDraft(null);
    setUpload(null);
    setParams({ area: null });
  };
  const edit = (ring: Corner[]) => setParams({ area: written(ring) || null });
  const take = (found: Upload) => {
    setDraft(null);
    setUpload(found);
    setParams({ area: null });
  };
  useDrawing(map?.map ?? null, draft !== null, {
    onCorner: (corner) => setDraft((ring) => added(ring ?? [], corner)),
    onDone: () => draft && finish(draft),
    onCancel: () => setDraft(null),
    onBack: () => setDraft((ring) => ring?.slice(0, -1) ?? null),
  });
  return (
    <div className="area-panel">
      <div className="row">
        <button
          type="button"
          className="button small"
          onClick={() => setDraft([])}
          aria-pressed={draft !== null}
        >
          Draw an area
        </button>
        <UploadField onUpload={take} />
        <button
          type="button"
          className="button small"
          onClick={clear}
          disabled={!draft && !area && !drawn}
        >
          Clear
        </button>
      </div>
      {draft && map && (
        <Draft
          ring={draft}
          onAdd={() => setDraft((ring) => added(ring ?? [], centerOf(map.map)))}
          onDone={() => finish(draft)}
          onCancel={() => setDraft(null)}
        />
      )}
      {map && draft && <Handles map={map.map} ring={draft} closed={false} onChange={setDraft} />}
      {map && !draft && drawn && !upload && (
        <Handles map={map.map} ring={drawn} closed onChange={edit} />
      )}
      {flaw && !draft && <p role="alert">{flaw}</p>}
      {address && !drawn && <p role="alert">The address holds no area: draw it again.</p>}
      {!draft && area && <Size drawn={upload ? null : drawn} upload={upload} />}
      {!draft && area && <InsideAnswer area={area} />}
    </div>
  );
}

/** The area in question: the uploaded one, or the drawn one if it is a polygon. */
function useAreaAsked(drawn: Corner[] | null, flaw: string, upload: Upload | null): Area | null {
  return useMemo(() => {
    if (upload) return upload.area;
    return drawn && !flaw ? polygonOf(drawn) : null;
  }, [drawn, flaw, upload]);
}

/** Bring an area into view that came by a link or a file. */
function useFirstView(area: Area | null): void {
  const map = useGridMap();
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (!area) return setSeen(false);
    if (!map || seen) return;
    setSeen(true);
    const bounds = boundsOf(area);
    if (bounds && !inView(map.map.getBounds().toArray().flat(), bounds)) map.show(bounds);
  }, [area, map, seen]);
}

function inView(view: number[], box: readonly number[]): boolean {
  const [west = 0, south = 0, east = 0, north = 0] = view;
  const [a = 0, b = 0, c = 0, d = 0] = box;
  return a >= west && b >= south && c <= east && d <= north;
}

interface DraftProps {
  ring: Corner[];
  onAdd: () => void;
  onDone: () => void;
  onCancel: () => void;
}

function Draft({ ring, onAdd, onDone, onCancel }: DraftProps) {
  const flaw = defect(ring);
  return (
    <div className="draft">
      <p>
        Click the map for each corner. With keys: the arrows move the map, <kbd>Space</kbd> sets a
        corner in its middle, <kbd>Enter</kbd> ends, <kbd>Backspace</kbd> takes one back.
      </p>
      <div className="row">
        <button type="button" className="button small" onClick={onAdd}>
          Corner at the middle
        </button>
        <button type="button" className="button small" onClick={onDone} disabled={flaw !== ""}>
          Done
        </button>
        <button type="button" className="button small" onClick={onCancel}>
          Cancel
        </button>
      </div>
      <p className="quiet" role="status">
        {ring.length >= 3 && flaw ? flaw : `${ring.length} corners`}
      </p>
    </div>
  );
}

function Size({ drawn, upload }: { drawn: Corner[] | null; upload: Upload | null }) {
  if (upload) {
    const left = upload.left ? `, ${upload.left} without an area left out` : "";
    return (
      <p className="quiet">
        Uploaded: {upload.vertices.toLocaleString("en")} vertices{left}. It is too large for a link:
        whoever opens this address does not see it.
      </p>
    );
  }
  if (!drawn) return null;
  const size = areaKm2(drawn).toLocaleString("en", { maximumSignificantDigits: 3 });
  return (
    <p className="quiet">
      {size} km², {drawn.length} corners
    </p>
  );
}

/** A button that takes a GeoJSON file, and says at once what is wrong with it. */

import { type ChangeEvent, useRef, useState } from "react";
import { words } from "../../parts/asking";
import { MOST_BYTES, readUpload, type Upload, UploadError } from "./upload";

export function UploadField({ onUpload }: { onUpload: (upload: Upload) => void }) {
  const field = useRef<HTMLInputElement>(null);
  const [error, setError] = useState("");
  const take = async (event: ChangeEvent<HTMLInputElement>) => {
    const file = event.target.files?.[0];
    event.target.value = ""; // so that the same file can be taken again once it is mended
    if (!file) return;
    try {
      onUpload(await read(file));
      setError("");
    } catch (failure) {
      setError(words(failure));
    }
  };
  return (
    <>
      <button type="button" className="button small" onClick={() => field.current?.click()}>
        Upload GeoJSON
      </button>
      <input
        ref={field}
        className="sr-only"
        type="file"
        tabIndex={-1}
        aria-label="GeoJSON file"
        accept=".geojson,.json,application/geo+json,application/json"
        onChange={take}
      />
      {error && (
        <p role="alert" className="wide">
          {error}
        </p>
      )}
    </>
  );
}

async function read(file: File): Promise<Upload> {
  if (file.size > MOST_BYTES) {
    throw new UploadError(
      `${file.name} is larger than ${MOST_BYTES / 1e6} MB: simplify the polygon, or clip it.`,
    );
  }
  return readUpload(await file.text(), file.name);
}

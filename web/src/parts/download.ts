/** Hand a file to the browser's downloads. */

export function download(name: string, type: string, content: BlobPart): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** `area-inside-20260701T0015.csv`: sorts by time, and says what it is. */
export function fileName(what: string, ending: string, now = new Date()): string {
  const stamp = now.toISOString().slice(0, 16).replaceAll(/[-:]/g, "");
  return `gridtwin-${what}-${stamp}Z.${ending}`;
}

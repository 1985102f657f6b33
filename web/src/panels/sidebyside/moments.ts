/** Moments as a field of date and time writes them: in the reader's own zone, without naming it. */

export function localOf(iso: string): string {
  const at = new Date(iso);
  const shifted = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 19);
}

/** The moment that a field names; null while it names none. */
export function isoOf(local: string): string | null {
  const at = new Date(local);
  return Number.isFinite(at.getTime()) ? at.toISOString() : null;
}

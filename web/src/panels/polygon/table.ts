/** Write rows as comma-separated values that spreadsheets read (RFC 4180). */

export type Cell = string | number | boolean | null | undefined;
export type Row = Record<string, Cell>;

export function csvOf(rows: Row[], columns: string[] = columnsOf(rows)): string {
  const lines = rows.map((row) => columns.map((column) => quoted(row[column])).join(","));
  return [columns.map(quoted).join(","), ...lines].join("\r\n").concat("\r\n");
}

function columnsOf(rows: Row[]): string[] {
  return [...new Set(rows.flatMap((row) => Object.keys(row)))];
}

function quoted(cell: Cell): string {
  if (cell === null || cell === undefined) return "";
  let text = String(cell);
  // A spreadsheet takes such a text for a formula and runs it (OWASP, CSV injection).
  if (typeof cell === "string" && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

import type { ManualPage } from "../api/types";

/** A page as text, the lines that answer marked. */
export function TextPage({ page }: { page: ManualPage }) {
  const marked = new Set(page.marked);
  return (
    <article className="manual-text">
      {page.lines.map((line, at) => {
        const text = marked.has(line.text) ? <mark>{line.text}</mark> : line.text;
        return line.heading ? <h2 key={at}>{text}</h2> : <p key={at}>{text}</p>;
      })}
    </article>
  );
}

/** How a question was understood: in words, as a command line, as SQL; and what was assumed. */

import type { AskAnswer } from "../../api/types";
import { copyText } from "../../parts/copying";

export function Understanding({ answer }: { answer: AskAnswer }) {
  const { reading, assumed } = answer;
  if (!reading) return null;
  return (
    <section className="understanding" aria-label="How it was understood">
      <dl className="facts">
        <dt>Understood as</dt>
        <dd>{reading.text}</dd>
        {assumed.length > 0 && (
          <>
            <dt>Assumed</dt>
            <dd>{assumed.join("; ")}</dd>
          </>
        )}
      </dl>
      {reading.command && <CommandLine command={reading.command} />}
      {reading.sql && (
        <details>
          <summary>SQL</summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
          <section className="scroll" tabIndex={0} aria-label="The SQL that was run">
            <pre>{reading.sql}</pre>
          </section>
        </details>
      )}
    </section>
  );
}

/** What a person may type to ask, or to do, the same. */
export function CommandLine({ command }: { command: string }) {
  return (
    <p className="command">
      <code>{command}</code>
      <button
        type="button"
        className="text-button"
        onClick={() => void copyText(command, "The command is copied.")}
      >
        Copy<span className="sr-only"> the command</span>
      </button>
    </p>
  );
}

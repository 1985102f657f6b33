/** The rows of an answer; what they name leads on. */

import { ElementLink } from "../../parts/ElementLink";
import { count } from "../../parts/words";
import { setParams } from "../../state/params";
import { headOf, leadOf, type ShownTable, wordsOf } from "./answer";

export function AnswerTable({ table }: { table: ShownTable }) {
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <section className="scroll answer-table" tabIndex={0} aria-label="Rows of the answer">
        <table>
          <thead>
            <tr>
              {table.columns.map((column) => (
                <th key={column} scope="col">
                  {headOf(column)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {table.rows.map((row, at) => (
              <tr key={at}>
                {row.map((cell, column) => (
                  <td
                    key={table.columns[column]}
                    data-number={typeof cell === "number" || undefined}
                  >
                    <Cell column={table.columns[column] ?? ""} cell={cell} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {table.total > table.rows.length && (
        <p className="quiet">
          The first {count(table.rows.length)} of {count(table.total)}.
        </p>
      )}
    </>
  );
}

function Cell({ column, cell }: { column: string; cell: unknown }) {
  const lead = leadOf(column, cell);
  if (!lead) return wordsOf(cell);
  const name = String(cell);
  if (lead === "element") return <ElementLink mrid={name} />;
  return (
    <button
      type="button"
      className="text-button"
      onClick={() => setParams({ outage: name, panel: "outages" }, { push: true })}
    >
      {name}
    </button>
  );
}

/** What the server tells of findings; accepting them needs the operator token. */

import { type Ask, ask, post } from "../../api/client";
import type { FindingRow, Findings, Schemas } from "../../api/types";

export function listFindings(options?: Ask): Promise<Findings> {
  return ask<Findings>("/api/findings", options);
}

type Answer = Schemas["AcceptAnswer"];

export function acceptFinding(row: FindingRow, reason: string, token: string): Promise<Answer> {
  const asked: Schemas["AcceptAsked"] = { rule: row.rule, key: keyOf(row), reason, actor: "" };
  return post<Answer>("/api/findings/accept", asked, { token });
}

export function undoAcceptance(row: FindingRow, token: string): Promise<Answer> {
  const asked: Schemas["UndoAsked"] = { rule: row.rule, key: row.accepted?.key ?? keyOf(row) };
  return post<Answer>("/api/findings/undo", asked, { token });
}

/** What a finding is accepted by: of the whole source there is one of its rule. */
function keyOf(row: FindingRow): string {
  return row.mrid || "*";
}

/** Ask for the story of the grid. */

import { type Ask, ask, query } from "../../api/client";
import type { History } from "../../api/types";

export function readHistory(from: string, to: string, options?: Ask): Promise<History> {
  return ask<History>(`/api/history${query({ from, to })}`, options);
}

/** The features of the operation that is looked at, for the map to paint: who goes out, who comes back. */

import { create } from "zustand";
import type { Features } from "../api/types";

export interface LookedAt {
  gained: Features;
  lost: Features;
}

export const useLookedAt = create<{ features: LookedAt | null }>(() => ({ features: null }));

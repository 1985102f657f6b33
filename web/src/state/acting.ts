/** Who acts: a token and a name, kept as long as the page is open, and nowhere else. */

import { create } from "zustand";

export const useActing = create<{ token: string; actor: string }>(() => ({ token: "", actor: "" }));

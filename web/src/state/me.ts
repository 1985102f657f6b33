/** Who looks at the page, and what they may do: asked once, and again when the server knows nobody. */

import { create } from "zustand";
import { api, post, whenUnknown } from "../api/client";
import type { Me } from "../api/types";

export const useMe = create<{ me: Me | null }>(() => ({ me: null }));

/** Whether who looks may do something, without being asked for a token. */
export function useMay(permission: string): boolean {
  return useMe(({ me }) => me?.permissions.includes(permission) ?? false);
}

/** Ask who it is; who may not even look is sent to sign in, and comes back to where they were. */
export async function learnWho(): Promise<void> {
  const me = await api.me({ quiet: true });
  useMe.setState({ me });
  if (me.can_sign_in && !me.permissions.includes("look")) location.assign(signInUrl(location));
}

export function signInUrl({ pathname, search, hash }: Location): string {
  return `/auth/sign-in?next=${encodeURIComponent(pathname + search + hash)}`;
}

export async function signOut(): Promise<void> {
  const { issuer_url } = await post<{ issuer_url: string }>("/auth/sign-out", {});
  location.assign(issuer_url || "/");
}

whenUnknown(() => void learnWho().catch(() => {}));

import { words } from "../parts/asking";
import { signInUrl, signOut, useMe } from "../state/me";
import { notify } from "../state/store";

/** Who is signed in, at the foot of the page; nothing where nobody can be. */
export function Person() {
  const me = useMe((store) => store.me);
  if (!me || (me.way === "nobody" && !me.can_sign_in)) return null;
  if (me.way === "nobody") return <a href={signInUrl(location)}>Sign in</a>;
  const leave = () => signOut().catch((error: unknown) => notify(words(error), "error"));
  return (
    <span className="status-quiet">
      {me.name}, {me.role?.replace("-", " ") ?? "no role"}{" "}
      {me.way === "session" && (
        <button type="button" className="text-button" onClick={leave}>
          Sign out
        </button>
      )}
    </span>
  );
}

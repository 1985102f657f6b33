/** The chosen element: what it is, whether it lives, what hangs on it, what can be asked of it. */

import { useParam } from "../../app/params";
import { useElement } from "./useElement";

export default function ElementPanel() {
  const mrid = useParam("sel");
  const { detail, error } = useElement(mrid);
  if (!mrid) return <p className="quiet">Click an element of the map, or search for one.</p>;
  if (error) return <p role="alert">{error}</p>;
  if (!detail) return <p className="quiet">Loading ...</p>;
  return <h3>{detail.mrid}</h3>;
}

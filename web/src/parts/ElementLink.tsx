import { chooseElement } from "../state/params";

/** An mRID that leads to its element. */
export function ElementLink({ mrid, children }: { mrid: string; children?: React.ReactNode }) {
  return (
    <button type="button" className="text-button" onClick={() => chooseElement(mrid)}>
      {children ?? mrid}
    </button>
  );
}

import { setParams } from "../../app/params";

export function chooseElement(mrid: string): void {
  setParams({ sel: mrid, panel: "element" }, { push: true });
}

/** An mRID that leads to its element. */
export function ElementLink({ mrid, children }: { mrid: string; children?: React.ReactNode }) {
  return (
    <button type="button" className="text-button" onClick={() => chooseElement(mrid)}>
      {children ?? mrid}
    </button>
  );
}

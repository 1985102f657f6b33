import { describe, expect, it } from "vitest";
import type { Complaint, CustomerRecord, Usage } from "../../src/panels/customers/client";
import {
  compareFields,
  groupParties,
  nameCustomer,
  tellComplaint,
  tellMinutes,
  tellUsage,
} from "../../src/panels/customers/records";

const record = (fields: Partial<CustomerRecord>): CustomerRecord => ({
  record: "cis:1",
  party: "PTY-1",
  source: "cis",
  kind: "person",
  given_name: "",
  surname: "",
  organization: "",
  birth_date: "",
  identity_number: "",
  phone: "",
  email: "",
  address: "",
  city: "",
  zip: "",
  esi_id: "",
  account: "",
  retailer: "",
  valid_from: "",
  valid_to: "",
  ...fields,
});

describe("records of customers", () => {
  it("are called by who they are of, else by their id", () => {
    expect(nameCustomer(record({ given_name: "Ann", surname: "Lee" }))).toBe("Ann Lee");
    expect(nameCustomer(record({ surname: "Lee", organization: "Blue Door" }))).toBe("Blue Door");
    expect(nameCustomer(record({}))).toBe("cis:1");
  });

  it("are listed by party", () => {
    const parties = groupParties([
      record({ record: "cis:1" }),
      record({ record: "crm:2", party: "PTY-2" }),
      record({ record: "crm:1" }),
    ]);
    expect(parties.map(({ first, records }) => [first.record, records])).toEqual([
      ["cis:1", 2],
      ["crm:2", 1],
    ]);
  });

  it("stand side by side in the fields that one of them says, with their weight", () => {
    const pair = {
      left: record({ surname: "Lee", phone: "1" }),
      right: record({ surname: "Leigh", zip: "77002" }),
      weight: 1,
      decision: "review" as const,
      reason: "",
      weights: { name: -2.5 },
    };
    expect(compareFields(pair)).toEqual([
      { name: "Surname", left: "Lee", right: "Leigh", weight: -2.5 },
      { name: "Phone", left: "1", right: "", weight: null },
      { name: "ZIP", left: "", right: "77002", weight: null },
    ]);
  });

  it("tells what was measured around a complaint", () => {
    const period = {
      intervals: 4,
      v_min: 109.5,
      v_mean: 110,
      v_max: 113,
      outside_a: 4,
      outside_b: 2,
      out_of_range: true,
    };
    const unread = {
      ...period,
      intervals: 0,
      v_min: null,
      v_mean: null,
      v_max: null,
      out_of_range: null,
    };
    const complaint: Complaint = {
      complaint: "T1",
      kind: "low_voltage",
      received_at: "2026-07-01T12:00:00Z",
      esi_id: "",
      account: "A1",
      usage_point: "M1",
      transformer: "",
      finding: "out_of_range",
      before: period,
      after: { ...period, out_of_range: false },
    };
    expect(tellComplaint(complaint)).toBe(
      "109.5 to 113 V in the week before, outside Range A in 4 of 4 intervals; within the ranges since then",
    );
    expect(tellComplaint({ ...complaint, after: unread })).toMatch(/4 of 4 intervals$/);
    expect(tellComplaint({ ...complaint, finding: "not_read" })).toMatch(/^no voltage/);
    expect(tellComplaint({ ...complaint, finding: "no_place" })).toMatch(/^of no place/);
  });

  it("tells what was billed", () => {
    const usage: Usage = {
      esi_id: "1",
      meter: "M-1",
      period_start: "2026-06-01",
      period_end: "2026-07-01",
      kwh: 1234.5,
      demand_kw: null,
      reading: "estimated",
      retailer: "",
      source: "edi",
    };
    expect(tellUsage(usage)).toBe("1,234.5 kWh from 2026-06-01 to 2026-07-01, estimated");
  });

  it("tells how long somebody was out", () => {
    expect(tellMinutes(59.4)).toBe("59 min");
    expect(tellMinutes(135)).toBe("2 h 15 min");
  });
});

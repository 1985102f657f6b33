/** Customers: looked for, what they went through, and pairs of records that nobody is sure of. */

import { type FormEvent, useState } from "react";
import { useAnswer } from "../../parts/asking";
import { counted } from "../../parts/words";
import { useMay } from "../../state/me";
import { CustomerCard } from "./CustomerCard";
import { searchCustomers } from "./client";
import "./customers.css";
import { ReviewQueue } from "./ReviewQueue";
import { groupParties, nameCustomer } from "./records";

const WAYS = {
  account: "Account",
  name: "Name",
  phone: "Phone",
  email: "E-mail",
  address: "Address",
  esi_id: "ESI ID",
} as const;

interface Search {
  by: string;
  text: string;
}

export default function CustomersPanel() {
  const may = useMay("see-customers");
  const [search, setSearch] = useState<Search | null>(null);
  const [party, setParty] = useState("");
  const [reviewing, setReviewing] = useState(false);
  if (!may) return <p className="quiet">Customers are for those who may see them: sign in.</p>;
  if (reviewing) return <ReviewQueue onClose={() => setReviewing(false)} />;
  if (party) return <CustomerCard party={party} onClose={() => setParty("")} />;
  return (
    <div className="customers">
      <SearchForm search={search} onSearch={setSearch} />
      {search && <Parties search={search} onChoose={setParty} />}
      <button type="button" className="text-button" onClick={() => setReviewing(true)}>
        Review pairs of records that nobody is sure of
      </button>
    </div>
  );
}

function SearchForm({
  search,
  onSearch,
}: {
  search: Search | null;
  onSearch: (search: Search) => void;
}) {
  const [by, setBy] = useState(search?.by ?? "account");
  const [text, setText] = useState(search?.text ?? "");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim()) onSearch({ by, text: text.trim() });
  };
  return (
    <form className="customer-search" onSubmit={submit}>
      <select
        className="field"
        aria-label="Search by"
        value={by}
        onChange={(event) => setBy(event.target.value)}
      >
        {Object.entries(WAYS).map(([way, words]) => (
          <option key={way} value={way}>
            {words}
          </option>
        ))}
      </select>
      <input
        className="field"
        type="search"
        aria-label="Customer"
        autoComplete="off"
        maxLength={200}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <button type="submit" className="button small">
        Search
      </button>
    </form>
  );
}

function Parties({ search, onChoose }: { search: Search; onChoose: (party: string) => void }) {
  const { by, text } = search;
  const { answer, error, waiting } = useAnswer(
    (signal) => searchCustomers(by, text, { signal }),
    `${by}/${text}`,
    [],
  );
  if (error) return <p role="alert">{error}</p>;
  if (waiting || !answer) return <p className="quiet">Searching ...</p>;
  const parties = groupParties(answer.records);
  if (!parties.length) return <p className="quiet">Nobody is found.</p>;
  return (
    <ul className="customer-list">
      {parties.map(({ first, records }) => (
        <li key={first.party}>
          <button type="button" className="button small" onClick={() => onChoose(first.party)}>
            <strong>{nameCustomer(first)}</strong>
            <span className="quiet">
              {[first.address, first.zip, counted(records, "record")].filter(Boolean).join(", ")}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

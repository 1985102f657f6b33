/** Which outages are listed. */

import { type Filters, STATUSES, statusWords } from "./list";

interface Props {
  filters: Filters;
  feeders: string[];
  onChange: (filters: Filters) => void;
}

export function FilterBar({ filters, feeders, onChange }: Props) {
  const set = (change: Partial<Filters>) => onChange({ ...filters, ...change });
  return (
    <search className="filters" aria-label="Filter the outages">
      <label className="wide">
        <span className="sr-only">Words</span>
        <input
          type="search"
          placeholder="Device, cause, crew, id"
          value={filters.text}
          onChange={(event) => set({ text: event.target.value })}
        />
      </label>
      <label>
        <span className="sr-only">Status</span>
        <select
          value={filters.status}
          onChange={(event) => set({ status: event.target.value as Filters["status"] })}
        >
          <option value="open">Open</option>
          <option value="all">All of the last day</option>
          {STATUSES.map((status) => (
            <option key={status} value={status}>
              {statusWords(status)}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span className="sr-only">Feeder</span>
        <select value={filters.feeder} onChange={(event) => set({ feeder: event.target.value })}>
          <option value="">All feeders</option>
          {[...new Set([...feeders, filters.feeder])].filter(Boolean).map((feeder) => (
            <option key={feeder} value={feeder}>
              {feeder}
            </option>
          ))}
        </select>
      </label>
      <label className="check">
        <input
          type="checkbox"
          checked={filters.priority}
          onChange={(event) => set({ priority: event.target.checked })}
        />
        Priority sites
      </label>
    </search>
  );
}

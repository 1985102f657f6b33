/** From when to when, in the reader's own zone. */

interface Props {
  from: string;
  to: string;
  begun?: boolean; // then the beginning stays
  onFrom: (at: string) => void;
  onTo: (at: string) => void;
}

export function TimeFields({ from, to, begun = false, onFrom, onTo }: Props) {
  return (
    <>
      <label>
        Off from
        <input
          className="field"
          type="datetime-local"
          required
          disabled={begun}
          value={from}
          onChange={(event) => onFrom(event.target.value)}
        />
      </label>
      <label>
        Back at
        <input
          className="field"
          type="datetime-local"
          required
          value={to}
          onChange={(event) => onTo(event.target.value)}
        />
      </label>
    </>
  );
}

/** A time as a field of a form writes it. */
export function localTime(at: string | number): string {
  const date = new Date(at);
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

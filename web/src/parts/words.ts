/** How numbers, times and the words of the field are written on the page. */

const NUMBER = new Intl.NumberFormat("en-US");

export function count(value: number): string {
  return NUMBER.format(value);
}

/** "1 customer", "2,345 customers". */
export function counted(value: number, noun: string, plural = `${noun}s`): string {
  return `${NUMBER.format(value)} ${value === 1 ? noun : plural}`;
}

type Time = string | number | Date;

/** "19:26", in the reader's own zone, as the two below. */
export function clock(at: Time): string {
  return new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

/** "30 Nov 19:26". */
export function dayClock(at: Time): string {
  const day = new Date(at).toLocaleDateString("en-GB", { day: "2-digit", month: "short" });
  return `${day} ${clock(at)}`;
}

/** "19:26:05". */
export function fullClock(at: Time): string {
  return new Date(at).toLocaleTimeString("en-GB");
}

const KINDS: Record<string, string> = {
  ac_line_segment: "Line section",
  load_break_switch: "Load break switch",
  power_transformer: "Transformer",
  voltage_regulator: "Voltage regulator",
  usage_point: "Meter",
  usage_points: "Meter",
  series_reactor: "Series reactor",
  service_drop: "Service drop",
};

/** `load_break_switch` -> "Load break switch". */
export function kindName(kind: string): string {
  return KINDS[kind] ?? kind.charAt(0).toUpperCase() + kind.slice(1).replaceAll("_", " ");
}

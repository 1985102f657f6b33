/** How numbers, times and the words of the field are written on the page. */

const NUMBER = new Intl.NumberFormat("en-US");
const CLOCK = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const DAY_CLOCK = new Intl.DateTimeFormat(undefined, {
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});

export function count(value: number): string {
  return NUMBER.format(value);
}

/** "1 customer", "2,345 customers". */
export function counted(value: number, noun: string, plural = `${noun}s`): string {
  return `${NUMBER.format(value)} ${value === 1 ? noun : plural}`;
}

export function clock(ms: number): string {
  return CLOCK.format(ms);
}

export function dayClock(iso: string): string {
  return DAY_CLOCK.format(new Date(iso));
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

/** Over how long the replay goes back. */

export const HOURS = [1, 6, 24, 72] as const;

/** The hours a link names, or the shortest span that holds the moment it names. */
export function hoursOf(text: string | null, at: string | null, now: number): number {
  const wanted = Number(text);
  if ((HOURS as readonly number[]).includes(wanted)) return wanted;
  const back = at ? (now - Date.parse(at)) / 3_600_000 : 0;
  return HOURS.find((each) => each > back) ?? 72;
}

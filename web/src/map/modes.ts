/** How lines are colored: by feeder, voltage, loading, or nothing but their state. */

export const MODES = ["feeder", "voltage", "loading", "vegetation", "state"] as const;
export type Mode = (typeof MODES)[number];

export const MODE_NAMES: Record<Mode, string> = {
  feeder: "Feeder",
  voltage: "Voltage",
  loading: "Loading",
  vegetation: "Vegetation risk",
  state: "State",
};

export function asMode(text: string | null | undefined): Mode {
  return (MODES as readonly string[]).includes(text ?? "") ? (text as Mode) : "feeder";
}

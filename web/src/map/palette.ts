/** The map's colors, dark and light. Red means "out" and nothing else; feeders avoid it. */

import type { RiskClass } from "../api/types";
import type { Theme } from "../state/theme";

export interface Palette {
  ground: string;
  graticule: string;
  label: string;
  labelHalo: string;
  labelQuiet: string;
  feeders: readonly string[]; // 12, neighbours told apart
  noFeeder: string;
  calm: string; // energized, in the state mode
  out: string;
  outHalo: string;
  outCore: string;
  partial: string;
  back: string;
  select: string;
  differs: string; // from the map beside
  draw: string;
  mark: readonly string[]; // by role, see roles.ts
  symbol: string; // line of a symbol
  symbolFill: string; // ground of a symbol
  closed: string;
  open: string;
  abnormal: string;
  voltages: readonly [number, string][]; // from this voltage upwards
  loads: readonly [number, string][]; // from this percentage upwards
  risks: readonly [name: RiskClass, color: string, width: number][]; // rising; pixels more than the line
  unknown: string;
}

const DARK: Palette = {
  ground: "#0d1117",
  graticule: "#161c25",
  label: "#dbe4ee",
  labelHalo: "#0d1117",
  labelQuiet: "#93a1b1",
  feeders: [
    "#5ab4ff",
    "#63cf94",
    "#c79bf2",
    "#e9c46a",
    "#45cfc4",
    "#98a6ff",
    "#c6d96f",
    "#e7a0d6",
    "#7fd0f5",
    "#a5d68a",
    "#d6b48a",
    "#a9b8c9",
  ],
  noFeeder: "#5b6878",
  calm: "#4f8f86",
  out: "#ff6f61",
  outHalo: "#ff4d3d",
  outCore: "#1b1012",
  partial: "#ffb454",
  back: "#3ddc97",
  select: "#ffffff",
  differs: "#ee6bff",
  draw: "#4cc9ff",
  mark: ["#00000000", "#4cc9ff", "#8d99a8", "#ffd23f", "#c792ff", "#6fd3c1", "#ff8f6b", "#ffffff"],
  symbol: "#e6edf3",
  symbolFill: "#0d1117",
  closed: "#c9d6e2",
  open: "#ffd166",
  abnormal: "#ff9d2e",
  voltages: [
    [0, "#8fb8de"],
    [2_000, "#7bd3a8"],
    [10_000, "#5ab4ff"],
    [20_000, "#b794f6"],
    [30_000, "#f2a65a"],
    [60_000, "#f4e06d"],
  ],
  loads: [
    [0, "#3f6f8f"],
    [50, "#58b09c"],
    [80, "#e9c46a"],
    [100, "#f4894f"],
    [130, "#ff5470"],
  ],
  risks: [
    ["low", "#4f7f9e", 1],
    ["moderate", "#5fbfa3", 2.5],
    ["high", "#ecd25c", 4.5],
    ["extreme", "#fff6e0", 7],
  ],
  unknown: "#4a5563",
};

const LIGHT: Palette = {
  ground: "#f6f5f1",
  graticule: "#e9e7df",
  label: "#1d2733",
  labelHalo: "#f6f5f1",
  labelQuiet: "#56616d",
  feeders: [
    "#1668b8",
    "#1f8a4c",
    "#7d45b8",
    "#9a6b00",
    "#00827a",
    "#4a56c9",
    "#667a00",
    "#a83c8e",
    "#1d86b0",
    "#4f8a2e",
    "#8a5a2b",
    "#5a6b7d",
  ],
  noFeeder: "#98a2ad",
  calm: "#3b8a7c",
  out: "#c8201a",
  outHalo: "#ff5a4a",
  outCore: "#fff6f4",
  partial: "#a85b00",
  back: "#0b7d4b",
  select: "#0b1118",
  differs: "#b312c9",
  draw: "#0a64b4",
  mark: ["#00000000", "#0077d9", "#7b8794", "#8a6a00", "#7b2fd0", "#0b7a6b", "#c44512", "#0b1118"],
  symbol: "#1d2733",
  symbolFill: "#ffffff",
  closed: "#33414f",
  open: "#8a5a00",
  abnormal: "#d96b00",
  voltages: [
    [0, "#5c7fa3"],
    [2_000, "#2c8a5f"],
    [10_000, "#1668b8"],
    [20_000, "#7d45b8"],
    [30_000, "#b35b0e"],
    [60_000, "#7d6a00"],
  ],
  loads: [
    [0, "#7da3ba"],
    [50, "#2f8f7b"],
    [80, "#a87a00"],
    [100, "#cc5a12"],
    [130, "#c2154a"],
  ],
  risks: [
    ["low", "#7ba7bd", 1],
    ["moderate", "#2f8f7b", 2.5],
    ["high", "#9a5b00", 4.5],
    ["extreme", "#4a1259", 7],
  ],
  unknown: "#b4bcc5",
};

export const PALETTES: Record<Theme, Palette> = { dark: DARK, light: LIGHT };

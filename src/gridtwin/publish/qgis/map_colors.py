"""The colors of the page on a light ground, for maps that are drawn elsewhere."""

from __future__ import annotations

# As `LIGHT` of `web/src/map/palette.ts` has them; a test holds the two together.
FEEDER_LINE_COLORS = (
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
)
VOLTAGE_COLORS = (  # from this voltage upwards, in volts
    (0, "#5c7fa3"),
    (2_000, "#2c8a5f"),
    (10_000, "#1668b8"),
    (20_000, "#7d45b8"),
    (30_000, "#b35b0e"),
    (60_000, "#7d6a00"),
)
MAP_COLORS = {
    "ground": "#f6f5f1",
    "label": "#1d2733",
    "labelQuiet": "#56616d",
    "labelHalo": "#f6f5f1",
    "noFeeder": "#98a2ad",
    "calm": "#3b8a7c",
    "out": "#c8201a",
    "outCore": "#fff6f4",
    "partial": "#a85b00",
    "symbol": "#1d2733",
    "symbolFill": "#ffffff",
    "closed": "#33414f",
    "open": "#8a5a00",
    "abnormal": "#d96b00",
    "select": "#0b1118",
    "unknown": "#b4bcc5",
}

"""Hold values that SCADA measured, with how far each may be trusted now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gridtwin.model.feed_tables import ALL_POLES, SWITCH_STATUS, TRUSTED_QUALITY

if TYPE_CHECKING:
    from datetime import datetime

MEASUREMENT_UNITS = {
    "current_a": "A",
    "voltage_v": "V",
    "active_power_w": "W",
    "reactive_power_var": "var",
    "frequency_hz": "Hz",
    "temperature_c": "°C",
    "tap_position": "",
}


@dataclass(frozen=True, slots=True)
class Measurement:
    """The latest value of one point."""

    element: str  # mRID
    kind: str
    phases: str  # empty: all
    value: float | None  # of an analog point
    open_phases: str | None  # of a switch: all, phases, or empty where it is closed
    quality: str  # as the source says
    at: datetime  # when it was measured
    stale_after_s: float | None
    point: str  # in the source

    def judge_quality(self, now: datetime) -> str:
        """Return the quality at a moment: what is too old by its own word is stale."""
        age_s = (now - self.at).total_seconds()
        if self.quality == TRUSTED_QUALITY and age_s > (self.stale_after_s or age_s):
            return "stale"
        return self.quality

    def is_trusted(self, now: datetime) -> bool:
        """Return whether it may be taken for the truth at a moment."""
        return self.judge_quality(now) == TRUSTED_QUALITY

    def show_value(self) -> str:
        """Return the value in words."""
        if self.kind == SWITCH_STATUS:
            if not self.open_phases:
                return "closed"
            return "open" if self.open_phases == ALL_POLES else f"open {self.open_phases}"
        number = "" if self.value is None else f"{self.value:g}"
        return f"{number} {MEASUREMENT_UNITS.get(self.kind, '')}".strip()

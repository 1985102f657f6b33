"""Say how a utility answers a storm: crews, aid, shifts, travel, switching."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from gridtwin.errors import InputError

MOST_CREWS = 20_000
CREW_SHARING = ("substation", "system")


@dataclass(frozen=True, slots=True)
class Aid:
    """Crews of other utilities that come to help."""

    crews: int
    after_h: float  # hours after the storm at which they begin to work


@dataclass(frozen=True, slots=True)
class Response:
    """
    What is there to repair a network after a storm; hours count from when repair may begin.

    The figures without a source here are assumptions of ours: a utility puts its own.
    """

    crews: int = 20
    aid: tuple[Aid, ...] = ()
    assessors: int = 0  # teams that look for damage; 0: as many as crews
    share: str = "substation"  # whom crews serve: near substations, or the whole system
    work_h: float = 16.0  # a shift; a crew rests between shifts and then goes on with its job
    rest_h: float = 8.0  # 0: crews relieve each other
    begin_hour: float = 6.0  # on the clock, local
    night_factor: float = 1.3  # a repair begun at night takes so much longer
    night_begin_hour: float = 21.0
    night_end_hour: float = 6.0
    speed_kmh: float = 40.0
    detour: float = 1.3  # road over straight line
    assess_h: float = 0.5  # mean time of finding the damage of one device
    assess_spread: float = 0.6  # of the logarithm
    remote_h: float = 0.1  # mean time of switching from the control room
    manual_h: float = 1.0  # mean time of switching on site once the damage is found
    switch_spread: float = 0.6
    repair_factor: float = 1.0  # over all mean repair times; see `calibrate`
    priority_weight: float = 100.0  # a priority customer counts as so many customers

    def __post_init__(self) -> None:
        """
        Check the figures.

        Raises
        ------
        InputError
            For the first that cannot be.
        """
        for item in fields(self):
            value = getattr(self, item.name)
            low, high = _LIMITS.get(item.name, (None, None))
            if low is not None and not low <= value <= high:
                msg = f"response: {item.name} is {value!r}; give a number from {low:g} to {high:g}"
                raise InputError(msg)
        if self.share not in CREW_SHARING:
            msg = f"response: share is {self.share!r}; use one of {', '.join(CREW_SHARING)}"
            raise InputError(msg)
        for party in self.aid:
            hours = party.after_h
            if not (1 <= party.crews <= MOST_CREWS and math.isfinite(hours) and hours >= 0):
                msg = f"response: aid of {party.crews} crews after {party.after_h} h cannot be"
                raise InputError(msg)


_HOURS = (0.0, 24.0 * 365)
_LIMITS: dict[str, tuple[float, float]] = {
    "crews": (1, MOST_CREWS),
    "assessors": (0, MOST_CREWS),
    "work_h": (0.5, 24.0 * 365),
    "rest_h": _HOURS,
    "begin_hour": (0.0, 24.0),
    "night_factor": (1.0, 10.0),
    "night_begin_hour": (0.0, 24.0),
    "night_end_hour": (0.0, 24.0),
    "speed_kmh": (1.0, 200.0),
    "detour": (1.0, 10.0),
    "assess_h": _HOURS,
    "assess_spread": (0.0, 3.0),
    "remote_h": _HOURS,
    "manual_h": _HOURS,
    "switch_spread": (0.0, 3.0),
    "repair_factor": (0.001, 1000.0),
    "priority_weight": (1.0, 1e6),
}

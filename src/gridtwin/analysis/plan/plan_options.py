"""Say what a switching plan is asked to respect."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from gridtwin.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """
    What a plan has to respect, and how long work is reckoned to take.

    The durations are planning values of the one who asks, not standards.
    """

    margin_pct: float = 10.0  # of every rating kept free; covers a power factor of 0.9
    allow_loops: bool = False  # rings that stood closed before the fault may come back closed
    alternatives: int = 3  # other plans to return at most
    remote_only: bool = False  # operate from the control room alone
    isolate_first: bool = False  # close nothing before the section is isolated on every side
    all_sides: bool = False  # operate what bounds the section towards dead ends too
    remote_min: float = 1.0  # minutes for one operation from the control room
    manual_min: float = 15.0  # minutes for one operation on site
    crews: int = 1
    speed_kmh: float = 30.0  # of a crew between two devices, in a straight line
    priority_weight: float = 10.0  # what a customer at a priority site counts
    default_peak_w: float = math.nan  # of a customer without a record; NaN: the mean of the others
    coincidence: float = 1.0  # share of the sum of peaks that stands at one time
    expansions: int = 5_000  # steps of the search on parts of more than EXACT blocks

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        limits = {
            "margin_pct": (0, 99),
            "alternatives": (0, 50),
            "remote_min": (0, 1_440),
            "manual_min": (0, 1_440),
            "crews": (1, 1_000),
            "speed_kmh": (1, 200),
            "coincidence": (0.01, 1),
            "priority_weight": (1, 1_000_000),
            "expansions": (1, 100_000_000),
        }
        for name in (field.name for field in fields(self)):
            low, high = limits.get(name, (0, math.inf))
            value = getattr(self, name)
            if not low <= value <= high and not (name == "default_peak_w" and math.isnan(value)):
                msg = f"{name} is {value:g}: it must lie between {low:g} and {high:g}"
                raise InputError(msg)


def make_options(given: Mapping[str, Any]) -> PlanOptions:
    """
    Return options by their names.

    Raises
    ------
    InputError
        If there is no such option, or it lies out of range.
    """
    known = {field.name for field in fields(PlanOptions)}
    for name in given:
        if name not in known:
            msg = f"a plan has no option {name!r}: use {', '.join(sorted(known))}"
            raise InputError(msg)
    return PlanOptions(**given)

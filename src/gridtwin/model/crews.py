"""Hold crews as their dispatcher knows them, and where each was last; nobody is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

CREW_STATUSES = ("available", "assigned", "en_route", "on_site", "unavailable", "off_duty")


class Crew(NamedTuple):
    """A crew and what it can do."""

    mrid: str
    name: str
    skills: tuple[str, ...] = ()  # what it does, such as line, tree or substation
    status: str = "available"  # one of CREW_STATUSES
    vehicle: str = ""
    home: str = ""  # the yard it sets out from, by name
    home_lon: float | None = None
    home_lat: float | None = None


class CrewPosition(NamedTuple):
    """Where a crew was last; what was before is not kept."""

    crew: str  # mRID; a crew that the roster does not know yet may have a position
    lon: float  # degrees, EPSG:4326
    lat: float
    at: datetime  # when it was there
    accuracy_m: float | None = None
    heading_deg: float | None = None  # clockwise from north


def split_skills(text: str) -> tuple[str, ...]:
    """Return skills that are kept in one text, parted by commas."""
    return tuple(skill for part in text.split(",") if (skill := part.strip()))


def join_skills(skills: tuple[str, ...]) -> str:
    """Return skills as the one text they are kept in."""
    return ",".join(skills)

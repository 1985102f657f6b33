"""Say what every store can do for crews, and how their rows are laid out in any of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from gridtwin.model.crews import Crew, CrewPosition, join_skills, split_skills

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


class CrewBook(Protocol):
    """The crews of a twin, and where each was last; feeds write them too."""

    def list_crews(self) -> list[Crew]:
        """Return the crews, by mRID."""
        ...

    def list_positions(self) -> list[CrewPosition]:
        """Return where each crew was last, by crew; some may be of no crew of the roster."""
        ...

    def write_crews(self, crews: Sequence[Crew]) -> None:
        """Keep crews, in place of those of their mRIDs."""
        ...

    def write_positions(self, positions: Sequence[CrewPosition]) -> None:
        """Keep where crews are; what is older than what is kept of a crew changes nothing."""
        ...

    def delete_crews(self, mrids: Collection[str]) -> None:
        """Forget crews, and where they were."""
        ...


def make_crew(row: Sequence[Any]) -> Crew:
    """Return a crew from its row."""
    mrid, name, skills, *rest = row
    return Crew(mrid, name, split_skills(skills), *rest)


def list_crew_row(crew: Crew) -> tuple[Any, ...]:
    """Return the row of a crew."""
    return (*crew[:2], join_skills(crew.skills), *crew[3:])


def make_position(row: Sequence[Any]) -> CrewPosition:
    """Return a position from its row."""
    crew, lon, lat, at, *rest = row
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return CrewPosition(crew, lon, lat, moment.astimezone(UTC), *rest)


def list_position_row(position: CrewPosition) -> tuple[Any, ...]:
    """Return the row of a position; its time as text that sorts by time."""
    at = position.at.astimezone(UTC).isoformat(timespec="microseconds")
    return (*position[:3], at, *position[4:])

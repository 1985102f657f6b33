"""Say what is pulled of a table of analytics, who owns its columns, and what came of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from gridtwin.model.analytics_tables import AnalyticsRow, AnalyticsTable, AnalyticsValue


SHOWN_DIFFERENCES = 20


class PullPosition(NamedTuple):
    """How far a table was pulled: which table by which declaration, and the snapshot."""

    identity: str
    snapshot: int
    sequence: int  # number of the snapshot, rising with time


@dataclass(frozen=True, slots=True)
class PulledTable:
    """A table that is pulled, as the owner file declares it."""

    name: str  # of the declaration: what is kept of it here goes by this name
    source: str  # NAMESPACE.TABLE in the catalog
    target: AnalyticsTable
    operations: frozenset[str] = frozenset()  # columns that operations own

    @property
    def is_compared_only(self) -> bool:
        """Whether all but the key belongs to operations, so that nothing is ever written."""
        return self.operations >= set(self.target.names[self.target.key_size :])


@dataclass(frozen=True, slots=True)
class TableChanges:
    """
    What changed in a table between two positions.

    Where ``is_whole`` is set, ``rows`` are all rows there are: what is not among them is gone.
    """

    table: PulledTable
    since: PullPosition | None
    position: PullPosition
    rows: tuple[AnalyticsRow, ...] = ()
    gone: tuple[AnalyticsRow, ...] = ()  # keys
    is_whole: bool = False


class PullConflict(NamedTuple):
    """
    A row that changed on both sides since it was last pulled, by its columns.

    None = the row is not there. Of analytics only the columns are kept that it owns.
    """

    name: str  # of the declaration
    key: str  # JSON array
    target: str
    base: Mapping[str, AnalyticsValue] | None  # as it was last pulled
    operations: Mapping[str, AnalyticsValue] | None  # as it is here
    analytics: Mapping[str, AnalyticsValue] | None  # as it is in the catalog
    snapshot: int
    found_at: datetime


class OwnedDifference(NamedTuple):
    """A value of analytics in a column that operations own; it was not written."""

    key: AnalyticsRow
    column: str
    operations: object
    analytics: object


@dataclass(slots=True)
class PullOutcome:
    """What came of one table."""

    name: str
    source: str
    target: str
    snapshot: int | None = None
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    conflicts: int = 0
    differences: list[OwnedDifference] = field(default_factory=list)  # the first of them
    different: int = 0  # how many there are
    stopped: str = ""  # why the table was left as it was

    @property
    def written(self) -> int:
        """How many rows were written."""
        return self.inserted + self.updated + self.deleted

    def count_actions(self, actions: Iterable[str]) -> None:
        """Count what was done with rows."""
        counts = Counter(actions)
        self.inserted += counts["insert"]
        self.updated += counts["update"]
        self.deleted += counts["delete"]
        self.conflicts += counts["conflict"]

    def add_differences(self, differences: Iterable[OwnedDifference]) -> None:
        """Count differences, and keep the first."""
        for difference in differences:
            self.different += 1
            if len(self.differences) < SHOWN_DIFFERENCES:
                self.differences.append(difference)

"""
Decide what becomes of a row that is pulled, by its three states: base, operations, analytics.

The base is the row as it was last pulled. What only analytics changed is taken; what only
operations changed stays; what both changed differently is a conflict and is written nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from operator import itemgetter
from typing import TYPE_CHECKING

from gridtwin.model.pulls import OwnedDifference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gridtwin.model.analytics_tables import AnalyticsRow, AnalyticsValue
    from gridtwin.model.pulls import PulledTable


class MergeAction(Enum):
    """What is done with a row."""

    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"
    ADOPT = "adopt"  # it is here already: only the base moves
    KEEP = "keep"  # nothing changed in the catalog: what is here stays, and so does the base
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class RowMerge:
    """The rule of one table."""

    table: PulledTable
    pick_owned: Callable[[AnalyticsRow], object]  # the values that analytics own
    kept: tuple[int, ...]  # places of the columns that operations own

    @classmethod
    def build(cls, table: PulledTable) -> RowMerge:
        """Return the rule of a table."""
        names = table.target.names
        owned = [place for place, name in enumerate(names) if name not in table.operations]
        kept = tuple(place for place, name in enumerate(names) if name in table.operations)
        return cls(table, itemgetter(*owned), kept)

    def merge_row(
        self,
        base: AnalyticsRow | None,
        operations: AnalyticsRow | None,
        analytics: AnalyticsRow | None,
    ) -> MergeAction:
        """Return what is done with a row; None where it is not there."""
        ours, theirs, old = map(self._pick, (operations, analytics, base))
        if theirs == old:
            return MergeAction.KEEP
        if ours == theirs:
            return MergeAction.ADOPT
        if ours != old or (analytics is None and self._holds_values(operations)):
            return MergeAction.CONFLICT
        if analytics is None:
            return MergeAction.DELETE
        return MergeAction.INSERT if operations is None else MergeAction.UPDATE

    def list_differences(
        self, operations: AnalyticsRow | None, analytics: AnalyticsRow | None
    ) -> Iterator[OwnedDifference]:
        """Yield what analytics say in columns that operations own, where it is something else."""
        if analytics is None:
            return
        target = self.table.target
        for place in self.kept:
            here = operations[place] if operations is not None else None
            if analytics[place] is not None and analytics[place] != here:
                key = analytics[: target.key_size]
                yield OwnedDifference(key, target.names[place], here, analytics[place])

    def name_owned(self, row: AnalyticsRow | None) -> dict[str, AnalyticsValue] | None:
        """Return the values that analytics own, by their columns."""
        if row is None:
            return None
        named = self.table.target.name_values(row)
        return {name: named[name] for name in named if name not in self.table.operations}

    def _pick(self, row: AnalyticsRow | None) -> object:
        return None if row is None else self.pick_owned(row)

    def _holds_values(self, row: AnalyticsRow | None) -> bool:
        return row is not None and any(row[place] is not None for place in self.kept)

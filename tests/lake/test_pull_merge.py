"""What becomes of a row by who changed it: base, operations, analytics."""

from __future__ import annotations

import itertools

import pytest

from gridtwin.model.analytics_tables import ANALYTICS_TABLES
from gridtwin.model.pulls import PulledTable
from gridtwin.store.pull_merge import MergeAction, RowMerge

CREWS = ANALYTICS_TABLES["element_priorities"]
# mrid, rank, reason, made_at, source; operations own the reason
TABLE = PulledTable("order", "a.order", CREWS, frozenset({"reason"}))
OLD = ("X", 1, None, None, "m")
NEW = ("X", 2, None, None, "m")
OTHER = ("X", 3, None, None, "m")
WITH_REASON = ("X", 1, "hospital", None, "m")


@pytest.mark.parametrize(
    ("base", "operations", "analytics", "action"),
    [
        (None, None, NEW, MergeAction.INSERT),
        (OLD, OLD, NEW, MergeAction.UPDATE),
        (OLD, WITH_REASON, NEW, MergeAction.UPDATE),
        (OLD, OLD, None, MergeAction.DELETE),
        (OLD, WITH_REASON, None, MergeAction.CONFLICT),
        (OLD, OTHER, None, MergeAction.CONFLICT),
        (OLD, None, None, MergeAction.ADOPT),
        (OLD, NEW, NEW, MergeAction.ADOPT),
        (None, NEW, NEW, MergeAction.ADOPT),
        (None, OTHER, NEW, MergeAction.CONFLICT),
        (OLD, OTHER, NEW, MergeAction.CONFLICT),
        (OLD, None, NEW, MergeAction.CONFLICT),
        (OLD, OTHER, OLD, MergeAction.KEEP),
        (OLD, None, OLD, MergeAction.KEEP),
        (None, OTHER, None, MergeAction.KEEP),
    ],
)
def test_a_row(base: object, operations: object, analytics: object, action: MergeAction) -> None:
    assert RowMerge.build(TABLE).merge_row(base, operations, analytics) is action  # type: ignore[arg-type]


def test_what_operations_changed_is_never_written_over() -> None:
    merge = RowMerge.build(TABLE)
    rows = (None, OLD, NEW, OTHER, WITH_REASON)
    for base, operations, analytics in itertools.product(rows, repeat=3):
        action = merge.merge_row(base, operations, analytics)
        if action in {MergeAction.UPDATE, MergeAction.DELETE, MergeAction.INSERT}:
            assert merge._pick(base) == merge._pick(operations)
            assert merge._pick(analytics) != merge._pick(operations)


def test_a_value_of_a_column_of_operations_is_reported() -> None:
    said = ("X", 2, "school", None, "m")
    (difference,) = RowMerge.build(TABLE).list_differences(WITH_REASON, said)
    assert difference == (("X",), "reason", "hospital", "school")

"""What a snapshot of a database sees of the transactions that its log tells."""

from __future__ import annotations

import pytest

from gridtwin.results.warehouse.lake_shapes import name_own_columns
from gridtwin.store.postgis.database_feed import name_slot, parse_lsn
from gridtwin.store.postgis.slot_changes import SeenTransactions

WRAP = 1 << 32  # messages tell the lower half of a number


@pytest.mark.parametrize(
    ("xid", "seen"),
    [
        (WRAP - 6, True),
        (WRAP - 1, False),  # still running
        (3, True),  # behind the wrap, and before the end
        (4, False),  # the first that had not begun
        (5, False),
    ],
)
def test_a_snapshot_sees_what_was_over_when_it_was_taken(xid: int, *, seen: bool) -> None:
    snapshot = SeenTransactions.from_text(f"{WRAP - 6}:{WRAP + 4}:{WRAP - 1}")
    assert snapshot.sees(xid) is seen


def test_places_in_the_log_are_in_order() -> None:
    places = ["", "0/FF", "0/100", "1/0", "A/1", "10/0"]
    assert sorted(places, key=parse_lsn) == places


def test_each_lake_has_a_slot_of_its_own() -> None:
    names = {name_slot(f"https://catalog wh {namespace}") for namespace in ("a", "b")}
    assert len(names) == 2
    assert all(len(name) <= 63 and name.isidentifier() for name in names)


def test_own_columns_are_called_by_small_letters_and_none_as_another() -> None:
    assert name_own_columns(["Crew A", "crew_a", "Größe", "№"]) == {
        "Crew A": "own_crew_a",
        "crew_a": "own_crew_a_2",
        "Größe": "own_gr_sse",
        "№": "own_column",
    }

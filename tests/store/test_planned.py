"""Planned outages are kept by the same rules in every store."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

import gridtwin
from gridtwin.errors import ConflictError, NotFoundError
from gridtwin.model.planned_outage import AffectedPoint, PlannedOutage, PlannedStatus
from gridtwin.store.store_versions import OPERATING

from .conftest import DATABASES, keep, make_network

if TYPE_CHECKING:
    from pathlib import Path

    from gridtwin.store.protocol import Store

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
POINTS = [AffectedPoint("M1", 1), AffectedPoint("M2", 4)]


@pytest.fixture(
    params=["memory", "local", "postgis", pytest.param("upgraded", marks=pytest.mark.long)]
)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """Return the store of a new twin, wherever it is kept."""
    if request.param == "memory":
        return gridtwin.open(make_network()).store
    if request.param == "local":
        return gridtwin.open(str(keep(tmp_path / "small.twin").path)).store
    url = str(request.getfixturevalue(DATABASES[request.param]))
    return gridtwin.open(make_network()).save(url).store


def plan(name: str, hours: int = 0) -> PlannedOutage:
    start = NOON + timedelta(hours=hours)
    return PlannedOutage(
        name, start, start + timedelta(hours=2), "new poles", ("LINE-1",), {"FUSE-ü": "ABC"},
        PlannedStatus.ANNOUNCED, 2, 5, "ann", NOON, "ann", NOON,
    )  # fmt: skip


def test_what_is_announced_is_kept_as_it_was_said(store: Store) -> None:
    book, before = store.planned, store.read_versions()
    later, sooner = plan("P-2", hours=5), plan("P-1")
    book.add_planned(later, POINTS)
    book.add_planned(sooner, POINTS[:1])
    assert book.list_planned() == [sooner, later]
    assert book.read_planned("P-2") == later
    assert book.list_points("P-2") == POINTS
    assert OPERATING in store.wait_for_changes(before, timeout_s=0).what


def test_a_change_is_written_once_and_nobodys_is_lost(store: Store) -> None:
    book, first = store.planned, plan("P-1")
    book.add_planned(first, POINTS)
    moved = book.change_planned(replace(first, starts_at=NOON - timedelta(hours=1)))
    assert (moved.revision, moved.starts_at) == (2, NOON - timedelta(hours=1))
    with pytest.raises(ConflictError):
        book.change_planned(replace(first, status=PlannedStatus.CANCELED))
    canceled = book.change_planned(replace(moved, status=PlannedStatus.CANCELED))
    assert book.list_planned() == []
    assert book.list_planned(past=True) == [canceled]
    with pytest.raises(NotFoundError, match="did you mean P-1"):
        book.read_planned("P-l")
    with pytest.raises(NotFoundError):
        book.change_planned(plan("P-9"))

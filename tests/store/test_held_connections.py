"""One piece of work opens a file once; nothing of a transaction is left for the next."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from contextvars import copy_context
from pathlib import Path

import pytest

from gridtwin.errors import StaleTwinError, StoreError
from gridtwin.store import sqlite_database
from gridtwin.store.acting_role import OPERATOR, acting_as
from gridtwin.store.held_connections import hold_connections
from gridtwin.store.local_store import LocalStore
from gridtwin.store.sqlite_database import STATE_FILE
from gridtwin.twin import Twin, open_twin


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[sqlite3.Connection]]:
    """Note each connection that is opened; they are closed when the test ends."""
    connections: list[sqlite3.Connection] = []
    connect: Callable[[Path], sqlite3.Connection] = sqlite_database._connect

    def note(file: Path) -> sqlite3.Connection:
        connections.append(connect(file))
        return connections[-1]

    monkeypatch.setattr(sqlite_database, "_connect", note)
    yield connections
    assert [each for each in connections if is_open(each)] == []


def is_open(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("SELECT 1")
    except sqlite3.ProgrammingError:
        return False
    return True


def open_guarded(twin: Twin) -> Twin:
    return open_twin(twin.store.path, guarded=True)


def test_transactions_of_one_work_share_a_connection(
    two_feeders: Twin, opened: list[sqlite3.Connection]
) -> None:
    with hold_connections():
        two_feeders.switch("BKR1", open=True)
        with hold_connections():
            assert two_feeders.version == 1
        two_feeders.switch("BKR1", open=False)
        assert two_feeders.version == 2
    assert len(opened) == 1
    assert two_feeders.version == 2
    assert len(opened) == 2


def test_what_others_wrote_is_seen_by_the_next_transaction(
    two_feeders: Twin, opened: list[sqlite3.Connection]
) -> None:
    with hold_connections():
        assert two_feeders.version == 0
        with closing(sqlite3.connect(two_feeders.store.path / STATE_FILE)) as other, other:
            other.execute("UPDATE twin SET version = 7")
        assert two_feeders.version == 7
    assert len(opened) == 1


def test_a_transaction_within_another_has_its_own(
    two_feeders: Twin, opened: list[sqlite3.Connection]
) -> None:
    with (
        hold_connections(),
        two_feeders.store._file.transaction() as one,
        two_feeders.store._file.transaction() as other,
    ):
        assert one is not other
    assert len(opened) == 2


@pytest.mark.usefixtures("opened")
def test_threads_of_one_work_never_share_one_at_a_time(two_feeders: Twin) -> None:
    with hold_connections(), ThreadPoolExecutor(4) as pool:
        done = [
            pool.submit(copy_context().run, two_feeders.switch, mrid, open=number % 2 == 0)
            for number, mrid in enumerate(["BKR1", "BKR2"] * 10)
        ]
        versions = [each.result().version for each in done]
    assert sorted(versions) == list(range(1, 21))


def test_work_that_goes_on_after_the_end_opens_its_own(
    two_feeders: Twin, opened: list[sqlite3.Connection]
) -> None:
    with hold_connections():
        assert two_feeders.version == 0
        left = copy_context()
    assert left.run(lambda: two_feeders.version) == 0
    assert len(opened) == 2


def test_a_transaction_that_failed_leaves_nothing(
    two_feeders: Twin, opened: list[sqlite3.Connection]
) -> None:
    def fail_late() -> None:
        with two_feeders.store._file.transaction("BEGIN IMMEDIATE") as connection:
            connection.execute("UPDATE twin SET version = 7")
            raise ZeroDivisionError

    with hold_connections():
        with pytest.raises(ZeroDivisionError):
            fail_late()
        assert two_feeders.version == 0
    assert len(opened) == 2


@pytest.mark.usefixtures("opened")
def test_no_role_is_left_for_the_next(two_feeders: Twin) -> None:
    twin = open_guarded(two_feeders)
    with hold_connections():
        with acting_as(OPERATOR, request="r-1"):
            twin.switch("BKR1", open=True)
        with pytest.raises(StoreError):
            twin.switch("BKR1", open=False)
        assert twin.version == 1
        with acting_as(OPERATOR, request="r-2"):
            twin.switch("BKR1", open=False)
    assert twin.version == 2


def test_what_is_read_for_a_request_that_writes_waits_for_no_writer(two_feeders: Twin) -> None:
    twin = open_guarded(two_feeders)
    with closing(sqlite3.connect(Path(twin.store.path) / STATE_FILE)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with acting_as(OPERATOR, request="r-1"):
            assert twin.version == 0


@pytest.mark.usefixtures("opened")
def test_a_twin_that_took_the_place_of_another_is_found_out(two_feeders: Twin) -> None:
    store = LocalStore.open(two_feeders.store.path)
    with hold_connections():
        assert store.states.read_state("current").version == 0
        open_twin(two_feeders.network).save(two_feeders.store.path, overwrite=True)
        with pytest.raises(StaleTwinError):
            store.states.read_state("current")

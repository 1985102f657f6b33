"""A file that nobody wrote to is not read again; every writing is seen, whoever does it."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from gridtwin.errors import StaleTwinError
from gridtwin.store.file_stamp import FileStamp, read_stamp
from gridtwin.store.local_store import LocalStore
from gridtwin.store.sqlite_database import STATE_FILE, SqliteFile
from gridtwin.twin import Twin, open_twin

LONG_AGO_NS = 1_700_000_000_123_456_789


def lay_aside(file: Path, *, ago_ns: int = 0) -> None:
    """Have a file look as if it had been written long ago, or a while ago."""
    at = time.time_ns() - ago_ns if ago_ns else LONG_AGO_NS
    os.utime(file, ns=(at, at))


@pytest.fixture
def file(two_feeders: Twin) -> Path:
    """Return the changing file of a twin, which nobody has touched for long."""
    kept: Path = two_feeders.store.path / STATE_FILE
    lay_aside(kept)
    return kept


def test_a_stamp_is_the_same_until_somebody_writes(file: Path) -> None:
    stamp = read_stamp(file)
    assert isinstance(stamp, FileStamp)
    with closing(sqlite3.connect(file)) as reader:
        reader.execute("SELECT * FROM twin").fetchall()
    assert read_stamp(file) == stamp
    with closing(sqlite3.connect(file)) as writer, writer:
        writer.execute("UPDATE twin SET version = version + 1")
    lay_aside(file, ago_ns=10**9 + 1)
    assert read_stamp(file) not in {stamp, None}


def test_what_was_written_within_a_tick_of_the_clock_has_no_stamp(file: Path) -> None:
    lay_aside(file, ago_ns=10_000_001)
    assert read_stamp(file) is None


def test_a_clock_of_whole_seconds_is_given_more_time(file: Path) -> None:
    second = 10**9
    now = time.time_ns() // second * second
    os.utime(file, ns=(now - second, now - second))
    assert read_stamp(file) is None
    os.utime(file, ns=(now - 5 * second, now - 5 * second))
    assert read_stamp(file) is not None


def test_a_log_beside_the_file_has_what_no_stamp_tells(file: Path) -> None:
    with closing(sqlite3.connect(file)) as other:  # who stays: nothing is moved into the file
        other.execute("SELECT * FROM twin").fetchall()
        with closing(sqlite3.connect(file)) as writer, writer:
            writer.execute("UPDATE twin SET version = version + 1")
        lay_aside(file)
        assert read_stamp(file) is None


def test_a_file_that_is_missing_has_no_stamp(tmp_path: Path) -> None:
    assert read_stamp(tmp_path / STATE_FILE) is None


@pytest.mark.usefixtures("file")
def test_versions_are_read_once_and_again_when_somebody_wrote(
    two_feeders: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    transaction = SqliteFile.transaction
    monkeypatch.setattr(
        SqliteFile,
        "transaction",
        lambda kept, begin="BEGIN": (opened.append(kept.twin), transaction(kept, begin))[1],
    )
    store = LocalStore.open(two_feeders.store.path)
    versions = store.read_versions()
    assert len(opened) == 1
    assert store.wait_for_changes(versions, timeout_s=0.2).what == frozenset()
    assert len(opened) == 1
    open_twin(two_feeders.store.path).switch("BKR1", open=True)
    assert store.wait_for_changes(versions, timeout_s=0).what == {"state"}


def test_a_twin_that_took_the_place_of_another_is_found_out(two_feeders: Twin, file: Path) -> None:
    store = LocalStore.open(two_feeders.store.path)
    store.read_versions()
    open_twin(two_feeders.network).save(two_feeders.store.path, overwrite=True)
    lay_aside(file)
    with pytest.raises(StaleTwinError):
        store.read_versions()

"""Of customers nothing is shown, logged, kept or handed out beyond what is meant to be."""

from __future__ import annotations

import csv
import io
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from shutil import copytree
from threading import Thread

import pandas as pd
import pytest
from typer.testing import CliRunner

from gridtwin.cli.root_commands import app
from gridtwin.errors import InputError, NotFoundError, StoreError
from gridtwin.results.customer_masking import Viewer
from gridtwin.store import sqlite_customers
from gridtwin.store.party_changes import PartyChange
from gridtwin.store.sqlite_customers import SqliteCustomerFile, SqliteCustomerMemory
from gridtwin.twin import Twin, open_twin
from small_customers import RECORDS

NOON = "2026-07-01T12:00:00+00:00"
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
CLERK = Viewer("clerk", may_see_personal_data=True)


@pytest.fixture
def twin(tmp_path: Path, small_home: Path) -> Twin:
    """Return a twin of a few customers, of this test alone."""
    return open_twin(copytree(small_home, tmp_path / "small.twin"))


def test_an_erased_record_is_named_by_no_move_between_others(twin: Twin) -> None:
    """It went from one party to another before it came to the one that is erased."""
    customers, book = twin.customers, twin.store.customers
    moved = [("PTY-a", "PTY-b", ("crm:3", "cis:2")), ("PTY-a", "PTY-b", ("crm:3",))]
    changes = [PartyChange(NOON, "ann", "merge", *each, "records were matched") for each in moved]
    book.write_labels([], changes, {"crm:3": "PTY-c", "cis:2": "PTY-b"})
    assert customers.privacy.erase_party("PTY-c", reason="request").still_found == 0
    (left,) = book.list_changes(limit=9)
    assert left.records == ("cis:2",)
    customers.matching.undo_change(left.id)
    assert set(book.read_parties()) == {"cis:1", "cis:2", "crm:1", "crm:2"}


def test_undoing_a_merge_moves_what_it_moved_and_is_still_there(twin: Twin) -> None:
    matching, book = twin.customers.matching, twin.store.customers
    merge = PartyChange(NOON, "ann", "merge", "PTY-a", "PTY-b", ("crm:3", "cis:2"), "matched")
    book.write_labels([], [merge], {"crm:3": "PTY-c", "cis:2": "PTY-b"})
    (kept,) = book.list_changes(limit=1)
    assert matching.undo_change(kept.id).records == ("cis:2",)
    assert book.read_parties()["crm:3"] == "PTY-c"
    with pytest.raises(InputError, match="have left PTY-b since"):
        matching.undo_change(kept.id)
    with pytest.raises(NotFoundError, match=f"did you mean {kept.id}, {kept.id + 1}"):
        matching.undo_change(99)


def test_an_erasure_is_noted_where_nothing_can_be_shredded(
    twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody writes all the while: what is deleted is told, and not only to who erased it."""
    monkeypatch.setattr(sqlite_customers, "CUSTOMERS_TIMEOUT_S", 0.05)
    customers, path = twin.customers, Path(str(twin.store.path))  # type: ignore[attr-defined]
    book = customers.privacy._book
    shred = book.shred_rows

    def shred_beside_a_writer() -> None:
        with closing(sqlite3.connect(path / "customers.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            shred()

    monkeypatch.setattr(book, "shred_rows", shred_beside_a_writer)
    party = customers.find_party("crm:3")
    with pytest.raises(StoreError, match="locked"):
        customers.privacy.erase_party(party, reason="request", actor="ann")
    (erasure,) = book.list_erasures()
    assert erasure[1:3] == ("ann", "request")
    assert "not looked for" in erasure[5]


def test_what_expired_is_shredded_once(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    customers = twin.customers
    old = {"source": "old", "valid_from": "2010-01-01", "valid_to": "2012-01-01"}
    names = ("Abelard", "Brunhild", "Cedric")
    rows = [{"record": f"old:{name}", "surname": name} | old for name in names]
    customers.loading.load_records(pd.DataFrame(rows))
    book, shredded = customers.privacy._book, list[None]()
    shred = book.shred_rows
    monkeypatch.setattr(book, "shred_rows", lambda: shredded.append(shred()))
    proofs = customers.privacy.erase_expired(date(2015, 1, 1))
    assert [each.still_found for each in proofs] == [0, 0, 0]
    assert len(shredded) == 1
    assert len(book.list_erasures()) == 3
    assert customers.privacy.erase_expired(date(2015, 1, 1)) == []
    assert len(shredded) == 1


def test_a_record_that_two_load_at_once_stays_in_one_party(twin: Twin) -> None:
    """Who is second takes nobody out of the party that the first put them into."""
    book = twin.store.customers
    before = book.read_parties()
    book.write_records([], [], {"cis:1": "PTY-late"}, replaced=())
    assert book.read_parties() == before


def test_customers_in_memory_are_shredded_between_writes() -> None:
    memory = SqliteCustomerMemory()
    shredding = Thread(target=memory.shred_rows)
    with memory.write() as kept:
        shredding.start()
        kept.insert_rows("model", [("matching", NOON, "x")])
        shredding.join(0.05)
        assert shredding.is_alive(), "it waits for the transaction"
    shredding.join()
    with memory.read() as kept:
        assert kept.select("SELECT text FROM model") == [("x",)]


def test_customers_that_cannot_be_kept_are_told(tmp_path: Path) -> None:
    with (
        pytest.raises(StoreError, match="check who may write there"),
        SqliteCustomerFile(tmp_path / "nowhere").write(),
    ):
        pass


def test_who_was_looked_for_is_not_found_by_trying(twin: Twin) -> None:
    """All telephone numbers there are can be tried in seconds, where no secret is in the digest."""
    phone = RECORDS[0]["phone"]
    for _ in range(2):
        twin.customers.search("phone", phone, CLERK)
    first, second = twin.customers.privacy.list_lookups()
    assert first[3] == second[3] != sha256(phone.encode()).hexdigest()


def test_who_may_not_see_readings_sees_none_of_a_complaint(twin: Twin) -> None:
    customers = twin.customers
    assert len(customers.read_card("A1", CLERK, since=LONG_AGO).complaints) == 1
    other = replace(CLERK, may_see_readings=False)
    assert customers.read_card("A1", other, since=LONG_AGO).complaints == []


def test_no_name_of_a_letter_is_a_formula(twin: Twin) -> None:
    target, loading = str(twin.store.path), twin.customers.loading  # type: ignore[attr-defined]
    wicked = '=HYPERLINK("http://evil.example","open")'
    loading.load_records(pd.DataFrame([RECORDS[0] | {"source": "cis", "surname": wicked}]))
    words = ["customers", "letters", "L1", "--personal", "--in", target]
    (row,) = csv.DictReader(io.StringIO(CliRunner().invoke(app, words).stdout))
    assert row["surname"] == f"'{wicked}"

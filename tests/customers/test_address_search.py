"""Addresses of customers are found by who may see them, and it is noted who looked."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

import gridtwin
from gridtwin.errors import InputError
from gridtwin.results.customer_masking import Viewer
from gridtwin.store.customer_book import CustomerBook
from gridtwin.store.sqlite_customers import CUSTOMERS_FILE
from small_customers import HOME, save_customers

CLERK = Viewer("ann", may_see_personal_data=True)


def test_who_may_see_addresses_finds_them_and_is_noted(tmp_path: Path) -> None:
    twin = save_customers(tmp_path / "small.twin")
    (found,) = twin.customers.addresses.search("12 oka st", CLERK)
    assert found == ("address", "12 Oak St", "Fairmont", "77002", 1, "M3")
    ((_, actor, question, subject, parties), *_) = twin.customers.privacy.list_lookups()
    assert (actor, question, parties) == ("ann", "search by address", "[]")
    assert "oka" not in subject
    with pytest.raises(InputError, match="may not search by address"):
        twin.customers.addresses.search("12 oak st", Viewer("bob"))


def test_service_points_that_are_loaded_anew_are_found_at_once(tmp_path: Path) -> None:
    twin = save_customers(tmp_path / "small.twin")
    assert twin.customers.addresses.search("7 elm", CLERK) == []
    moved = HOME | {"esi_id": "104437", "usage_point": "M2", "address": "7 Elm St"}
    gone = HOME | {"esi_id": "104438", "usage_point": "M3", "valid_to": "2020-01-01"}
    other = gridtwin.open(tmp_path / "small.twin")  # of another process, as it were
    other.customers.loading.load_points(pd.DataFrame([moved, gone]))
    assert twin.customers.addresses.search("7 elm", CLERK)[0].usage_point == "M2"
    assert twin.customers.addresses.search("12 oak st", CLERK) == []


def forget_layout(path: Path) -> None:
    """Leave a twin as one that was loaded before addresses were laid out with it."""
    with closing(sqlite3.connect(path / CUSTOMERS_FILE)) as file, file:
        assert file.execute("DELETE FROM model WHERE name = 'addresses'").rowcount == 1


def refuse(_: CustomerBook) -> list[tuple[str, str, str, str]]:
    msg = "addresses are laid out again"
    raise AssertionError(msg)


def test_addresses_are_laid_out_when_they_are_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_customers(tmp_path / "small.twin")
    monkeypatch.setattr(CustomerBook, "list_addresses", refuse)
    (found,) = gridtwin.open(tmp_path / "small.twin").customers.addresses.search("12 oka", CLERK)
    assert found.address == "12 Oak St"


def test_a_twin_without_a_layout_is_searched_as_well(tmp_path: Path) -> None:
    save_customers(tmp_path / "small.twin")
    forget_layout(tmp_path / "small.twin")
    (found,) = gridtwin.open(tmp_path / "small.twin").customers.addresses.search("12 oka", CLERK)
    assert found.address == "12 Oak St"

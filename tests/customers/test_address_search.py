"""Addresses of customers are found by who may see them, and it is noted who looked."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import gridtwin
from gridtwin.errors import InputError
from gridtwin.results.customer_masking import Viewer
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

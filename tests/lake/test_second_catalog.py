"""The same publication through another catalog: Nessie, which commits several tables as one."""

from __future__ import annotations

import json
import random
import threading
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import gridtwin
from ami_folder import NOON, street, write_readings
from gridtwin.errors import StoreError
from gridtwin.live.lake_following import LakePublication
from gridtwin.results.warehouse.lake_shapes import LAKE_TABLES
from gridtwin.store.iceberg_catalog import LakeAddress, attach_lake
from gridtwin.twin import Twin
from lake_bench import Lake, LakeServer, run_nessie
from lakes import list_differences, publication_of, read_table

pytestmark = pytest.mark.nightly
KILLS = 6
OF_EVERY_OPERATION = {"events", "states", "sync_state"}  # tables


@pytest.fixture(scope="module")
def nessie(lake: Lake) -> Iterator[LakeServer]:
    with run_nessie(lake.store) as running:
        yield running


@pytest.fixture
def publication(nessie: LakeServer, lake: Lake, tmp_path: Path) -> LakePublication:
    address = LakeAddress(f"{nessie.url}/iceberg", "wh", f"n{random.getrandbits(40):x}")
    return LakePublication(str(tmp_path / "street.twin"), address, lake.settings)


@pytest.fixture
def twin(tmp_path: Path) -> Twin:
    twin = gridtwin.open(street()).save(tmp_path / "street.twin")
    write_readings(tmp_path / "street.twin/ami", [("M1", NOON, 1.0, 120.0)])
    return twin


def list_commits(nessie: LakeServer) -> list[set[str]]:
    """Return which tables each commit of the catalog has written, the last first."""
    address = f"{nessie.url}/api/v2/trees/main/history?fetch=ALL&max-records=200"
    with urllib.request.urlopen(address) as answer:  # noqa: S310 - our own address
        entries: list[dict[str, Any]] = json.load(answer)["logEntries"]
    return [
        {"/".join(each["key"]["elements"]) for each in entry["operations"] or ()}
        for entry in entries
    ]


def test_it_takes_the_tables_that_the_other_takes(
    publication: LakePublication, twin: Twin, lake: Lake, tmp_path: Path
) -> None:
    twin.switch("SW", open=False)
    publication.publish_once()
    assert not list_differences(publication)
    namespace = lake.make_namespace()
    publication_of(lake, tmp_path / "street.twin", namespace).publish_once()
    with attach_lake(publication.address, lake.settings) as opened:
        for table in LAKE_TABLES:
            if not table.name.startswith("sync_"):
                names = ", ".join(f'"{column.name}"' for column in table.columns)
                rows = opened.execute(f"SELECT {names} FROM {opened.name_table(table.name)}")  # noqa: S608
                assert Counter(rows) == read_table(lake, namespace, table.name), table.name


def test_all_tables_of_a_change_are_one_commit(
    publication: LakePublication, twin: Twin, nessie: LakeServer
) -> None:
    publication.publish_once()
    before = len(list_commits(nessie))
    publication.publish_once()
    assert len(list_commits(nessie)) == before, "nothing has changed"
    twin.outages.open("T2")
    publication.publish_once()
    commits = list_commits(nessie)
    names = {"outages", "outage_usage_points", "sync_state"}
    assert len(commits) == before + 1
    assert commits[0] == {f"{publication.address.namespace}/{name}" for name in names}


def test_killed_anywhere_it_holds_all_of_a_change_or_nothing(
    publication: LakePublication, twin: Twin, nessie: LakeServer
) -> None:
    seeded = random.Random(5)
    publication.publish_once()
    made = len(list_commits(nessie))  # that made the tables, one by one
    for number in range(KILLS):
        twin.switch("SW", open=bool(number % 2))
        timer = threading.Timer(seeded.uniform(0.0, 4.0), nessie.kill)
        timer.start()
        with suppress(StoreError):
            publication.publish_once()
        timer.join()
        nessie.start()
    publication.publish_once()
    written = list_commits(nessie)[:-made]
    assert written
    for tables in written:
        assert {f"{publication.address.namespace}/{name}" for name in OF_EVERY_OPERATION} <= tables
    assert not list_differences(publication)

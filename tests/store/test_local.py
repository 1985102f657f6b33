"""A twin in a directory gives back what was put in, and refuses what it cannot hold."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gridtwin.errors import InputError, NotFoundError, StoreError
from gridtwin.store.local_store import LocalStore
from gridtwin.topology.topology_index import ARRAYS, build_index

from .conftest import keep, make_network

if TYPE_CHECKING:
    from pathlib import Path


def assert_same(one: object, other: object) -> None:
    for field in fields(one):  # type: ignore[arg-type]
        if not field.init:  # made again when wanted
            continue
        np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name))
        assert (
            np.asarray(getattr(one, field.name)).dtype
            == np.asarray(getattr(other, field.name)).dtype
        )


@pytest.mark.parametrize("meshed", [False, True])
def test_every_column_and_index_array_comes_back(tmp_path: Path, meshed: bool) -> None:
    network = make_network(meshed=meshed)
    built = build_index(network.data, network.data.equipment.normal_open)
    store = LocalStore.create(tmp_path / "new" / "a.twin", network, built)

    for table in fields(network.data):
        assert_same(getattr(store.network.data, table.name), getattr(network.data, table.name))
    for table, ids in network.ids.tables.items():
        assert_same(store.network.ids.tables[table], ids)
    index = store.read_index()
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(index, name), getattr(built, name))
    assert_same(index.conduction, built.conduction)
    assert (index.core is None) == (built.core is None) == (not meshed)
    if index.core is not None and built.core is not None:
        assert_same(index.core, built.core)
    assert index.count_customers(1) == built.count_customers(1) == 5
    assert store.network.crs == "EPSG:4326"


def test_the_tables_are_geoparquet_for_other_programs(twin: Path) -> None:
    import geopandas as gpd
    import pandas as pd

    points = gpd.read_parquet(twin / "tables" / "usage_points.parquet")
    assert points.crs == "EPSG:4326"
    assert points.customers.tolist() == [1, 4]
    assert pd.read_parquet(twin / "tables" / "feeders.parquet")["head"].tolist() == ["BRK-1"]
    assert len(list((twin / "tables").iterdir())) == 6


def test_a_twin_written_before_usage_points_had_names_is_read_without(tmp_path: Path) -> None:
    keep(tmp_path / "a.twin")
    card = tmp_path / "a.twin" / "twin.json"
    told = json.loads(card.read_text())
    del told["arrays"]["usage_points.name"]
    card.write_text(json.dumps(told))
    (tmp_path / "a.twin" / "arrays" / "usage_points.name.npy").unlink()
    points = LocalStore.open(tmp_path / "a.twin").network.usage_points
    assert points["name"].tolist() == ["", ""]
    assert points.mrid.tolist() == ["M1", "M2"]


def test_columns_are_mapped_and_cannot_be_written(twin: Path) -> None:
    column = LocalStore.open(twin).network.data.equipment.kind
    with pytest.raises(ValueError, match="read-only"):
        column[0] = 1


def test_a_state_is_read_without_the_heavy_libraries(twin: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from gridtwin.store.local_store import LocalStore;"
        "store = LocalStore.open(Path(sys.argv[1])); store.states.read_state();"
        "store.network.ids.find_element('M2'); store.states.operate('BRK-1', 'A');"
        "print([m for m in ('pandas', 'geopandas', 'scipy', 'pyarrow') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(twin)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_name_must_say_that_it_is_a_twin(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"call it .*houston\.twin"):
        keep(tmp_path / "houston")


def test_a_twin_is_replaced_only_on_demand(twin: Path) -> None:
    LocalStore.open(twin).states.operate("BRK-1", "A")
    with pytest.raises(StoreError, match="exists already"):
        keep(twin)
    assert LocalStore.open(twin).states.read_state().version == 1
    assert keep(twin, meshed=True, overwrite=True).states.read_state().version == 0
    assert LocalStore.open(twin).read_index().core is not None
    assert [entry.name for entry in twin.parent.iterdir()] == ["small.twin"]


def test_what_is_no_twin_is_never_overwritten(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs.twin"
    theirs.mkdir()
    (theirs / "thesis.txt").write_text("the only copy")
    with pytest.raises(StoreError, match="is no twin and is not overwritten"):
        keep(theirs, overwrite=True)
    assert (theirs / "thesis.txt").exists()


def test_a_twin_replaced_while_open_is_not_mixed_with_the_new_one(twin: Path) -> None:
    store = LocalStore.open(twin)
    keep(twin, overwrite=True)
    for use in (store.states.read_state, store.read_index, lambda: store.network):
        with pytest.raises(StoreError, match="open it again"):
            use()


def test_a_missing_twin_brings_close_names(twin: Path) -> None:
    with pytest.raises(NotFoundError, match=r"small\.twin"):
        LocalStore.open(twin.with_name("smal.twin"))


def test_a_twin_kept_before_designed_phases_were_is_opened_with_them(twin: Path) -> None:
    network = LocalStore.open(twin).network
    card = json.loads((twin / "twin.json").read_text(encoding="utf-8"))
    del card["arrays"]["index.designed"]
    (twin / "twin.json").write_text(json.dumps(card), encoding="utf-8")
    (twin / "arrays" / "index.designed.npy").unlink()
    found = LocalStore.open(twin).read_index()
    made = build_index(network.data, network.data.equipment.normal_open)
    np.testing.assert_array_equal(found.designed, made.designed)
    np.testing.assert_array_equal(found.before, made.before)

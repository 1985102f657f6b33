"""The lake of the tests: two engines see one table, and a kill loses nothing acknowledged."""

from __future__ import annotations

import pyarrow as pa
import pytest

from gridtwin.errors import BrokerError, StoreError
from gridtwin.store.iceberg_catalog import LAKE, open_lake
from lake_bench import CATALOG_PROGRAM, SECRET, Lake

ROWS = {"mrid": ["XFMR-1", "XFMR-2"], "value": [0.25, 0.75]}


def test_a_table_of_one_engine_is_read_and_changed_by_the_other(lake: Lake) -> None:
    namespace = lake.make_namespace()
    rows = pa.table(ROWS)
    table = lake.open_catalog().create_table(f"{namespace}.scores", rows.schema)
    table.append(rows)
    with open_lake(lake.address, lake.settings) as opened:
        name = f"{LAKE}.{namespace}.scores"
        assert opened.execute(f"FROM {name} ORDER BY mrid") == [
            ("XFMR-1", 0.25),
            ("XFMR-2", 0.75),
        ]
        opened.execute(f"INSERT INTO {name} VALUES ('XFMR-3', 0.5)")  # noqa: S608
        opened.execute(f"DELETE FROM {name} WHERE mrid = 'XFMR-1'")  # noqa: S608
    read = lake.open_catalog().load_table(f"{namespace}.scores").scan().to_arrow()
    assert sorted(read["mrid"].to_pylist()) == ["XFMR-2", "XFMR-3"]


@pytest.mark.long
def test_what_was_acknowledged_is_there_after_a_kill(lake: Lake) -> None:
    namespace = lake.make_namespace()
    rows = pa.table(ROWS)
    name = f"{namespace}.scores"
    lake.open_catalog().create_table(name, rows.schema).append(rows)
    for server in (lake.store, lake.catalog):
        server.kill()
        assert not server.answers()
        server.start()
        with open_lake(lake.address, lake.settings) as opened:
            assert len(opened.execute(f"FROM {LAKE}.{name}")) == 2


@pytest.mark.long
def test_a_catalog_that_is_down_is_told_without_credentials(lake: Lake) -> None:
    lake.catalog.kill()
    try:
        with pytest.raises(StoreError) as refused, open_lake(lake.address, lake.settings):
            pass
    finally:
        lake.catalog.start()
    assert lake.catalog.url in str(refused.value)
    assert SECRET not in str(refused.value)


def test_a_machine_without_java_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BrokerError, match=r"catalog of the tests needs java, .*make java"):
        CATALOG_PROGRAM.find_tool("java")

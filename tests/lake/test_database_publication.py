"""A twin in a database, followed by its log: what the second client then reads."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import yaml

import gridtwin
from gridtwin.errors import StoreError
from gridtwin.model.readings import ZonePrices
from gridtwin.model.tables import encode_texts
from gridtwin.results.warehouse.lake_shapes import ROW_LAKE_TABLES, TOPOLOGY_LAKE_TABLES
from gridtwin.store.iceberg_catalog import open_lake
from gridtwin.store.postgis.connect import connect
from gridtwin.store.postgis.database_feed import IDLE_LAG_BYTES, name_slot, open_feed, parse_lsn
from gridtwin.store.postgis.slot_changes import LOST
from gridtwin.twin import Twin
from lake_bench import Lake
from lakes import (
    assert_no_row_twice,
    count_snapshots,
    list_differences,
    publication_of,
    read_table,
)
from postgres import Cluster

if TYPE_CHECKING:
    import psycopg

ALERTS = Path(__file__).parents[2] / "deploy/prometheus/lake_alerts.yaml"
PRICES = ZonePrices(
    np.array([1_782_907_200, 1_782_908_100]),
    encode_texts(["NORTH", "SOUTH"]),
    np.array([20.25, -5.5], np.float32),
)


@pytest.fixture
def link(town: str) -> Iterator[psycopg.Connection]:
    with connect(town, autocommit=True) as connection:
        yield connection


@pytest.fixture
def twin(town: str) -> Iterator[Twin]:
    opened = gridtwin.open(town)
    yield opened
    opened.store.close()


def switches_of(twin: Twin) -> list[str]:
    equipment = twin.network.equipment
    return sorted(equipment["mrid"][equipment["kind"].isin(["fuse", "recloser"])])


def position_of(lake: Lake, namespace: str) -> str:
    return next(row[4] for row in read_table(lake, namespace, "sync_state") if row[0] == "*")


def test_a_database_has_the_tables_of_a_folder(
    lake: Lake, namespace: str, twin: Twin, town: str, tmp_path: Path
) -> None:
    kept = twin.save(tmp_path / "town.twin")
    at = datetime(2026, 7, 1, 12, tzinfo=UTC)
    for each in (twin, kept):
        switches = switches_of(each)
        phases = each.network.equipment.set_index("mrid").loc[switches[0], "phases"]
        each.store.states.operate(switches[0], phases, actor="ann", at=at)
        each.overlay("storm", {switches[1]: True})
        each.store.readings.write_zone_prices(PRICES)
    publication_of(lake, town, namespace).publish_once()
    beside = lake.make_namespace()
    publication_of(lake, tmp_path / "town.twin", beside).publish_once()
    for table in (*ROW_LAKE_TABLES, *TOPOLOGY_LAKE_TABLES):
        here = read_table(lake, namespace, table.name)
        assert here == read_table(lake, beside, table.name), table.name


def test_each_change_comes_through_its_key(
    lake: Lake, namespace: str, twin: Twin, town: str, link: psycopg.Connection
) -> None:
    publication = publication_of(lake, town, namespace)
    publication.publish_once()
    switches = switches_of(twin)
    twin.switch(switches[0], open=True)
    back, still = twin.outages.open(switches[1]), twin.outages.open(switches[2])
    twin.outages.restore(back.id)
    link.execute(
        "INSERT INTO gridtwin.erm_current (outage, etr) VALUES (%s, now() + interval '1 hour')",
        (still.id,),
    )
    link.execute(
        "INSERT INTO gridtwin.erm_history (run, outage, issued_at, inputs_at, source)"
        " SELECT 'r', o, now(), now(), 'model' FROM unnest(%s::text[]) o",
        ([still.id, back.id, still.id],),
    )
    link.execute("UPDATE gridtwin.nodes SET nominal_v = 1 WHERE row < 3")
    link.execute("UPDATE gridtwin.feeders SET mrid = 'renamed' WHERE row = 0")
    link.execute("DELETE FROM gridtwin.sources WHERE row = 0")
    link.execute('INSERT INTO gridtwin.conditions ("time", price_usd_mwh) VALUES (now(), 120)')
    twin.store.readings.write_zone_prices(PRICES)
    report = publication.publish_once()
    assert {"nodes", "feeders", "sources", "conditions", "estimates"} <= set(report.rows)
    assert report.rows["zone_prices"] == 2
    assert sum(read_table(lake, namespace, "estimate_history").values()) == 3
    assert [row[0] for row in read_table(lake, namespace, "estimates")] == [still.id]
    assert "renamed" in {row[0] for row in read_table(lake, namespace, "feeders")}
    assert not list_differences(publication)
    assert_no_row_twice(lake, namespace)
    twin.outages.restore(still.id)
    publication.publish_once()
    assert not read_table(lake, namespace, "estimates")
    before = count_snapshots(lake, namespace)
    assert not publication.publish_once().rows
    assert count_snapshots(lake, namespace) == before
    link.execute("UPDATE gridtwin.zone_prices SET price_usd_mwh = 7 WHERE load_zone = 'SOUTH'")
    assert publication.publish_once().rows == {"zone_prices": 1}
    assert {row[0]: row[2] for row in read_table(lake, namespace, "zone_prices")} == {
        "NORTH": 20.25,
        "SOUTH": 7.0,
    }
    link.execute("TRUNCATE gridtwin.conditions")
    publication.publish_once()
    assert not read_table(lake, namespace, "conditions")


@pytest.mark.long
def test_what_is_not_committed_is_not_lost(
    lake: Lake, namespace: str, town: str, link: psycopg.Connection
) -> None:
    publication = publication_of(lake, town, namespace)
    publication.publish_once()
    with connect(town) as slow:
        slow.execute("UPDATE gridtwin.equipment SET name = 'slow' WHERE row = 0")
        link.execute("UPDATE gridtwin.equipment SET name = 'fast' WHERE row = 1")
        assert publication.publish_once().rows["equipment"] == 1
        seen = position_of(lake, namespace)
        slow.commit()
    assert publication.publish_once().rows["equipment"] == 1
    assert parse_lsn(position_of(lake, namespace)) > parse_lsn(seen)
    with connect(town) as undone:
        undone.execute("UPDATE gridtwin.equipment SET name = 'undone'")
        undone.rollback()
    assert not publication.publish_once().rows
    assert not list_differences(publication)


def test_a_course_that_is_large_and_stays_is_kept(
    lake: Lake, namespace: str, town: str, link: psycopg.Connection
) -> None:
    link.execute(
        "UPDATE gridtwin.equipment SET geometry = ("
        " SELECT ST_SetSRID(ST_MakeLine(array_agg(ST_Point(-95 + random(), 29 + random()))), 4326)"
        " FROM generate_series(1, 5000)) WHERE row = 0"
    )
    publication = publication_of(lake, town, namespace)
    publication.publish_once()
    link.execute("UPDATE gridtwin.equipment SET name = 'long' WHERE row = 0")
    publication.publish_once()
    (long,) = (row for row in read_table(lake, namespace, "equipment") if row[6] == "long")
    assert len(long[14]) > 16 * 5000
    assert not list_differences(publication)


def test_own_columns_come_and_go(
    lake: Lake, namespace: str, town: str, link: psycopg.Connection
) -> None:
    publication = publication_of(lake, town, namespace)
    publication.publish_once()
    link.execute(
        "INSERT INTO gridtwin.own_columns (frame, name, kind, place)"
        " VALUES ('feeders', 'Crew \"A\"', 'text', 0), ('feeders', 'year', 'number', 1)"
    )
    link.execute(
        'UPDATE gridtwin.feeders SET own = \'{"Crew \\"A\\"": "north", "year": 1987}\''
        " WHERE row = 0"
    )
    publication.publish_once()
    rows = lake.open_catalog().load_table(f"{namespace}.feeders").scan().to_arrow()
    named = [row for row in rows.to_pylist() if row["own_crew_a"]]
    assert [(row["own_crew_a"], row["own_year"]) for row in named] == [("north", 1987.0)]
    assert not list_differences(publication)


@pytest.mark.long
def test_a_lake_that_was_set_back_is_compared_whole(
    lake: Lake, namespace: str, town: str, link: psycopg.Connection
) -> None:
    publication = publication_of(lake, town, namespace)
    publication.publish_once()
    old = position_of(lake, namespace)
    link.execute("UPDATE gridtwin.nodes SET nominal_v = 7 WHERE row = 1")
    publication.publish_once()
    with open_lake(publication.address, lake.settings) as opened:
        opened.execute(f"UPDATE {opened.name_table('sync_state')} SET position = '{old}'")  # noqa: S608
        opened.execute(f"DELETE FROM {opened.name_table('nodes')} WHERE nominal_v = 7")  # noqa: S608
    publication.publish_once()
    assert not list_differences(publication)


@pytest.mark.long
def test_a_table_that_was_never_published_is_compared_whole(
    lake: Lake, namespace: str, twin: Twin, town: str
) -> None:
    """As where a release publishes one more: its rows were there before."""
    twin.store.readings.write_zone_prices(PRICES)
    publication = publication_of(lake, town, namespace)
    publication.publish_once()
    with open_lake(publication.address, lake.settings) as opened:
        state, table = map(opened.name_table, ("sync_state", "zone_prices"))
        opened.execute(f"DELETE FROM {state} WHERE table_name = 'zone_prices'")  # noqa: S608
        opened.execute(f"DROP TABLE {table}")
    assert publication.publish_once().rows == {"zone_prices": 2}
    assert not publication.publish_once().rows
    assert not list_differences(publication)


def test_a_lost_slot_is_made_again(
    lake: Lake, namespace: str, town: str, link: psycopg.Connection
) -> None:
    publication = publication_of(lake, town, namespace)
    publication.publish_once()
    slot = name_slot(publication.lake_name)
    link.execute("SELECT pg_drop_replication_slot(%s)", (slot,))
    link.execute("DELETE FROM gridtwin.conditions")
    link.execute("UPDATE gridtwin.nodes SET nominal_v = 8 WHERE row = 1")
    assert publication.publish_once().rows == {"nodes": 1}
    assert not list_differences(publication)


def test_a_second_publisher_of_a_lake_is_refused(lake: Lake, namespace: str, town: str) -> None:
    publication = publication_of(lake, town, namespace)
    with (
        open_feed(town, publication.lake_name),
        pytest.raises(StoreError, match="another process publishes this database"),
    ):
        publication.publish_once()


def test_a_slot_that_nobody_reads_is_a_figure_and_a_warning(
    lake: Lake,
    namespace: str,
    town: str,
    link: psycopg.Connection,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    file = tmp_path / "lake.prom"
    publication = publication_of(lake, town, namespace, metrics=file)
    publication.publish_once()
    assert "gridtwin_lake_slot_lag_bytes" in file.read_text()
    assert "max_slot_wal_keep_size" not in caplog.text
    link.execute("UPDATE gridtwin.nodes SET nominal_v = nominal_v + 1")
    with open_feed(town, publication.lake_name) as feed:
        assert feed.warn_of_slot() > 10_000
        assert parse_lsn(feed.read_written()) == parse_lsn(position_of(lake, namespace))


def test_alerts_ask_for_figures_that_are_left(
    lake: Lake, namespace: str, town: str, tmp_path: Path
) -> None:
    file = tmp_path / "lake.prom"
    publication_of(lake, town, namespace, metrics=file, readings=False).publish_once()
    left = {line.partition(" ")[0] for line in file.read_text().splitlines()}
    (group,) = yaml.safe_load(ALERTS.read_text())["groups"]
    asked = [set(re.findall(r"gridtwin_\w+", rule["expr"])) for rule in group["rules"]]
    assert asked == [{"gridtwin_lake_slot_lag_bytes"}, {"gridtwin_lake_published_seconds"}]
    assert set().union(*asked) <= left


@pytest.mark.long
def test_what_a_lake_that_nobody_writes_keeps_of_the_log_is_bounded(
    lake: Lake, namespace: str, followed: Cluster, town: str, link: psycopg.Connection
) -> None:
    publication = publication_of(lake, town, namespace, readings=False)
    publication.publish_once()
    link.execute("UPDATE gridtwin.nodes SET nominal_v = 9 WHERE row = 1")
    followed.execute("ALTER SYSTEM SET max_slot_wal_keep_size = '16MB'", "SELECT pg_reload_conf()")
    try:
        for _ in range(4):  # segments of 16 MB
            followed.execute("SELECT pg_logical_emit_message(false, 'test', '')")
            followed.execute("SELECT pg_switch_wal()")
        followed.execute("CHECKPOINT")
        with open_feed(town, publication.lake_name) as feed:
            state = feed.read_slot()
    finally:
        followed.execute("ALTER SYSTEM RESET max_slot_wal_keep_size", "SELECT pg_reload_conf()")
    assert state is not None
    assert state.status == LOST
    assert publication.publish_once().rows == {"nodes": 1}
    assert not list_differences(publication)


@pytest.mark.long
def test_a_slot_that_is_told_nothing_lets_the_log_go(
    lake: Lake, namespace: str, town: str, link: psycopg.Connection
) -> None:
    publication = publication_of(lake, town, namespace, readings=False)
    publication.publish_once()

    def measure_lag() -> int:
        with open_feed(town, publication.lake_name) as feed:
            state = feed.read_slot()
            assert state is not None
            return state.lag_bytes

    link.execute(
        "CREATE TABLE filler AS SELECT repeat(md5(n::text), 40) FROM generate_series(1, 20000) n"
    )
    before = count_snapshots(lake, namespace)
    assert measure_lag() > IDLE_LAG_BYTES
    assert not publication.publish_once().rows
    assert measure_lag() < IDLE_LAG_BYTES
    assert count_snapshots(lake, namespace) == before
    link.execute("UPDATE gridtwin.equipment SET name = 'behind' WHERE row = 1")
    assert publication.publish_once().rows["equipment"] == 1
    assert not list_differences(publication)


def test_a_database_without_a_logical_log_is_told_what_to_set(
    lake: Lake, namespace: str, postgres: Cluster
) -> None:
    with postgres.create_database() as url:
        postgres.execute("ALTER ROLE twin REPLICATION")
        gridtwin.open(gridtwin.synthesize("houston", meters=100)).save(url).store.close()  # type: ignore[attr-defined]
        with pytest.raises(StoreError, match="wal_level = logical"):
            publication_of(lake, url, namespace).publish_once()


@pytest.mark.long
def test_touched_days_are_written_and_dropped_days_stay(
    lake: Lake,
    namespace: str,
    town: str,
    link: psycopg.Connection,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    link.execute("SELECT gridtwin.refresh_meters()")
    link.execute("SELECT gridtwin.make_reading_days('2026-07-01', '2026-07-02')")

    def read_meters(at: str, kwh: float) -> None:
        with link.transaction():
            link.execute(
                "INSERT INTO gridtwin.ami_gold (reading_time, meter, kwh, voltage_v, meter_id,"
                " transformer, feeder) SELECT %s, meter, %s, 120, mrid, transformer, feeder"
                " FROM gridtwin.meters ON CONFLICT (reading_time, meter) DO UPDATE"
                " SET kwh = excluded.kwh",
                (at, kwh),
            )
            link.execute(
                "INSERT INTO gridtwin.loads_due (reading_time) VALUES (%s)"
                " ON CONFLICT (reading_time) DO UPDATE SET touched_at = clock_timestamp()",
                (at,),
            )
        link.execute("SELECT gridtwin.sum_loads(%s)", (at,))

    read_meters("2026-07-01 12:00Z", 0.5)
    read_meters("2026-07-02 12:00Z", 0.5)
    publication = publication_of(lake, town, namespace)
    assert publication.publish_once().days == ["2026-07-01", "2026-07-02"]
    assert sum(read_table(lake, namespace, "ami_enriched").values()) == 800
    assert not list_differences(publication)
    assert not publication.publish_once().days
    read_meters("2026-07-02 12:15Z", 0.75)
    assert publication.publish_once().days == ["2026-07-02"]
    assert sum(read_table(lake, namespace, "ami_deduplicated").values()) == 1200
    link.execute("SELECT gridtwin.drop_reading_days('2026-07-02')")
    assert not publication.publish_once().days
    assert sum(read_table(lake, namespace, "ami_deduplicated").values()) == 1200
    assert not list_differences(publication)

"""A database of the release before becomes what a new one is, and keeps what it holds."""

from __future__ import annotations

import difflib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

import gridtwin
from gridtwin.errors import StoreError, StoreVersionError
from gridtwin.store.postgis.connect import connect
from gridtwin.store.postgis.migrate import (
    check_schema,
    list_definitions,
    list_file_status,
    list_migrations,
    migrate,
)
from gridtwin.store.postgis.mirror import compare_mirror
from networks import random_network
from postgres import Cluster, copy_of

from .answers import check_supply, check_tree
from .release import install_release, read_release

Connection = psycopg.Connection[Any]

ROOT = Path(__file__).parents[2]
FILES = [each.file for each in (*list_migrations(), *list_definitions())]


@pytest.fixture
def connection(postgres: Cluster, filled: str) -> Iterator[Connection]:
    with copy_of(postgres, filled) as url, connect(url, autocommit=True) as made:
        yield made


def dump(postgres: Cluster, url: str) -> list[str]:
    """Return all that a schema says: tables, keys, indexes, functions, views, rights, comments."""
    done = subprocess.run(
        [postgres.binaries / "pg_dump", "-s", "-n", "gridtwin", "-n", "grid", url],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return [line for line in done.stdout.splitlines() if "restrict" not in line.split(" ")[0]]


def compare(postgres: Cluster, url: str, schema: str) -> str:
    """Return what differs between two schemas."""
    days = "_20260301"  # parts of tables hold the readings of days
    found, expected = dump(postgres, url), dump(postgres, schema)
    assert len(expected) > 5_000
    return "\n".join(
        line
        for line in difflib.unified_diff(expected, found, "new", "upgraded", n=0, lineterm="")
        if days not in line
    )


def test_an_upgraded_schema_is_that_of_a_new_database(
    before: str, schema: str, postgres: Cluster
) -> None:
    with connect(before) as made:
        assert migrate(made) == FILES
        assert migrate(made) == []
        assert {each.state for each in list_file_status(made)} == {"applied"}
        assert len(list_file_status(made)) == len(FILES) + 14
    assert compare(postgres, before, schema) == ""


def test_psql_alone_upgrades_a_database(before: str, schema: str, postgres: Cluster) -> None:
    for file in FILES:
        subprocess.run(
            [postgres.psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", file, before],
            cwd=ROOT / "sql" / "postgis", check=True, capture_output=True,
        )  # fmt: skip
    with connect(before) as made:
        check_schema(made)
    assert compare(postgres, before, schema) == ""


NEW_TABLES = [
    *("own_columns", "load_findings", "load_rules", "accepted_findings"),
    *("network_loads", "mapping_texts"),
    "publications",
    *("element_scores", "element_priorities", "crew_shifts", "element_forecasts"),
    *("sync_state", "sync_base", "sync_conflicts"),
    *("vegetation_layers", "vegetation_areas", "vegetation_spans", "vegetation_measured"),
    "zone_prices",
    *("access_tokens", "access_sessions", "actions"),
    *("load_days", "transformer_day_load", "transformer_blocks", "block_day_load"),
    *("load_nameplates", "heavy_load"),
    *("crews", "crew_positions", "crew_assignments"),
    *("tags", "operation_requests", "switching_orders", "order_steps"),
    *("webhook_subscriptions", "webhook_deliveries", "webhook_subjects"),
    *("planned_outages", "planned_outage_points"),
    *("feed_offsets", "feed_keys", "feed_letters", "measurements"),
    *("premises", "parties", "accounts", "retailers", "assets", "work_orders", "oms_outages"),
]
NEW_COLUMNS = ["own", "source_layer", "source_key", "load_number", "hooked_at", "request"]


def rows(connection: Connection) -> dict[str, str]:
    """Return a hash over the rows of each table, but for what the upgrade adds."""
    tables = connection.execute(
        "SELECT relname, array_agg(attname::text ORDER BY attnum) FROM pg_class"
        " JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped"
        " WHERE relnamespace = 'gridtwin'::regnamespace AND attname <> ALL (%s)"
        " AND relkind IN ('r', 'p') AND relname <> ALL (%s) GROUP BY relname",
        (NEW_COLUMNS, ["migrations", "definitions", *NEW_TABLES]),
    ).fetchall()
    found = {}
    for table, columns in tables:
        query = psycopg.sql.SQL(
            "SELECT count(*) || md5(string_agg(t::text, ',' ORDER BY t::text))"
            " FROM (SELECT {} FROM gridtwin.{}) t"
        )
        names = psycopg.sql.SQL(", ").join(map(psycopg.sql.Identifier, columns))
        row = connection.execute(query.format(names, psycopg.sql.Identifier(table))).fetchone()
        assert row is not None
        found[table] = row[0]
    return found


def test_no_row_is_lost_or_changed(connection: Connection) -> None:
    kept = rows(connection)
    assert sum(value is not None for value in kept.values()) > 40
    migrate(connection)
    assert rows(connection) == kept
    assert connection.execute("SELECT count(*) FROM gridtwin.own_columns").fetchone() == (0,)
    assert connection.execute("SELECT count(own) FROM gridtwin.equipment").fetchone() == (0,)


def test_what_the_release_before_calls_is_still_there(connection: Connection) -> None:
    """A server that was started before the upgrade goes on: no function, column or view is gone."""
    names = """
        SELECT p.oid::regprocedure::text FROM pg_proc p
        WHERE p.pronamespace = ANY (ARRAY['grid', 'gridtwin']::regnamespace[])
            AND p.prorettype <> 'trigger'::regtype
        UNION ALL
        SELECT a.attrelid::regclass || '.' || a.attname FROM pg_attribute a
        JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'v')
        WHERE c.relnamespace = ANY (ARRAY['grid', 'gridtwin']::regnamespace[]) AND a.attnum > 0
    """
    kept = {name for (name,) in connection.execute(names)}
    migrate(connection)
    assert kept - {name for (name,) in connection.execute(names)} == set()


def test_an_upgraded_twin_answers_operates_and_is_in_step(
    connection: Connection, postgres: Cluster
) -> None:
    with pytest.raises(StoreVersionError, match="run `gridtwin db migrate`"):
        check_schema(connection)
    migrate(connection)
    twin = gridtwin.open(postgres.build_url(connection.info.dbname))
    assert [
        each
        for each in compare_mirror(connection, twin.gather_mirror_rows())
        if each.differing_rows
    ] == []
    check_tree(connection, twin)
    assert [(each.id, each.customers_out) for each in twin.outages.all()] == [("O-1", 25)]
    twin.outages.restore("O-1")
    check_supply(connection, twin)
    twin.switch("RCL-0000001", open=False)
    check_tree(connection, twin)
    check_supply(connection, twin)
    assert [
        each
        for each in compare_mirror(connection, twin.gather_mirror_rows())
        if each.differing_rows
    ] == []


def test_a_twin_is_saved_in_a_database_that_has_to_be_upgraded(before: str) -> None:
    gridtwin.open(random_network(1)).save(before)
    with connect(before, autocommit=True) as connection:
        assert {each.state for each in list_file_status(connection)} == {"applied"}
        check_tree(connection, gridtwin.open(before))


def test_a_database_of_fewer_files_is_refused_whole(empty_database: str) -> None:
    with connect(empty_database, autocommit=True) as made:
        install_release(made, last=13)
        words = r"0015_network\.sql cannot be applied: .* lacks 0014_phases; nothing was written:"
        with pytest.raises(StoreError, match=f"{words} .*drop its schemas"):
            migrate(made)
        assert [each.state for each in list_file_status(made)][13:] == ["pending"] * len(FILES)


def test_a_database_of_other_files_is_refused(before: str) -> None:
    with connect(before, autocommit=True) as made:
        made.execute("UPDATE gridtwin.migrations SET checksum = 'other' WHERE number = 5")
        with pytest.raises(StoreError, match="lacks 0005_outages"):
            migrate(made)


def test_the_release_is_whole() -> None:
    names = list(read_release())
    assert [int(name[:4]) for name in names[:-1]] == list(range(1, 15))

"""The schema in PostGIS: migrations, roles and the audit."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gridtwin.errors import StoreError, StoreVersionError
from gridtwin.store.postgis.connect import connect, connect_patiently, hide_password
from gridtwin.store.postgis.links import Link, open_link
from gridtwin.store.postgis.lookups import LookUps
from gridtwin.store.postgis.migrate import (
    MigrationFile,
    check_schema,
    list_definitions,
    list_file_status,
    list_migrations,
    migrate,
)
from postgres import Cluster

ROOT = Path(__file__).parents[2]
TABLES = [each.file for each in list_migrations()]
DEFINITIONS = [each.file for each in list_definitions()]
FILES = TABLES + DEFINITIONS
HIDDEN = ("audit", "access_tokens", "access_sessions", "actions")  # from those who look
OPERATORS_ALONE = (  # addresses may be secrets; and what is of persons
    *("webhook_subscriptions", "webhook_deliveries"),
    *("parties", "accounts", "feed_letters"),
)
ROLES = ("gridtwin_reader", "gridtwin_operator", "gridtwin_owner")


@pytest.fixture
def connection(empty_database: str) -> Iterator[psycopg.Connection[Any]]:
    """Return a connection to an empty database."""
    with connect(empty_database, autocommit=True) as made:
        yield made


@pytest.fixture
def migrated(database: str) -> Iterator[psycopg.Connection[Any]]:
    with connect(database, autocommit=True) as made:
        yield made


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """Return a copy of the migrations that a test may change."""
    return Path(shutil.copytree(ROOT / "sql" / "postgis", tmp_path / "sql"))


def one(connection: psycopg.Connection[Any], query: str, *values: Any) -> Any:
    row = connection.execute(query, values or None).fetchone()
    return None if row is None else row[0]


def acting_as(connection: psycopg.Connection[Any], postgres: Cluster, role: str) -> str:
    """Return the address of the database for a login that has one role."""
    login = f"{role}_login"
    postgres.execute(
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{login}') THEN"
        f" CREATE ROLE {login} LOGIN IN ROLE {role}; END IF; END $$"
    )
    return postgres.build_url(connection.info.dbname, user=login)


# ------------------------------------------------------------------ migrations


def test_every_file_is_applied_to_an_empty_database_and_nothing_the_second_time(
    connection: psycopg.Connection[Any],
) -> None:
    assert {each.state for each in list_file_status(connection)} == {"pending"}
    assert migrate(connection) == FILES
    assert migrate(connection) == []
    assert [(each.file, each.state) for each in list_file_status(connection)] == [
        (file, "applied") for file in FILES
    ]
    assert one(connection, "SELECT count(*) FROM gridtwin.migrations WHERE checksum IS NULL") == 0


def test_psql_alone_applies_the_files_and_gridtwin_takes_them_over(
    connection: psycopg.Connection[Any], empty_database: str, postgres: Cluster
) -> None:
    for file in FILES:
        path = ROOT / "sql" / "postgis" / file
        subprocess.run(
            [postgres.psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(path), empty_database],
            check=True,
            capture_output=True,
        )
    assert {each.state for each in list_file_status(connection)} == {"applied"}
    check_schema(connection)
    assert migrate(connection) == DEFINITIONS  # nobody knows how they were when psql ran them
    assert migrate(connection) == []
    unseen = """
        SELECT checksum FROM gridtwin.migrations
        UNION ALL SELECT checksum FROM gridtwin.definitions
        """
    assert None not in [checksum for (checksum,) in connection.execute(unseen)]


def test_every_file_is_one_transaction_that_records_itself() -> None:
    for each in (*list_migrations(), *list_definitions()):
        lines = [line for line in each.text.splitlines() if line and not line.startswith("--")]
        assert (lines[0], lines[-1]) == ("BEGIN;", "COMMIT;"), each.file
        if isinstance(each, MigrationFile):
            record = f"migrations (number, name) VALUES ({each.number}, '{each.name}');"
        else:
            record = f"definitions (file) VALUES ('{each.file}')"
        assert f"INSERT INTO gridtwin.{record}" in "\n".join(lines[-3:]), each.file


def test_every_function_view_and_trigger_is_defined_once_and_no_file_is_long() -> None:
    made = re.compile(
        r"^CREATE (OR REPLACE )?(?:CONSTRAINT )?(FUNCTION|VIEW|TRIGGER) "
        r"([\w.]+)(?:.*? ON ([\w.]+))?",
        re.MULTILINE,
    )
    found = [match.groups() for each in list_definitions() for match in made.finditer(each.text)]
    names = [names for _, *names in found]
    assert len(names) > 100
    assert [each for each in names if names.count(each) > 1] == []
    assert not any(made.search(each.text) for each in list_migrations())
    for each in (*list_migrations(), *list_definitions()):
        assert each.text.count("\n") <= 400, each.file


def test_a_file_changed_after_it_was_applied_is_refused_by_name(
    migrated: psycopg.Connection[Any], copied: Path
) -> None:
    file = copied / FILES[0]
    file.write_text(file.read_text() + "-- one more thought\n")
    with pytest.raises(StoreError, match=rf"{FILES[0]} has changed .*: put it back as it was"):
        migrate(migrated, directory=copied)
    assert list_file_status(migrated, directory=copied)[0].state == "changed"


def test_line_ends_of_a_checkout_do_not_count(
    migrated: psycopg.Connection[Any], copied: Path
) -> None:
    file = copied / FILES[0]
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert migrate(migrated, directory=copied) == []


def test_what_is_defined_is_defined_again_as_a_whole_when_any_of_it_changed(
    migrated: psycopg.Connection[Any], copied: Path
) -> None:
    file = copied / "functions" / "10_phases.sql"
    file.write_text(file.read_text().replace("THEN 'A'", "THEN 'a'"))
    assert [
        each.file
        for each in list_file_status(migrated, directory=copied)
        if each.state == "pending"
    ] == ["functions/10_phases.sql"]
    assert migrate(migrated, directory=copied) == DEFINITIONS
    assert one(migrated, "SELECT gridtwin.phase_text(3::smallint)") == "aB"
    with pytest.raises(StoreVersionError, match=r"not have functions/10_phases\.sql as this"):
        check_schema(migrated)
    (copied / "functions" / "99_more.sql").write_text("BEGIN;\nCOMMIT;\n")
    assert migrate(migrated, directory=copied) == [
        *DEFINITIONS[:-1], "functions/99_more.sql", DEFINITIONS[-1]
    ]  # fmt: skip
    assert list_file_status(migrated)[-1].file == "functions/99_more.sql"
    assert list_file_status(migrated)[-1].state == "unknown"
    assert migrate(migrated) == DEFINITIONS
    assert {each.state for each in list_file_status(migrated)} == {"applied"}
    assert one(migrated, "SELECT gridtwin.phase_text(3::smallint)") == "AB"


def test_a_numbered_file_drops_what_is_defined_otherwise(
    migrated: psycopg.Connection[Any], copied: Path
) -> None:
    file = copied / "functions" / "15_audit.sql"
    file.write_text(file.read_text() + OTHERWISE)
    assert migrate(migrated, directory=copied) == DEFINITIONS
    file.write_text(file.read_text().replace("RETURNS int", "RETURNS bigint"))
    with pytest.raises(StoreError, match=r"15_audit.*cannot change return type.*Use DROP FUNCTION"):
        migrate(migrated, directory=copied)
    name = f"tables/{list_migrations()[-1].number + 1:04}_other.sql"
    (copied / name).write_text("BEGIN;\nDROP FUNCTION IF EXISTS gridtwin.seven();\nCOMMIT;\n")
    migrated.execute("CREATE VIEW mine AS SELECT gridtwin.seven()")
    with pytest.raises(StoreError, match=r"other objects depend on it \(view mine depends"):
        migrate(migrated, directory=copied)
    migrated.execute("DROP VIEW mine")
    assert migrate(migrated, directory=copied) == [name, *DEFINITIONS]
    assert one(migrated, "SELECT pg_typeof(gridtwin.seven())::text") == "bigint"


OTHERWISE = """
BEGIN;
CREATE OR REPLACE FUNCTION gridtwin.seven() RETURNS int LANGUAGE sql IMMUTABLE RETURN 7;
COMMIT;
"""


def test_what_was_defined_before_the_newest_numbered_file_is_defined_again(
    migrated: psycopg.Connection[Any],
) -> None:
    # As psql leaves it that runs a numbered file, and not what comes after.
    migrated.execute("DROP VIEW grid.substations")
    migrated.execute("UPDATE gridtwin.migrations SET applied_at = now(), checksum = NULL")
    assert {each.state for each in list_file_status(migrated)} == {"applied", "pending"}
    with pytest.raises(StoreVersionError, match=r"not have comments\.sql as this"):
        check_schema(migrated)
    assert migrate(migrated) == DEFINITIONS
    assert one(migrated, "SELECT count(*) FROM grid.substations") == 0
    check_schema(migrated)


def test_a_function_that_begins_to_write_is_no_longer_for_readers(
    migrated: psycopg.Connection[Any],
) -> None:
    may = "SELECT has_function_privilege('gridtwin_reader', 'gridtwin.state_version()', 'EXECUTE')"
    assert one(migrated, may)
    migrated.execute("ALTER FUNCTION gridtwin.state_version() VOLATILE")
    migrated.execute("SELECT gridtwin.grant_roles()")
    assert not one(migrated, may)


def test_a_database_of_a_newer_gridtwin_is_refused(migrated: psycopg.Connection[Any]) -> None:
    migrated.execute("INSERT INTO gridtwin.migrations (number, name) VALUES (9000, 'future')")
    with pytest.raises(StoreVersionError, match=r"9000_future.*upgrade gridtwin"):
        migrate(migrated)
    assert list_file_status(migrated)[-1].state == "unknown"


def test_a_file_that_fails_writes_nothing_and_says_where(
    migrated: psycopg.Connection[Any], copied: Path
) -> None:
    name = f"tables/{list_migrations()[-1].number + 1:04}_broken.sql"
    (copied / name).write_text(
        "BEGIN;\nCREATE TABLE gridtwin.half (a int);\nSELECT 1 FROM none;\nCOMMIT;\n"
    )
    with pytest.raises(StoreError, match=rf'{name} line 3 cannot be applied: .*"none"'):
        migrate(migrated, directory=copied)
    assert one(migrated, "SELECT to_regclass('gridtwin.half')") is None
    assert migrate(migrated) == []


def test_several_migrations_at_once_apply_each_file_once(empty_database: str) -> None:
    ready = threading.Barrier(4)

    def run() -> list[str]:
        with connect(empty_database) as connection:
            ready.wait()
            return migrate(connection)

    with ThreadPoolExecutor(4) as pool:
        applied = [name for each in [pool.submit(run) for _ in range(4)] for name in each.result()]
    assert applied == FILES


def test_a_database_without_postgis_says_who_can_mend_it(postgres: Cluster) -> None:
    with (
        postgres.create_database(spatial=False) as url,
        connect(url) as connection,
        pytest.raises(StoreError, match="have an administrator run CREATE EXTENSION postgis"),
    ):
        migrate(connection)


def test_postgis_may_live_in_a_schema_of_its_own(postgres: Cluster) -> None:
    with postgres.create_database(spatial=False) as url, connect(url) as connection:
        name = connection.info.dbname
        postgres.execute(
            "CREATE SCHEMA spatial", "CREATE EXTENSION postgis SCHEMA spatial",
            "GRANT USAGE ON SCHEMA spatial TO PUBLIC", database=name,
        )  # fmt: skip
        assert migrate(connection) == FILES


def test_without_the_right_to_make_roles_the_rest_stands(postgres: Cluster) -> None:
    with postgres.create_database() as url:
        postgres.execute(*(f"DROP OWNED BY {role} CASCADE" for role in existing(postgres)))
        renamed = existing(postgres)
        postgres.execute(*(f"ALTER ROLE {role} RENAME TO kept_{role}" for role in renamed))
        postgres.execute("ALTER ROLE twin NOCREATEROLE")
        notices: list[str] = []
        try:
            with connect(url) as connection:
                connection.add_notice_handler(
                    lambda notice: notices.append(notice.message_primary or "")
                )
                assert migrate(connection) == FILES
            assert [role for role in ROLES if any(role in notice for notice in notices)] == [*ROLES]
        finally:
            postgres.execute("ALTER ROLE twin CREATEROLE")
            postgres.execute(*(f"ALTER ROLE kept_{role} RENAME TO {role}" for role in renamed))


def existing(postgres: Cluster) -> list[str]:
    with psycopg.connect(postgres.superuser_url) as connection:
        rows = connection.execute(
            "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", ([*ROLES],)
        )
        return [name for (name,) in rows]


def test_the_wheel_carries_the_files(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {f"gridtwin/store/postgis/sql/{file}" for file in FILES} <= set(names)


# ------------------------------------------------------------------ what the schema says


def test_everything_has_a_comment(migrated: psycopg.Connection[Any]) -> None:
    bare = migrated.execute(
        """
        SELECT c.oid::regclass::text, a.attname
        FROM pg_class c
        LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relnamespace IN ('gridtwin'::regnamespace, 'grid'::regnamespace)
            AND c.relkind IN ('r', 'v', 'm', 'p')
            AND (obj_description(c.oid, 'pg_class') IS NULL
                OR col_description(c.oid, a.attnum) IS NULL)
        """
    ).fetchall()
    assert bare == []
    functions = migrated.execute(
        "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'gridtwin'::regnamespace"
        " AND obj_description(oid, 'pg_proc') IS NULL"
    ).fetchall()
    assert functions == []


def test_functions_have_a_fixed_search_path_and_the_rights_of_their_caller(
    migrated: psycopg.Connection[Any],
) -> None:
    loose = migrated.execute(
        """
        SELECT oid::regprocedure::text FROM pg_proc
        WHERE pronamespace = 'gridtwin'::regnamespace
            AND prosqlbody IS NULL  -- such a body is bound to what it names
            AND NOT coalesce(proconfig::text LIKE '%search_path=%', false)
        """
    ).fetchall()
    assert loose == []
    definers = migrated.execute(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'gridtwin'::regnamespace AND prosecdef"
    ).fetchall()
    assert definers == [("write_audit",)]


def test_names_known_to_the_engine_are_the_names_the_tables_take(
    migrated: psycopg.Connection[Any],
) -> None:
    from gridtwin.model import cim, phases

    for row, kind in enumerate(cim.KIND_NAMES):
        migrated.execute(
            "INSERT INTO gridtwin.equipment (row, mrid, kind, node_a, node_b)"
            " VALUES (%s, %s, %s, 0, 1)",
            (row, f"E{row}", kind),
        )
    with pytest.raises(psycopg.errors.CheckViolation):
        migrated.execute("UPDATE gridtwin.equipment SET kind = 'toaster' WHERE row = 0")
    texts = migrated.execute(
        "SELECT gridtwin.phase_text(mask::smallint) FROM generate_series(0, 63) mask ORDER BY mask"
    )
    assert [text for (text,) in texts] == phases.PHASE_CODES.tolist()


def test_rows_can_be_renumbered_in_one_statement(migrated: psycopg.Connection[Any]) -> None:
    migrated.execute("INSERT INTO gridtwin.nodes (row, mrid) VALUES (0, 'A'), (1, 'B'), (2, 'C')")
    migrated.execute("UPDATE gridtwin.nodes SET row = (row + 1) % 3")
    with pytest.raises(psycopg.errors.UniqueViolation):
        migrated.execute("UPDATE gridtwin.nodes SET row = 0")


def test_places_beyond_web_mercator_have_none_in_it(migrated: psycopg.Connection[Any]) -> None:
    migrated.execute(
        "INSERT INTO gridtwin.nodes (row, mrid, geometry) VALUES"
        " (0, 'planar', ST_SetSRID(ST_MakePoint(3e6, 1.3e7), 4326)),"
        " (1, 'town', ST_SetSRID(ST_MakePoint(-95, 29.7), 4326))"
    )
    rows = migrated.execute("SELECT mrid, geometry_3857 IS NULL FROM gridtwin.nodes ORDER BY row")
    assert rows.fetchall() == [("planar", True), ("town", False)]


# ------------------------------------------------------------------ views


def test_a_circuit_counts_supplied_customers_where_they_are_and_dark_ones_where_they_belong(
    migrated: psycopg.Connection[Any],
) -> None:
    # Two feeders. F1 supplies node 2 (3 customers); node 3 (5 customers) is F1's but in the dark;
    # node 5 (2 customers) is on F2 with an open outage, node 6 (4 customers) on F2 is well.
    migrated.execute(
        """
        INSERT INTO gridtwin.nodes (row, mrid) SELECT n, 'N' || n FROM generate_series(0, 6) n;
        INSERT INTO gridtwin.equipment (row, mrid, kind, node_a, node_b)
            VALUES (0, 'BRK-1', 'breaker', 0, 1), (1, 'BRK-2', 'breaker', 0, 4);
        INSERT INTO gridtwin.substations (row, mrid, name) VALUES (0, 'SUB', 'Substation');
        INSERT INTO gridtwin.feeders (row, mrid, name, substation, head)
            VALUES (0, 'F1', 'One', 0, 0), (1, 'F2', 'Two', 0, 1);
        INSERT INTO gridtwin.usage_points (row, mrid, node, customers)
            VALUES (0, 'M2', 2, 3), (1, 'M3', 3, 5), (2, 'M5', 5, 2), (3, 'M6', 6, 4);
        INSERT INTO gridtwin.segments (segment, feeder, root, hook, version)
            VALUES (0, NULL, NULL, NULL, 0), (1, 0, 1, 0, 7), (2, 1, 4, 0, 0);
        INSERT INTO gridtwin.node_topology VALUES
            (0, 0, 0, 1, -1, -1, 0, 0, 0),
            (1, 1, 0, 2, 0, 0, 1, 0, 3), (2, 1, 1, 2, 1, 9, 2, 3, 3),
            (3, -1, -1, -1, -1, -1, -1, 5, 0),
            (4, 2, 0, 3, 0, 1, 1, 0, 6), (5, 2, 1, 2, 4, 9, 2, 2, 2), (6, 2, 2, 3, 4, 9, 2, 4, 4);
        INSERT INTO gridtwin.node_home VALUES (2, 0), (3, 0), (5, 1), (6, 1);
        INSERT INTO gridtwin.events (version, at, mrid, open_before, open_after)
            VALUES (7, '2026-03-01 12:00Z', 'SW', 0, 7);
        INSERT INTO gridtwin.outages (id, began_at) VALUES ('O1', '2026-03-02 08:00Z');
        INSERT INTO gridtwin.outage_usage_points VALUES ('O1', 'M5', '2026-03-02 08:00Z');
        """
    )
    rows = migrated.execute(
        "SELECT mrid, substation, head, customers, customers_energized, customers_out, status,"
        " to_char(last_change AT TIME ZONE 'UTC', 'MM-DD HH24') FROM grid.circuit_status_realtime"
        " ORDER BY mrid"
    ).fetchall()
    assert rows == [
        ("F1", "SUB", "BRK-1", 8, 3, 5, "partly_out", "03-01 12"),
        ("F2", "SUB", "BRK-2", 6, 4, 2, "partly_out", "03-02 08"),
    ]
    assert one(migrated, "SELECT feeders FROM grid.substations") == 2
    assert one(migrated, "SELECT count(*) FROM grid.grid_assets_cache") == 7
    assert migrated.execute(
        "SELECT mrid, from_node, to_node, feeder FROM grid.topology_connections_cache ORDER BY mrid"
    ).fetchall() == [("BRK-1", "N0", "N1", "F1"), ("BRK-2", "N0", "N4", "F2")]


def test_the_latest_reading_of_each_usage_point(migrated: psycopg.Connection[Any]) -> None:
    migrated.execute(
        """
        INSERT INTO gridtwin.usage_points (row, mrid, node) VALUES (0, 'M1', 0), (1, 'M2', 0);
        SELECT gridtwin.refresh_meters(), gridtwin.make_reading_days('2026-03-01', '2026-03-01');
        INSERT INTO gridtwin.ami_gold (reading_time, meter, meter_id, kwh, voltage_v)
            SELECT '2026-03-01 12:00Z', meter, mrid, 1, 121 FROM gridtwin.meters WHERE mrid = 'M1';
        INSERT INTO gridtwin.ami_gold (reading_time, meter, meter_id, kwh, voltage_v)
            SELECT '2026-03-01 12:15Z', meter, mrid, 0, 0 FROM gridtwin.meters WHERE mrid = 'M1';
        """
    )
    rows = migrated.execute("SELECT usage_point, energized FROM grid.ami_realtime ORDER BY 1")
    assert rows.fetchall() == [("M1", False), ("M2", None)]


# ------------------------------------------------------------------ roles and the audit


def test_the_reader_reads_and_cannot_write(
    migrated: psycopg.Connection[Any], postgres: Cluster
) -> None:
    tables = [
        name
        for (name,) in migrated.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r'"
            " AND relnamespace = 'gridtwin'::regnamespace AND relname <> ALL(%s)",
            ([*HIDDEN, *OPERATORS_ALONE],),
        )
    ]
    with connect(acting_as(migrated, postgres, ROLES[0]), autocommit=True) as reader:
        for table in tables:
            name = psycopg.sql.Identifier("gridtwin", table)
            reader.execute(psycopg.sql.SQL("SELECT * FROM {}").format(name))
            for words in ("INSERT INTO {} DEFAULT VALUES", "DELETE FROM {}", "TRUNCATE {}"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    reader.execute(psycopg.sql.SQL(words).format(name))
        for view in ("circuit_status_realtime", "ami_realtime", "substations"):
            name = psycopg.sql.Identifier("grid", view)
            reader.execute(psycopg.sql.SQL("SELECT * FROM {}").format(name))
        assert one(reader, "SELECT gridtwin.phase_text(3::smallint)") == "AB"
        for table in (*HIDDEN, *OPERATORS_ALONE):
            hidden = psycopg.sql.Identifier("gridtwin", table)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute(psycopg.sql.SQL("SELECT * FROM {}").format(hidden))


def test_the_operator_operates_and_leaves_the_network_alone(
    migrated: psycopg.Connection[Any], postgres: Cluster
) -> None:
    migrated.execute("INSERT INTO gridtwin.network (id, content_hash) VALUES ('twin', '')")
    with connect(acting_as(migrated, postgres, ROLES[1]), autocommit=True) as operator:
        operator.execute("UPDATE gridtwin.states SET version = 1 WHERE name = 'current'")
        operator.execute("INSERT INTO gridtwin.state_switches VALUES ('current', 'SW-5', 7)")
        for refused in (
            "UPDATE gridtwin.network SET id = 'other'",
            "UPDATE gridtwin.network SET state_version = 1",
            "DELETE FROM gridtwin.equipment",
            "DELETE FROM gridtwin.audit",
            "INSERT INTO gridtwin.audit (table_name, row_key, change) VALUES ('', '', 'insert')",
            "UPDATE gridtwin.erm_history SET reason = ''",
            "SELECT gridtwin.grant_roles()",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                operator.execute(refused)
    rows = migrated.execute(
        "SELECT who, table_name, row_key, change, before ->> 'version', after ->> 'version'"
        " FROM gridtwin.audit WHERE who <> 'twin' ORDER BY id"
    ).fetchall()
    login = "gridtwin_operator_login"
    assert rows == [
        (login, "states", "current", "update", "0", "1"),
        (login, "state_switches", "current/SW-5", "insert", None, None),
    ]


def test_the_owner_syncs_but_rewrites_no_history(
    migrated: psycopg.Connection[Any], postgres: Cluster
) -> None:
    with connect(acting_as(migrated, postgres, ROLES[2]), autocommit=True) as owner:
        owner.execute("INSERT INTO gridtwin.nodes (row, mrid) VALUES (0, 'N')")
        owner.execute("TRUNCATE gridtwin.nodes")
        owner.execute("SELECT * FROM gridtwin.audit")
        for refused in ("TRUNCATE gridtwin.audit", "DELETE FROM gridtwin.erm_history"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                owner.execute(refused)


def test_readings_are_kept_as_long_as_wanted_and_the_latest_is_shown(
    migrated: psycopg.Connection[Any],
) -> None:
    migrated.execute(
        """
        SELECT gridtwin.make_reading_days(current_date - 10, current_date),
            gridtwin.make_raw_days(current_date - 10, current_date);
        INSERT INTO gridtwin.usage_points (row, mrid, node, customers)
            VALUES (0, 'M1', 0, 1), (1, 'M2', 0, 2);
        SELECT gridtwin.refresh_meters();
        INSERT INTO gridtwin.ami_gold (reading_time, meter, meter_id, kwh)
            SELECT date_bin('15 min', now(), '2026-01-01Z') - n * interval '1 day', meter, mrid,
                100 - n
            FROM gridtwin.meters, generate_series(0, 9) n WHERE mrid = 'M1';
        INSERT INTO gridtwin.meter_events (event_id, usage_point, at, kind)
            VALUES ('E1', 'M1', now() - interval '8 days', 'last_gasp');
        """
    )
    latest = "SELECT usage_point, kwh FROM grid.ami_realtime ORDER BY 1"
    assert migrated.execute(latest).fetchall() == [("M1", 100), ("M2", None)]
    # Of four tables the days 10, 9 and 8 before today, and an event.
    assert one(migrated, "SELECT gridtwin.forget_readings()") == 13
    assert one(migrated, "SELECT count(*) FROM gridtwin.ami_realtime") == 8
    assert one(migrated, "SELECT count(*) FROM gridtwin.reading_days()") == 8
    assert migrated.execute(latest).fetchall() == [("M1", 100), ("M2", None)]


def test_a_day_that_a_sync_renumbers_rows_in_keeps_its_readings_with_their_meters(
    migrated: psycopg.Connection[Any],
) -> None:
    migrated.execute(
        """
        INSERT INTO gridtwin.usage_points (row, mrid, node) VALUES (0, 'M1', 0), (1, 'M2', 0);
        SELECT gridtwin.refresh_meters(), gridtwin.make_reading_days('2026-03-01', '2026-03-01');
        INSERT INTO gridtwin.ami_gold (reading_time, meter, meter_id, kwh)
            SELECT '2026-03-01 12:00Z', meter, mrid, meter FROM gridtwin.meters;
        UPDATE gridtwin.usage_points SET row = 1 - row;
        INSERT INTO gridtwin.usage_points (row, mrid, node) VALUES (2, 'M3', 0);
        """
    )
    before = "SELECT mrid, kwh FROM gridtwin.meters CROSS JOIN gridtwin.readings_of(mrid,"
    before += " '2026-03-01', '2026-03-02') ORDER BY 1"
    readings = migrated.execute(before).fetchall()
    assert one(migrated, "SELECT gridtwin.refresh_meters()") == 1
    assert migrated.execute(before).fetchall() == readings == [("M1", 1), ("M2", 2)]


def test_every_change_of_an_audited_table_is_written_down(
    migrated: psycopg.Connection[Any],
) -> None:
    migrated.execute("DELETE FROM gridtwin.audit")
    migrated.execute(
        """
        INSERT INTO gridtwin.specs VALUES ('s', '{"trace": "downstream"}');
        INSERT INTO gridtwin.outages (id, began_at, area) VALUES ('O1', '2026-03-01 12:00Z',
            ST_Multi(ST_MakeEnvelope(-95, 29, -94, 30, 4326)));
        UPDATE gridtwin.outages SET cause = 'tree' WHERE id = 'O1';
        UPDATE gridtwin.outages SET cause = 'tree' WHERE id = 'O1';
        INSERT INTO gridtwin.erm_current (outage, etr, issued_at)
            VALUES ('O1', '2026-03-01 14:00Z', '2026-03-01 12:30Z');
        DELETE FROM gridtwin.outages;
        TRUNCATE gridtwin.specs;
        """
    )
    rows = migrated.execute(
        "SELECT table_name, row_key, change FROM gridtwin.audit ORDER BY id"
    ).fetchall()
    assert sorted(rows) == sorted(
        [
            ("specs", "s", "insert"),
            ("outages", "O1", "insert"),
            ("outages", "O1", "update"),  # what changes nothing is no change
            ("erm_current", "O1", "insert"),
            ("outages", "O1", "delete"),
            ("erm_current", "O1", "delete"),
            ("specs", "", "truncate"),
        ]
    )


def test_what_must_stand_cannot_be_taken_away(migrated: psycopg.Connection[Any]) -> None:
    migrated.execute(
        """
        INSERT INTO gridtwin.outages (id, began_at)
            VALUES ('O1', '2026-03-01 12:00Z'), ('O2', '2026-03-01 13:00Z');
        INSERT INTO gridtwin.outage_usage_points VALUES ('O1', 'M1', '2026-03-01 12:00Z');
        INSERT INTO gridtwin.erm_history (run, outage, issued_at, inputs_at, source)
            VALUES ('R1', 'O1', now(), now(), 'model');
        """
    )
    for refused, reason in (
        ("DELETE FROM gridtwin.states", "current is always there"),
        ("UPDATE gridtwin.states SET name = 'x'", "current is always there"),
        ("INSERT INTO gridtwin.states (name) VALUES ('normal')", "states_name_check"),
        ("DELETE FROM gridtwin.erm_history", "never changed or deleted"),
        (
            "INSERT INTO gridtwin.outage_usage_points VALUES ('O2', 'M1', '2026-03-01 13:00Z')",
            "outage_usage_points_open",  # nobody is in two open outages
        ),
        (
            "INSERT INTO gridtwin.erm_current (outage, etr) VALUES ('O1', '2020-01-01')",
            "erm_current_check",  # nothing is published for the past
        ),
    ):
        with pytest.raises(psycopg.Error, match=reason):
            migrated.execute(refused)


# ------------------------------------------------------------------ connections


def test_a_failed_connection_says_why_and_never_the_password(postgres: Cluster) -> None:
    for url, reason in (
        ("postgresql://u:s3cret@127.0.0.1:1/d", r"u@127.0.0.1:1/d.*refused.*check host and port"),
        (f"postgresql://u:s3cret@127.0.0.1:{postgres.port}/d", 'role "u" does not exist.*check'),
        (f"postgresql://twin:s3cret@127.0.0.1:{postgres.port}/d", "createdb"),
        ("postgresql://u:s3@cret@h/d", "percent-encoded"),
        ("postgresql://u:p@h:s3cret/d", "percent-encoded"),
        (
            f"postgresql://twin:s3cret@127.0.0.1:{postgres.port}/postgres?sslmode=require",
            "SSL.*check sslmode",
        ),
    ):
        with pytest.raises(StoreError, match=reason) as caught:
            connect(url)
        assert "s3" not in str(caught.value)
    assert hide_password("postgresql://u:s3cret@h:5/d") == "postgresql://u@h:5/d"


def test_connections_are_named_and_bounded(database: str) -> None:
    with connect(database) as plain, connect(f"{database}?application_name=grafana") as named:
        assert one(plain, "SHOW application_name") == "gridtwin"
        assert one(plain, "SHOW statement_timeout") == "1min"
        assert one(named, "SHOW application_name") == "grafana"
    with (
        connect(database, statement_timeout_s=0.05, autocommit=True) as hurried,
        pytest.raises(psycopg.errors.QueryCanceled),
    ):
        hurried.execute("SELECT pg_sleep(5)")


def test_what_the_address_says_of_time_comes_first(database: str) -> None:
    with connect(f"{database}?options=-c%20statement_timeout%3D5s") as connection:
        assert one(connection, "SHOW statement_timeout") == "5s"


def test_the_server_is_known_by_its_certificate(postgres: Cluster, tmp_path: Path) -> None:
    certificates = [encrypt(postgres, tmp_path / name) for name in ("another", "own")]
    try:
        other, own = (
            f"{postgres.url}?sslmode=verify-full&sslrootcert={path}" for path in certificates
        )
        with connect(own) as connection:
            assert one(connection, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        with pytest.raises(StoreError, match=r"certificate verify failed.*check sslmode"):
            connect(other)
        with pytest.raises(StoreError, match=r"root certificate file .* check sslmode"):
            connect(f"{postgres.url}?sslmode=verify-full&sslrootcert={tmp_path}/none")
        with LookUps(own) as found, pytest.raises(StoreVersionError, match="db migrate"):
            found.outage("M1")
    finally:
        postgres.execute("ALTER SYSTEM RESET ssl", "SELECT pg_reload_conf()")


def encrypt(postgres: Cluster, directory: Path) -> Path:
    """Have the server use TLS with a new certificate, and return it."""
    directory.mkdir()
    crt, key = directory / "server.crt", directory / "server.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", crt],
        check=True, capture_output=True,
    )  # fmt: skip
    data = postgres.directory / "data"
    for path in (crt, key):
        kept = shutil.copy(path, data / path.name)
        shutil.chown(kept, data.stat().st_uid, data.stat().st_gid)
        Path(kept).chmod(0o600)
    postgres.execute("ALTER SYSTEM SET ssl = on", "SELECT pg_reload_conf()")
    return crt


def test_patience_ends_and_is_not_spent_on_what_will_not_pass(postgres: Cluster) -> None:
    with pytest.raises(StoreError, match=r"refused.*tried for 0.2 s"):
        connect_patiently("postgresql://u@127.0.0.1:1/d", patience_s=0.2)
    with pytest.raises(StoreError, match=r"does not exist: check its name"):
        connect_patiently(postgres.build_url("no_such"), patience_s=60)


def test_work_is_done_again_when_its_connection_is_lost(
    migrated: psycopg.Connection[Any], database: str, postgres: Cluster
) -> None:
    tries = []

    def work(connection: psycopg.Connection[Any]) -> int:
        tries.append(connection.info.backend_pid)
        connection.execute("UPDATE gridtwin.states SET version = version + 1")
        if len(tries) == 1:
            terminate(postgres, tries[0])
        return one(connection, "SELECT version FROM gridtwin.states")

    with open_link(database) as link:
        assert link.run_transaction(work) == 1
    assert len(set(tries)) == 2
    assert one(migrated, "SELECT version FROM gridtwin.states") == 1


def test_work_lost_while_committing_is_settled_by_looking(
    migrated: psycopg.Connection[Any], database: str, postgres: Cluster
) -> None:
    # A constraint trigger that runs at commit ends its own connection the first time.
    postgres.execute(
        "CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN"
        " PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(1); RETURN NULL; END $$",
        "CREATE CONSTRAINT TRIGGER cut AFTER UPDATE ON gridtwin.states DEFERRABLE INITIALLY"
        " DEFERRED FOR EACH ROW WHEN (NEW.version = 1) EXECUTE FUNCTION cut()",
        database=migrated.info.dbname,
    )
    looked = []

    def work(connection: psycopg.Connection[Any]) -> str:
        connection.execute("UPDATE gridtwin.states SET version = %s", (len(looked) + 1,))
        return "written"

    def committed(connection: psycopg.Connection[Any]) -> str | None:
        looked.append(one(connection, "SELECT version FROM gridtwin.states FOR UPDATE"))
        return None if looked[-1] == 0 else "found written"

    with open_link(database) as link:
        with pytest.raises(StoreError, match="not known whether the last change was written"):
            link.run_transaction(work)
        assert link.run_transaction(work, committed=committed) == "written"
    assert looked == [0]


def terminate(postgres: Cluster, pid: int) -> None:
    with psycopg.connect(postgres.superuser_url, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))


def test_a_link_gives_its_connection_back(database: str) -> None:
    link = Link(database)
    first = link.connection
    assert link.connection is first
    link.close()
    assert first.closed
    assert link.run_transaction(lambda connection: one(connection, "SELECT 1")) == 1
    link.close()

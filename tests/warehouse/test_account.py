"""What is said to an account: logins, secrets, statements, loads; a server stands in for one."""

from __future__ import annotations

import dataclasses
import logging
import os
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from snowflake import connector
from typer.testing import CliRunner

import gridtwin
from fakesnow_server import TOKEN, run_fakesnow
from gridtwin.cli.root_commands import app
from gridtwin.errors import InputError, MissingExtraError, StoreError
from gridtwin.publish.snowflake import account_connection
from gridtwin.publish.snowflake.account_connection import (
    SnowflakeAccount,
    hide_secrets,
    open_account,
)
from gridtwin.publish.snowflake.project_apply import apply_project
from gridtwin.publish.snowflake.project_files import render_project
from gridtwin.publish.snowflake.project_names import SCHEMA_NAMES, ProjectOptions
from gridtwin.publish.snowflake.snapshot_loading import SnapshotLoader
from gridtwin.settings import SnowflakeSettings
from gridtwin.twin import Twin
from gridtwin.twin.warehouse_snapshot import take_snapshot
from snowflake_day import build_two_zones

Ask = Callable[[str, str], list[tuple[Any, ...]]]
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
LATER = datetime(2026, 11, 1, 13, tzinfo=UTC)
PASSPHRASE = "open sesame"  # noqa: S105
NUMBERS = count(1)  # of projects: each test has one of its own
# Of a project, what the stand-in knows: no roles, warehouses, tasks, geography or agents.
KNOWN_FILES = ("40_landing.sql", "60_tables.sql", "65_topology.sql")


def make_key(passphrase: str = "") -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    lock: Any = serialization.NoEncryption()
    if passphrase:
        lock = serialization.BestAvailableEncryption(passphrase.encode())
    pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(*pem, lock).decode()


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return what the connector is told; it goes no further."""
    told: dict[str, Any] = {}

    def refuse(**words: Any) -> None:
        told.update(words)
        msg = f"login of {words.get('token', '')} failed"
        raise connector.errors.DatabaseError(msg=msg)

    monkeypatch.setattr(connector, "connect", refuse)
    return told


def log_in(settings: SnowflakeSettings) -> str:
    """Return why a login fails."""
    with pytest.raises(StoreError) as failed, open_account(settings):
        pass
    return str(failed.value)


def test_a_service_logs_in_with_a_key_or_a_token(given: dict[str, Any], tmp_path: Path) -> None:
    told = log_in(SnowflakeSettings("ORG-A", "U", private_key=make_key()))
    assert given["authenticator"] == "SNOWFLAKE_JWT"
    assert serialization.load_der_private_key(given["private_key"], None)
    assert "password" not in given
    assert given["network_timeout"] > 0
    (tmp_path / "key.p8").write_text(make_key(PASSPHRASE))
    locked = SnowflakeSettings(
        "ORG-A", "U", private_key_file=str(tmp_path / "key.p8"), private_key_passphrase=PASSPHRASE
    )
    log_in(locked)
    assert serialization.load_der_private_key(given["private_key"], None)
    for authenticator, kept in (
        ("", "PROGRAMMATIC_ACCESS_TOKEN"),
        ("programmatic_access_token", "PROGRAMMATIC_ACCESS_TOKEN"),
        ("OAUTH", "oauth"),
    ):  # fmt: skip
        told = log_in(SnowflakeSettings("A", "U", authenticator=authenticator, token=TOKEN))
        assert given["authenticator"] == kept
        assert given["token"] == TOKEN
        assert TOKEN not in told, "no error tells a secret"
        assert "***" in told


def test_a_login_that_is_not_said_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in list(os.environ):
        if name.startswith("SNOWFLAKE_"):
            monkeypatch.delenv(name)
    with pytest.raises(InputError, match="SNOWFLAKE_ACCOUNT"):
        SnowflakeSettings.from_environment()
    monkeypatch.setenv("SNOWFLAKE_ACCOUNT", "ORG-A")
    with (
        pytest.raises(InputError, match="SNOWFLAKE_PRIVATE_KEY_FILE"),
        open_account(SnowflakeSettings.from_environment()),
    ):
        pass
    monkeypatch.setenv("SNOWFLAKE_PRIVATE_KEY_FILE", str(tmp_path / "none.p8"))
    with (
        pytest.raises(InputError, match="cannot be read"),
        open_account(SnowflakeSettings.from_environment()),
    ):
        pass
    monkeypatch.delenv("SNOWFLAKE_PRIVATE_KEY_FILE")
    monkeypatch.setenv("SNOWFLAKE_PRIVATE_KEY", make_key("other")[:-200])
    with (
        pytest.raises(InputError, match="is no PEM") as failed,
        open_account(SnowflakeSettings.from_environment()),
    ):
        pass
    assert "BEGIN" not in str(failed.value)
    monkeypatch.setenv("SNOWFLAKE_PORT", "many")
    with pytest.raises(InputError, match="SNOWFLAKE_PORT"):
        SnowflakeSettings.from_environment()


def test_without_the_connector_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "snowflake.connector", None)
    monkeypatch.delattr("snowflake.connector", raising=False)
    with (
        pytest.raises(MissingExtraError, match=r"gridtwin\[snowflake\]"),
        open_account(SnowflakeSettings("A", "U", token=TOKEN)),
    ):
        pass


def test_no_secret_shows_in_what_is_printed() -> None:
    key = make_key()
    settings = SnowflakeSettings(
        "A", "U", token=TOKEN, private_key=key, private_key_passphrase=PASSPHRASE
    )
    assert all(secret not in repr(settings) for secret in (TOKEN, key, "sesame", "BEGIN"))
    line = key.splitlines()[3]
    text = hide_secrets(f"bad {TOKEN} with {line} and open sesame", settings)
    assert text == "bad *** with *** and ***"


def test_the_command_says_what_it_lacks(tmp_path: Path) -> None:
    run = CliRunner().invoke
    for words, why in (
        ([], "nothing to do"),
        (["--out", str(tmp_path / "p"), "--only", "40_landing.sql"], "--apply"),
        (["--out", str(tmp_path / "p"), "--database", "a b"], "no name for Snowflake"),
    ):
        done = run(app, ["publish", "snowflake", *words])
        assert isinstance(done.exception, InputError)
        assert why in str(done.exception)
    done = run(app, ["publish", "snowflake", "--out", str(tmp_path / "p"), "--env", "dev"])
    assert done.exit_code == 0
    assert "28 files for GRIDTWIN_DEV" in done.output
    assert (tmp_path / "p/kafka-connector.json").exists()


# ---------------------------------------------------------------- against a server


@pytest.fixture(scope="module")
def server() -> Iterator[SnowflakeSettings]:
    with run_fakesnow() as settings:
        yield settings


@pytest.fixture
def options() -> ProjectOptions:
    return ProjectOptions(environment=f"test_{next(NUMBERS)}")


@pytest.fixture
def account(
    server: SnowflakeSettings, options: ProjectOptions, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SnowflakeAccount]:
    """Return a session in which the schemas, the tables and the stage of a project are."""
    monkeypatch.setattr(account_connection, "NETWORK_WAIT_S", 60)
    with open_account(server) as opened:
        opened.execute(f'CREATE DATABASE "{options.database_name}"')
        for schema in SCHEMA_NAMES:
            opened.execute(f"CREATE SCHEMA {options.qualify_schema(schema)}")
        project = render_project(options)
        backfill = project["50_backfill.sql"]
        made = backfill[: backfill.index("COPY INTO")]
        apply_project(
            opened,
            project | {"50_backfill.sql": made},
            only=[*KNOWN_FILES, "50_backfill.sql"],
        )
        yield opened


@pytest.fixture
def twin() -> Twin:
    opened = gridtwin.open(build_two_zones())
    opened.outages.open("T21", at=datetime(2026, 11, 1, 8, tzinfo=UTC))
    return opened


@pytest.fixture
def ask(account: SnowflakeAccount, options: ProjectOptions) -> Ask:
    """Return what asks a query in which {} is a schema."""
    return lambda schema, query: account.execute(query.format(options.qualify_schema(schema)))


@pytest.mark.long
def test_a_statement_that_is_refused_is_named(
    account: SnowflakeAccount, options: ProjectOptions
) -> None:
    with pytest.raises(StoreError, match=r"10_roles\.sql, statement 2 \(CREATE ROLE") as refused:
        apply_project(account, render_project(options), only=["10_roles.sql"])
    assert TOKEN not in str(refused.value)
    with pytest.raises(InputError, match="no file of the project"):
        apply_project(account, render_project(options), only=["10_rolls.sql"])
    again = apply_project(account, render_project(options), only=list(KNOWN_FILES))
    assert again > 20, "all of it may run twice"
    fewer = apply_project(
        account, render_project(options), only=list(KNOWN_FILES), skip=["60_tables.sql"]
    )
    assert 0 < fewer < again


@pytest.mark.long
def test_a_run_brings_everything_once(
    account: SnowflakeAccount, options: ProjectOptions, ask: Ask, twin: Twin
) -> None:
    loader = SnapshotLoader(account, options)
    told: list[tuple[int, int]] = []
    first = loader.load_snapshot(
        take_snapshot(twin, NOON, run="r1"), lambda done, of: told.append((done, of))
    )
    assert first.rows["USAGE_POINTS"] == 12
    assert first.rows["OUTAGE_USAGE_POINTS"] == 3
    assert told[0] == (0, 13)
    assert told[-1] == (13, 13)
    again = loader.load_snapshot(take_snapshot(twin, LATER, run="r1"))
    assert again.rows == {}
    assert ask("network", "SELECT COUNT(*) FROM {}.USAGE_POINTS") == [(12,)]
    assert ask("results", "SELECT COUNT(*) FROM {}.OUTAGES") == [(1,)]
    rows = ask("network", "SELECT ELEMENT, END_PLACE - FIRST_PLACE FROM {}.ELEMENT_SPANS")
    lost = {element: int(points) for element, points in rows}
    assert lost == {"B1": 6, "B2": 6, "T11": 3, "T12": 3, "T21": 3, "T22": 3}
    zones = ask("network", "SELECT LOAD_ZONE, COUNT(*) FROM {}.METERS GROUP BY 1 ORDER BY 1")
    assert zones == [("LZ_NORTH", 6), ("LZ_SOUTH", 6)]


@pytest.mark.long
def test_results_are_added_and_a_network_that_is_the_same_is_not_brought_again(
    account: SnowflakeAccount, options: ProjectOptions, ask: Ask, twin: Twin
) -> None:
    loader = SnapshotLoader(account, options)
    loader.load_snapshot(take_snapshot(twin, NOON))
    twin.outages.open("T11", at=datetime(2026, 11, 1, 9, tzinfo=UTC))
    later = loader.load_snapshot(take_snapshot(twin, LATER))
    results = {"OUTAGES", "OUTAGE_USAGE_POINTS", "ESTIMATES", "VEGETATION_SPANS"}
    assert set(later.rows) == results
    assert ask("results", "SELECT COUNT(*) FROM {}.OUTAGES") == [(3,)]
    current = ask("results", "SELECT DEVICE FROM {}.CURRENT_OUTAGES ORDER BY 1")
    assert current == [("T11",), ("T21",)]


@pytest.mark.long
def test_what_a_meter_hangs_on_ends_when_it_hangs_on_something_else(
    account: SnowflakeAccount, options: ProjectOptions, ask: Ask, twin: Twin
) -> None:
    loader = SnapshotLoader(account, options)
    snapshot = take_snapshot(twin, NOON)
    loader.load_snapshot(snapshot)
    frames = {
        name: getattr(twin.network, name)
        for name in ("nodes", "equipment", "usage_points", "sources", "feeders")
    }
    points = frames["usage_points"]
    moved = points.assign(
        node=points.node.where(points.mrid != "M1", "x21"),
        transformer=points.transformer.where(points.mrid != "M1", "T21"),
    )
    frames["usage_points"] = moved[moved.mrid != "M12"]
    changed = gridtwin.open(gridtwin.Network.from_frames(**frames))
    loader.load_snapshot(take_snapshot(changed, LATER))
    loader.load_snapshot(take_snapshot(changed, LATER, run="once more"))
    rows = ask(
        "network",
        "SELECT METER_ID, TRANSFORMER, VALID_TO IS NULL FROM {}.METERS"
        " WHERE METER_ID IN ('M1', 'M2', 'M12') ORDER BY METER_ID, VALID_FROM",
    )
    assert rows == [
        ("M1", "T11", False), ("M1", "T21", True), ("M12", "T22", False), ("M2", "T11", True)
    ]  # fmt: skip
    ends = ask("network", "SELECT DISTINCT VALID_TO FROM {}.METERS WHERE VALID_TO IS NOT NULL")
    assert ends == [(LATER,)]


@pytest.mark.long
@pytest.mark.parametrize("broken", range(0, 60, 5))
def test_a_run_that_broke_off_goes_on_and_leaves_nothing_twice(
    account: SnowflakeAccount,
    options: ProjectOptions,
    twin: Twin,
    monkeypatch: pytest.MonkeyPatch,
    broken: int,
) -> None:
    """The session is lost at any of its statements; the next run ends as if it never was."""
    loader, snapshot = SnapshotLoader(account, options), take_snapshot(twin, NOON, run="r1")
    calls = iter(range(10_000))
    execute = SnowflakeAccount.execute

    def lose(self: SnowflakeAccount, statement: str, values: Any = ()) -> Any:
        if next(calls) == broken:
            msg = "the session is lost"
            raise StoreError(msg)
        return execute(self, statement, values)

    with monkeypatch.context() as patched:
        patched.setattr(SnowflakeAccount, "execute", lose)
        with pytest.raises(StoreError, match="lost"):
            loader.load_snapshot(snapshot)
    loader.load_snapshot(snapshot)
    for schema, table, rows in (
        ("network", "EQUIPMENT", 6), ("network", "METERS", 12), ("network", "ELEMENT_SPANS", 6),
        ("results", "OUTAGES", 1), ("results", "OUTAGE_USAGE_POINTS", 3), ("results", "RUNS", 13),
    ):  # fmt: skip
        place = f"{options.qualify_schema(schema)}.{table}"
        assert account.execute(f"SELECT COUNT(*) FROM {place}") == [(rows,)], table  # noqa: S608


@pytest.mark.long
def test_the_command_fills_an_account_that_the_environment_names(
    options: ProjectOptions,
    ask: Ask,
    server: SnowflakeSettings,
    twin: Twin,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    for field in dataclasses.fields(server):
        monkeypatch.setenv(f"SNOWFLAKE_{field.name.upper()}", str(getattr(server, field.name)))
    twin.save(tmp_path / "grid.twin")
    words = ["publish", "snowflake", "--env", options.environment, "--load"]
    words += ["--in", str(tmp_path / "grid.twin")]
    done = CliRunner().invoke(app, [*words, "--run-id", "r7"])
    assert done.exit_code == 0, done.exception
    assert "USAGE_POINTS: 12 rows" in done.output
    assert TOKEN not in done.output
    assert ask("results", "SELECT DISTINCT RUN FROM {}.RUNS") == [("r7",)]
    done = CliRunner().invoke(app, [*words, "--run-id", "r7"])
    assert "as it was: " in done.output
    assert "rows on the stage" in caplog.text
    assert TOKEN not in caplog.text


# ---------------------------------------------------------------- against an account


@pytest.mark.account
def test_an_account_takes_the_whole_project_twice_and_a_load(twin: Twin) -> None:
    """Runs where SNOWFLAKE_ACCOUNT and a login are set, in a database of its own."""
    options = ProjectOptions(database="GRIDTWIN_ACCOUNT_TEST")
    with open_account(SnowflakeSettings.from_environment()) as account:
        try:
            project = render_project(options)
            assert apply_project(account, project) == apply_project(account, project)
            SnapshotLoader(account, options).load_snapshot(take_snapshot(twin, NOON))
            account.execute(f'SHOW DYNAMIC TABLES IN DATABASE "{options.database_name}"')
            modes = dict(
                account.execute(
                    'SELECT "name", "refresh_mode" FROM TABLE(RESULT_SCAN(LAST_QUERY_ID()))'
                )
            )
            assert {name for name, mode in modes.items() if mode != "INCREMENTAL"} == {"CLOSURE"}
        finally:
            account.execute(f'DROP DATABASE IF EXISTS "{options.database_name}"')

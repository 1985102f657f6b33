"""A twin is mirrored, compared and migrated from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import gridtwin
from document_schemas import hold_to_schema
from gridtwin.analysis.trace.spec import TraceSpec
from gridtwin.cli.root_commands import app
from gridtwin.errors import InputError, StoreError
from gridtwin.store.postgis.connect import connect
from networks import two_feeders_with_a_tie


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, words)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout


@pytest.fixture
def twin(tmp_path: Path) -> str:
    path = tmp_path / "small.twin"
    gridtwin.open(two_feeders_with_a_tie()).save(path)
    return str(path)


def test_sync_makes_the_schema_and_counts_what_it_moved(twin: str, empty_database: str) -> None:
    code, text = run("sync", twin, empty_database, "--json")
    document = json.loads(text)
    hold_to_schema(document)
    assert code == 0
    assert all(table["inserted"] == table["rows"] for table in document["tables"])
    assert run("sync", twin, empty_database, "--verify")[0] == 0
    assert run("db", "status", empty_database)[0] == 0


def test_verify_finds_a_row_that_somebody_changed(twin: str, database: str) -> None:
    run("sync", twin, database)
    with connect(database) as connection:
        connection.execute("UPDATE gridtwin.usage_points SET customers = customers + 1")
    code, text = run("sync", twin, database, "--verify", "--json")
    found = {table["table"]: table["updated"] for table in json.loads(text)["tables"]}
    assert code == 1
    assert found["usage_points"] > 0
    assert found["traces"] > 0
    assert sum(found.values()) == found["usage_points"] + found["traces"]


def test_verify_traces_on_both_sides(twin: str, database: str) -> None:
    run("sync", twin, database)
    text = run("sync", twin, database, "--verify", "--json")[1]
    (traces,) = [table for table in json.loads(text)["tables"] if table["table"] == "traces"]
    assert traces == {"table": "traces", "rows": 40, "inserted": 0, "updated": 0, "deleted": 0}
    with connect(database) as connection:  # every row stays as it was
        connection.execute(
            "CREATE OR REPLACE FUNCTION gridtwin.customers_downstream(element text) RETURNS int"
            " LANGUAGE sql RETURN 7"
        )
    code, text = run("sync", twin, database, "--verify", "--json")
    found = {table["table"]: table["updated"] for table in json.loads(text)["tables"]}
    assert code == 1
    assert sum(found.values()) == found["traces"] > 0


def test_verify_compares_overlays_specs_and_the_log(twin: str, database: str) -> None:
    opened = gridtwin.open(twin)
    opened.switch("TIE", open=False)
    opened.overlay("plan", {"BKR1": True})
    opened.save_spec("mine", TraceSpec(kind="upstream"))
    run("sync", twin, database)
    assert run("sync", twin, database, "--verify")[0] == 0
    for change, table in (
        ("UPDATE gridtwin.states SET version = 9 WHERE name = 'plan'", "states"),
        (
            "UPDATE gridtwin.state_switches SET open_phases = 1 WHERE mrid = 'BKR1'",
            "state_switches",
        ),
        ("UPDATE gridtwin.events SET actor = 'nobody'", "events"),
        ("UPDATE gridtwin.specs SET text = '{}'", "specs"),
    ):
        with connect(database, autocommit=True) as connection:
            connection.execute(change.encode())
        code, text = run("sync", twin, database, "--verify", "--json")
        found = {each["table"]: each["updated"] for each in json.loads(text)["tables"]}
        assert (code, found[table]) == (1, 1)
    assert run("sync", twin, database)[0] == 0
    left = json.loads(run("sync", twin, database, "--verify", "--json")[1])["tables"]
    assert {each["table"] for each in left if each["updated"]} == {
        "events"
    }  # what was is not undone


def test_verify_with_the_state_of_the_database(twin: str, database: str) -> None:
    run("sync", twin, database)
    gridtwin.open(database).switch("BKR1", open=True)
    assert run("sync", twin, database, "--verify")[0] == 1
    assert run("sync", twin, database, "--verify", "--keep-state")[0] == 0


def test_a_mirror_follows_the_switches_of_its_twin(twin: str, database: str) -> None:
    run("sync", twin, database)
    gridtwin.open(twin).switch("TIE", open=False)
    assert run("sync", twin, database, "--verify")[0] == 1
    assert run("sync", twin, database)[0] == 0
    assert run("sync", twin, database, "--verify")[0] == 0


def test_an_empty_database_lacks_migrations(twin: str, empty_database: str) -> None:
    assert run("db", "status", empty_database)[0] == 1
    with pytest.raises(StoreError, match="run `gridtwin db migrate`"):
        run("sync", twin, empty_database, "--verify")
    assert "tables/0015_network.sql" in run("db", "migrate", empty_database)[1]
    assert run("db", "migrate", empty_database) == (0, "nothing to apply\n")


def test_an_address_that_is_none_is_refused(twin: str) -> None:
    with pytest.raises(InputError, match="postgresql://"):
        run("sync", twin, "houston.twin")

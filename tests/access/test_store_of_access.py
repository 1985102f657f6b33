"""Both stores keep those who ask alike, and let a server write only what it is asked to."""

from __future__ import annotations

import itertools
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from contextvars import Context
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fastapi import APIRouter

from api.conftest import answering
from gridtwin.api.app import create_app
from gridtwin.api.grid import GridNow
from gridtwin.api.permission_gate import DeclaredRoute, require
from gridtwin.errors import NotFoundError, StoreError
from gridtwin.model.access import (
    Action,
    ActionFilter,
    Outcome,
    SessionKind,
    StoredSession,
    digest_secret,
)
from gridtwin.model.permissions import Permission, Role
from gridtwin.settings import ServeSettings
from gridtwin.store.acting_role import ACCESS, OPERATOR, READER, acting_as
from gridtwin.store.postgis.connect import connect, is_address
from gridtwin.store.sqlite_audit import AUDITED_TABLES
from gridtwin.store.sqlite_database import SqliteFile
from gridtwin.twin import Twin, open_twin
from networks import two_feeders_with_a_tie
from postgres import Cluster

from .conftest import bear, give_token

NOW = datetime(2026, 12, 1, 6, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
OF_FOLDERS = {  # what the audited tables of a database are called in a folder
    "states": "overlay",
    "state_switches": "switch_state",
    "specs": "trace_spec",
    "outages": "outage",
    "erm_current": "erm_current",
    "erm_zones": "erm_zone",
    "accepted_findings": "accepted_finding",
    "tags": "operational_tag",
    "operation_requests": "operation_request",
    "switching_orders": "switching_order",
    "order_steps": "order_step",
    "crew_assignments": "crew_assignment",
    "planned_outages": "planned_outages",
}


@pytest.fixture(params=["folder", "database"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return where a twin of two feeders is kept."""
    if request.param == "folder":
        path = str(tmp_path / "two.twin")
        open_twin(two_feeders_with_a_tie()).save(path)
        return path
    url: str = request.getfixturevalue("database")
    open_twin(two_feeders_with_a_tie()).save(url, overwrite=True)
    return url


@pytest.fixture
def kept(address: str) -> Iterator[Twin]:
    opened = open_twin(address)
    yield opened
    close = getattr(opened.store, "close", None)
    if close is not None:
        close()


@pytest.fixture
def guarded(address: str) -> Iterator[Twin]:
    opened = open_twin(address, guarded=True)
    yield opened
    close = getattr(opened.store, "close", None)
    if close is not None:
        close()


def make_session(digest: str, **more: Any) -> StoredSession:
    said = {"content": {"name": "ann"}, "made_at": NOW, "seen_at": NOW} | more
    return StoredSession(digest, SessionKind.PERSON, ends_at=NOW + timedelta(hours=1), **said)


def test_tokens_sessions_and_actions_are_kept_alike(kept: Twin) -> None:
    book = kept.store.access
    give_token(kept, Role.OPERATOR, Permission.LOOK, name="grafana", substations=("SUB-1",))
    give_token(kept, Role.VIEWER)
    first, second = book.list_tokens()
    assert (first.name, first.scope, first.substations) == (
        "grafana",
        frozenset({Permission.LOOK}),
        ("SUB-1",),
    )
    assert (second.scope, second.substations) == (None, None)
    assert book.find_token(first.digest) == first
    assert book.find_token("x") is None
    revoked = book.revoke_token(first.id, NOW)
    assert revoked.revoked_at == NOW
    assert book.revoke_token(first.id, NOW + timedelta(1)).revoked_at == NOW
    with pytest.raises(NotFoundError, match="no token"):
        book.revoke_token("x", NOW)

    session = make_session("a")
    book.write_session(session)
    assert book.find_session("a") == session
    book.touch_session("a", NOW + timedelta(minutes=5))
    book.touch_session("a", NOW)
    taken = book.take_session("a")
    assert taken is not None
    assert taken.seen_at == NOW + timedelta(minutes=5)
    assert book.take_session("a") is book.find_session("a") is None
    book.write_session(session)
    book.write_session(make_session("b", made_at=NOW + timedelta(hours=2)))  # forgets what ended
    assert book.find_session("a") is None

    what = ("session", "10.0.0.7", "r1", "operate", "POST /api/switch")
    action = Action(NOW, "ann", "operator", *what, Outcome.ASKED, "SW-1", after='{"open": true}')
    book.note_action(action)
    (asked,) = book.list_actions(ActionFilter())
    assert (asked.outcome, asked.at, asked.number) == (Outcome.ASKED, NOW, 1)
    book.note_action(replace(action, outcome=Outcome.DONE, at=NOW + timedelta(seconds=1)))
    book.note_action(replace(action, request="r2", person="bob", outage="O-1"))
    found = book.list_actions(ActionFilter())
    assert [(each.person, each.outcome) for each in found] == [
        ("bob", Outcome.ASKED),
        ("ann", Outcome.DONE),
    ]
    for wanted, count in (
        (ActionFilter(since=NOW + timedelta(seconds=1)), 1),
        (ActionFilter(until=NOW + timedelta(seconds=1)), 1),
        (ActionFilter(person="bob", element="SW-1", outage="O-1"), 1),
        (ActionFilter(before_number=found[0].number), 1),
        (ActionFilter(most=1), 1),
        (ActionFilter(element="sw-1"), 0),
    ):
        assert len(book.list_actions(wanted)) == count, wanted


def test_what_forgot_as_what_it_acts_reads(guarded: Twin) -> None:
    def write() -> None:
        guarded.switch("BKR1", open=True, actor="bug")

    with pytest.raises(StoreError):
        Context().run(write)
    with pytest.raises(StoreError), acting_as(READER):
        write()
    with pytest.raises(StoreError), acting_as(ACCESS):
        guarded.outages.open("FUSE")
    assert guarded.version == 0
    with acting_as(OPERATOR):
        write()
    assert guarded.version == 1
    give_token(guarded, Role.VIEWER)  # which the book does as what it is
    with pytest.raises(StoreError):
        write()


def test_a_handler_that_writes_what_its_path_does_not_require_fails_in_the_store(
    address: str,
) -> None:
    router = APIRouter(route_class=DeclaredRoute)

    @router.get("/api/buggy", dependencies=[require(Permission.LOOK)])
    def write_by_mistake(grid: GridNow) -> None:
        grid.twin.switch("BKR1", open=True, actor="bug")

    @router.get("/api/meant", dependencies=[require(Permission.OPERATE)])
    def write_on_purpose(grid: GridNow) -> None:
        grid.twin.switch("BKR1", open=True, actor="meant")

    settings = ServeSettings(address)
    app = create_app(settings)
    app.router.routes.insert(0, router.routes[0])
    app.router.routes.insert(0, router.routes[1])
    kept = open_twin(address)
    administrator = bear(give_token(kept, Role.ADMINISTRATOR))
    with answering(app, settings) as client:
        answer = client.get("/api/buggy", headers=administrator)
        assert answer.status_code == 503, answer.text
        assert kept.version == 0
        assert client.get("/api/meant", headers=administrator).status_code == 200
        assert client.get("/ready").json()["version"] == 1
        assert client.get("/api/state").status_code == 200
        assert client.get("/tiles/grid/0/0/0.mvt").status_code in {200, 204}
    assert [event.actor for event in kept.store.states.list_events()] == ["meant"]


def read_audit(address: str) -> list[tuple[str, str, str, str | None]]:
    """Return table, row, change and request of what changed in a twin, in order."""
    columns = "SELECT table_name, row_key, change, request FROM"
    if is_address(address):
        with connect(address) as link:
            return link.execute(f"{columns} gridtwin.audit ORDER BY id").fetchall()
    with closing(sqlite3.connect(Path(address) / "state.sqlite")) as file:
        return file.execute(f"{columns} audit ORDER BY id").fetchall()


def test_the_audit_of_a_row_names_the_request_it_was_changed_for(
    address: str, guarded: Twin
) -> None:
    before = len(read_audit(address))
    with acting_as(OPERATOR, request="r1"):
        guarded.switch("BKR1", open=True)
    with acting_as(OPERATOR):
        guarded.switch("BKR1", open=False)
    with acting_as(OPERATOR, request="r2"):
        guarded.outages.open("FUSE", id="O-1")
    start = datetime.now(UTC) + timedelta(days=1)
    with acting_as(OPERATOR, request="r3"):
        planned = guarded.planned.announce(
            ["BKR2"], start, start + timedelta(hours=1), reason="new breaker", actor="ann"
        )
    changes = read_audit(address)[before:]
    switched = [each for each in changes if "switch" in each[0]]
    assert {each[0] for each in switched} <= {"switch_state", "state_switches"}
    assert [(key.split("/")[-1], *rest) for _, key, *rest in switched] == [
        ("BKR1", "insert", "r1"),
        ("BKR1", "delete", None),
    ]
    outages = [each for each in changes if each[0].startswith("outage")]
    assert {each[1] for each in outages} == {"O-1"}
    assert {each[-1] for each in outages} == {"r2"}
    assert changes[-1] == ("planned_outages", planned.id, "insert", "r3")


def test_a_request_is_found_in_the_audit_by_its_id(address: str) -> None:
    settings, kept = ServeSettings(address), open_twin(address)
    operator = bear(give_token(kept, Role.OPERATOR))
    answers = []
    with answering(create_app(settings), settings) as client:
        for mrid in ("BKR1", "BKR2"):
            asked = {"mrid": mrid, "open": True}
            answers.append(client.post("/api/switch", json=asked, headers=operator))
    requests = [each.headers["X-Request-ID"] for each in answers]
    changed = [(row[1].split("/")[-1], row[-1]) for row in read_audit(address) if row[-1]]
    assert [each for each in changed if each[0].startswith("BKR")] == list(
        zip(("BKR1", "BKR2"), requests, strict=True)
    )
    assert [each.request for each in kept.store.access.list_actions(ActionFilter())] == [
        *reversed(requests)
    ]


def test_the_audit_of_a_folder_has_whole_rows_and_is_only_added_to(tmp_path: Path) -> None:
    path = tmp_path / "two.twin"
    open_twin(two_feeders_with_a_tie()).save(path).switch("BKR1", open=True)
    with closing(sqlite3.connect(path / "state.sqlite")) as file:
        file.execute("UPDATE switch_state SET open_phases = 'A'")  # past gridtwin
        file.execute("UPDATE switch_state SET open_phases = 'A'")  # no change
        file.commit()
        rows = file.execute("SELECT change, before, after FROM audit WHERE row_key = 'BKR1'")
        whole = [json.loads(each) if each else None for row in rows for each in row[1:]]
        stood = [{"mrid": "BKR1", "open_phases": phases} for phases in ("ABC", "A")]
        assert whole == [None, stood[0], stood[0], stood[1]]
        for words in ("UPDATE audit SET change = 'update'", "DELETE FROM audit"):
            with pytest.raises(sqlite3.IntegrityError, match="never changed"):
                file.execute(words)
    forged = "INSERT INTO audit (table_name, row_key, change) VALUES ('outage', 'O-1', 'insert')"
    guarded = SqliteFile(path, SqliteFile.read_id(path), guarded=True)
    with (
        pytest.raises(StoreError, match="not written by"),
        acting_as(OPERATOR),
        guarded.transaction("BEGIN IMMEDIATE") as connection,
    ):
        connection.execute(forged)


def test_a_folder_audits_what_a_database_does() -> None:
    text = (ROOT / "sql/postgis/functions/15_audit.sql").read_text()
    audited = re.findall(r"TRIGGER audited AFTER INSERT .* ON gridtwin\.(\w+)", text)
    assert set(audited) == OF_FOLDERS.keys()
    assert {*OF_FOLDERS.values(), "overlay_switch"} == set(AUDITED_TABLES)


def test_every_table_of_the_audit_of_a_folder_is_watched_with_all_columns(tmp_path: Path) -> None:
    open_twin(two_feeders_with_a_tie()).save(tmp_path / "two.twin")
    with closing(sqlite3.connect(tmp_path / "two.twin/state.sqlite")) as file:
        for table in AUDITED_TABLES:
            columns = [row[1] for row in file.execute(f"PRAGMA table_info({table})")]
            (text,) = file.execute(
                "SELECT sql FROM sqlite_schema WHERE name = ?", (f"{table}_insert_audited",)
            ).fetchone()
            assert all(f"'{name}', NEW.{name}" in text for name in columns), table


def test_the_database_holds_each_role_to_what_it_is_for(database: str, postgres: Cluster) -> None:
    give_token(open_twin(two_feeders_with_a_tie()).save(database, overwrite=True), Role.VIEWER)
    with connect(database, autocommit=True) as owner:
        logins = {}
        for role in (READER, OPERATOR, ACCESS):
            login = f"{role}_held"
            postgres.execute(
                f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{login}') THEN"
                f" CREATE ROLE {login} LOGIN IN ROLE {role}; END IF; END $$"
            )
            logins[role] = postgres.build_url(owner.info.dbname, user=login)
        owner.execute(
            "INSERT INTO gridtwin.actions (at, person, role, way, address, request, permission,"
            " what, outcome, element, outage, before, after)"
            " VALUES (now(), 'ann', '', '', '', '', '', '', 'done', '', '', '', '')"
        )
        for words in (
            "UPDATE gridtwin.actions SET person = 'eve'",
            "DELETE FROM gridtwin.actions",
            "TRUNCATE gridtwin.actions",
        ):
            with pytest.raises(psycopg.errors.RestrictViolation, match="never changed"):
                owner.execute(words)
    refused = {
        READER: ("SELECT * FROM gridtwin.access_tokens", "SELECT * FROM gridtwin.actions",
                 "SELECT * FROM gridtwin.access_sessions", "SELECT who FROM gridtwin.audit"),
        OPERATOR: ("INSERT INTO gridtwin.access_tokens SELECT * FROM gridtwin.access_tokens",
                   "DELETE FROM gridtwin.actions", "SELECT * FROM gridtwin.access_sessions"),
        ACCESS: ("UPDATE gridtwin.states SET version = 9", "SELECT * FROM gridtwin.equipment",
                 "UPDATE gridtwin.actions SET person = ''", "DELETE FROM gridtwin.access_tokens",
                 "SELECT gridtwin.operate('BKR1', true)"),
    }  # fmt: skip
    for role, statements in refused.items():
        with connect(logins[role], autocommit=True) as link:
            for words in statements:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    link.execute(words)
    with connect(logins[ACCESS], autocommit=True) as link:
        assert link.execute("SELECT count(*) FROM gridtwin.actions").fetchone() == (1,)


def test_what_is_kept_twice_as_a_connection_was_lost_is_kept_once(
    address: str, guarded: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server says nothing of a first commit, though it was made."""
    if is_address(address):
        forget_commits(monkeypatch)
    book = guarded.store.access
    secret = give_token(guarded, Role.VIEWER)
    action = Action(NOW, "ann", "", "token", "", "r1", "", "POST /x", Outcome.DONE)
    book.note_action(action)
    later = NOW + timedelta(hours=1)
    book.write_session(StoredSession("d1", SessionKind.PERSON, {}, NOW, NOW, later))
    assert [each.request for each in book.list_actions(ActionFilter())] == ["r1"]
    assert len(book.list_tokens()) == 1
    assert book.find_token(digest_secret(secret)) is not None
    assert book.find_session("d1") is not None


def forget_commits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lose the connection after every other transaction, though it was committed."""
    transaction, count = psycopg.Connection.transaction, itertools.count()

    @contextmanager
    def commit_unheard(connection: psycopg.Connection[Any], *args: Any) -> Iterator[Any]:
        with transaction(connection, *args) as begun:
            yield begun
        if next(count) % 2 == 0:
            connection.close()
            raise psycopg.OperationalError

    monkeypatch.setattr(psycopg.Connection, "transaction", commit_unheard)

"""Programs have tokens that end; who did what from where is noted, stays, and can be read."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from shapely import Point
from typer.testing import CliRunner

from document_schemas import hold_to_schema
from gridtwin.cli.root_commands import app
from gridtwin.errors import StoreError
from gridtwin.model.access import ActionFilter, Outcome, digest_secret
from gridtwin.model.network import Network
from gridtwin.model.permissions import Permission, Role
from gridtwin.settings import SignInSettings
from gridtwin.store.sqlite_access import SqliteAccess
from gridtwin.tools.responsibility import find_substations
from gridtwin.tools.shared_twin import SharedTwin
from gridtwin.twin import Twin, open_twin

from .conftest import STRICT, bear, give_token

Serve = Callable[..., AbstractContextManager[httpx.Client]]
OPENING = {"mrid": "BKR1", "open": True}
DESK = "of-the-night-shift-desk"
HERE = {"Sec-Fetch-Site": "same-origin"}  # as browsers say of the page of this server


def run(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == code, (done.output, done.exception)
    return done.stdout


def list_all(twin: Twin, **wanted: object) -> list[tuple[str, str, Outcome]]:
    found = twin.store.access.list_actions(ActionFilter(**wanted))  # type: ignore[arg-type]
    return [(each.person, each.what, each.outcome) for each in reversed(found)]


def test_a_token_is_made_shown_once_listed_and_revoked(twin: Twin, serve_as: Serve) -> None:
    home = str(twin.store.path)
    words = ("token", "create", "dispatch desk", "--role", "operator", "--in", home)
    token = run(*words, "--only", "look,operate", "--days", "2").strip()
    assert len(token) > 40
    kept = (twin.store.path / "state.sqlite").read_bytes()
    assert token.encode() not in kept
    assert digest_secret(token).encode() in kept or list(twin.store.path.glob("*wal"))
    (listed,) = json.loads(run("token", "list", "--in", home, "--json"))["tokens"]
    assert listed["scope"] == ["look", "operate"]
    assert listed["valid"]
    assert token not in run("token", "list", "--in", home)
    with serve_as() as client:
        assert client.get("/api/me", headers=bear(token)).json()["name"] == "dispatch desk"
        own = {"X-Gridtwin-Token": token}  # where a proxy keeps `Authorization` for itself
        assert client.post("/api/switch", json=OPENING, headers=own).status_code == 200
        administrator = bear(give_token(twin, Role.ADMINISTRATOR))
        answer = client.delete(f"/api/tokens/{listed['id']}", headers=administrator)
        assert answer.json()["valid"] is False
        assert client.get("/api/state", headers=bear(token)).status_code == 403
        tokens = client.get("/api/tokens", headers=administrator).json()
        hold_to_schema(tokens)
        assert "digest" not in json.dumps(tokens)
    run("token", "revoke", "nowhere", "--in", home, code=1)
    run("token", "revoke", listed["id"], "--in", home)
    changes = [what for _, what, _ in list_all(twin) if what.startswith("token")]
    assert changes == ["token create", "token revoke"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("x", "--role", "king"), "no role"),
        (("x", "--role", "viewer", "--only", "operate"), "has not operate"),
        (("x", "--role", "viewer", "--only", "fly"), "no permission"),
        (("a\nb", "--role", "viewer"), "one line"),
        (("x", "--role", "operator", "--substation", "BKR1"), "no substation"),
    ],
)
def test_a_token_that_cannot_be_is_not_made(twin: Twin, words: tuple[str, ...], told: str) -> None:
    done = CliRunner().invoke(app, ["token", "create", *words, "--in", str(twin.store.path)])
    assert told in str(done.exception)
    assert twin.store.access.list_tokens() == []


def test_a_token_lets_in_until_it_expires_and_not_before_it_is_made(
    twin: Twin, serve_as: Serve
) -> None:
    over, never = give_token(twin, Role.VIEWER, days=-0.01), give_token(twin, Role.VIEWER)
    with serve_as() as client:
        assert client.get("/api/state", headers=bear(over)).status_code == 403
        assert client.get("/api/state", headers=bear(never)).status_code == 200
        for wrong in (never[:-1], never + "x", never.upper(), "'", "'; DROP TABLE access_token"):
            assert client.get("/api/state", headers=bear(wrong)).status_code in {401, 403}
    now = datetime.now(UTC)
    (first, second) = twin.store.access.list_tokens()
    assert (first.is_valid(now), second.is_valid(now)) == (False, True)
    assert not second.is_valid(second.made_at - timedelta(seconds=1))


def test_writes_refusals_failures_and_looks_at_people_are_noted(
    twin: Twin, serve_as: Serve
) -> None:
    operator, viewer = (give_token(twin, role) for role in (Role.OPERATOR, Role.VIEWER))
    with serve_as(operator_token=DESK) as client:
        done = client.post("/api/switch", json=OPENING, headers=bear(operator))
        client.post("/api/switch", json={"mrid": "NOWHERE", "open": True}, headers=bear(operator))
        client.post("/api/switch", json=OPENING, headers=bear(viewer))
        client.post("/api/switch", json=OPENING)
        client.get("/api/ami/meters/M3", headers=bear(viewer))
        client.get("/api/state", headers=bear(viewer))
        shared = bear(DESK)
        client.post("/api/switch", json=OPENING | {"open": False, "actor": "eve"}, headers=shared)
        manager = bear(give_token(twin, Role.OUTAGE_MANAGER))
        found = client.get("/api/audit", params={"element": "BKR1"}, headers=manager).json()
        later = client.get("/api/audit", params={"limit": 2}, headers=manager).json()["actions"]
        rest = {"before": later[-1]["number"]}
        earlier = client.get("/api/audit", params=rest, headers=manager).json()["actions"]
    hold_to_schema(found)
    last, refused, first = found["actions"]
    assert first["person"] == "program of the operator"
    assert first["role"] == "operator"
    assert first["address"] == "127.0.0.1"
    assert first["request"] == done.headers["X-Request-ID"]
    assert (first["before"], first["after"]) == ({"open": ""}, {"open": "ABC", "version": 1})
    assert (refused["outcome"], refused["after"]) == ("refused", OPENING)
    assert (last["person"], last["way"]) == ("operator", "operator token")
    assert list_all(twin) == [
        ("program of the operator", "POST /api/switch", Outcome.DONE),
        ("program of the operator", "POST /api/switch", Outcome.FAILED),
        ("program of the viewer", "POST /api/switch", Outcome.REFUSED),
        ("", "POST /api/switch", Outcome.REFUSED),
        ("program of the viewer", "GET /api/ami/meters/M3", Outcome.DONE),
        ("operator", "POST /api/switch", Outcome.DONE),
    ]
    assert [each["number"] for each in earlier] == sorted(
        (each["number"] for each in earlier), reverse=True
    )
    assert len(earlier) == 4
    assert [event.actor for event in twin.store.states.list_events()] == [
        "program of the operator",
        "eve",
    ]
    assert "gt_" not in json.dumps(found)


def test_nobody_in_particular_fills_the_audit(twin: Twin, serve_as: Serve) -> None:
    viewer = bear(give_token(twin, Role.VIEWER))
    with serve_as() as client:
        for number in range(5):
            client.delete(f"/api/tokens/{number}")
            client.post("/api/switch", json=OPENING)
            client.post("/api/switch", json=OPENING, headers=viewer)
    refused = [(who, what.partition(" ")[0]) for who, what, _ in list_all(twin)]
    assert refused.count(("", "DELETE")) == refused.count(("", "POST")) == 1
    assert refused.count(("program of the viewer", "POST")) == 5


def test_what_was_noted_is_found_by_time_person_and_outage_and_handed_out(twin: Twin) -> None:
    from dataclasses import replace

    from gridtwin.model.person import Person, Way
    from gridtwin.tools.action_log import make_action

    book, home = twin.store.access, str(twin.store.path)
    start = datetime(2026, 11, 30, tzinfo=UTC)
    for number, name in enumerate(["ann", "=cmd()|x", "bob\0\ud800"]):
        person = Person(name, Role.OPERATOR, Way.SESSION, address="10.0.0.7")
        asked = {"mrid": f"L{number}", "outage": "O-1" if number else ""}
        noted = make_action(person, f"r{number}", Permission.OPERATE, "POST /x", asked)
        at = start + timedelta(hours=number)
        book.note_action(replace(noted.action, at=at, outcome=Outcome.DONE))
    assert [each[0] for each in list_all(twin)] == ["ann", "=cmd()|x", "bob?"]
    assert len(list_all(twin, since=start + timedelta(hours=1))) == 2
    assert len(list_all(twin, until=start + timedelta(hours=1))) == 1
    assert len(list_all(twin, person="ann")) == len(list_all(twin, element="L0")) == 1
    assert len(list_all(twin, outage="O-1", most=1)) == 1
    document = json.loads(run("audit", "export", "--json", "--in", home))
    hold_to_schema(document)
    assert [each["element"] for each in document["actions"]] == ["L2", "L1", "L0"]
    words = ("audit", "export", "--csv", "--outage", "O-1", "--in", home)
    rows = list(csv.DictReader(io.StringIO(run(*words))))
    assert [row["person"] for row in rows] == ["bob?", "'=cmd()|x"]
    assert "ann" in run("audit", "export", "--in", home, "--person", "ann")


def test_what_was_noted_is_never_changed_or_deleted(twin: Twin, serve_as: Serve) -> None:
    with serve_as() as client:
        client.post("/api/switch", json=OPENING, headers=bear(give_token(twin, Role.OPERATOR)))
    with closing(sqlite3.connect(twin.store.path / "state.sqlite")) as file:
        for words in ("UPDATE action SET person = 'eve'", "DELETE FROM action"):
            with pytest.raises(sqlite3.IntegrityError, match="never changed"):
                file.execute(words)


def test_what_cannot_be_noted_is_not_done(
    twin: Twin, serve_as: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = bear(give_token(twin, Role.OPERATOR))

    def fail(*_: object) -> None:
        msg = "the disk is full"
        raise StoreError(msg)

    monkeypatch.setattr(SqliteAccess, "note_action", fail)
    with serve_as() as client:
        assert client.post("/api/switch", json=OPENING, headers=operator).status_code == 503
        assert client.get("/api/ami/meters/M3", headers=operator).status_code == 503
        assert client.get("/api/state", headers=operator).status_code == 200
    assert twin.version == 0


def give_substations(base: Network) -> Network:
    """Return the two feeders, each of a substation of its own."""
    frames = {name: getattr(base, name) for name in ("nodes", "equipment", "usage_points")}
    return Network.from_frames(
        **frames,
        sources=base.sources,
        feeders={
            "mrid": ["F1", "F2"],
            "head": ["BKR1", "BKR2"],
            "substation": ["SUB-1", "SUB-2"],
        },
        substations={"mrid": ["SUB-1", "SUB-2"], "geometry": [Point(0, 0), Point(0, 1)]},
    )


def test_an_operator_writes_in_their_own_area_alone(twin: Twin, serve_as: Serve) -> None:
    twin = open_twin(give_substations(twin.network)).save(twin.store.path, overwrite=True)
    shared = SharedTwin(twin)
    areas = {
        mrid: find_substations(shared, mrid)
        for mrid in ("BKR1", "BKR2", "TIE", "M3", "F2", "SUB-1", "n1", "NOWHERE")
    }
    first, second = {"SUB-1"}, {"SUB-2"}
    assert areas == {
        "BKR1": first, "BKR2": second, "TIE": first | second, "M3": first, "F2": second,
        "SUB-1": first, "n1": first, "NOWHERE": set(),
    }  # fmt: skip
    own = bear(give_token(twin, Role.OPERATOR, substations=tuple(areas["BKR1"])))
    none = bear(give_token(twin, Role.OPERATOR, substations=()))
    both = bear(give_token(twin, Role.OPERATOR, substations=tuple(areas["TIE"])))
    with serve_as() as client:
        for headers, mrid, status in (
            (own, "BKR1", 200), (own, "FUSE", 200), (own, "BKR2", 403), (own, "TIE", 403),
            (none, "BKR1", 403), (both, "TIE", 200), (own, "NOWHERE", 403),
        ):  # fmt: skip
            asked = {"mrid": mrid, "open": True}
            answer = client.post("/api/switch", json=asked, headers=headers)
            assert answer.status_code == status, (mrid, answer.text)
        for key, status in (("L1", 404), ("BKR2", 403), ("*", 403), ("LINES:7", 403)):
            asked = {"rule": "near_miss", "key": key, "reason": "so"}
            answer = client.post("/api/findings/accept", json=asked, headers=own)
            assert answer.status_code == status, (key, answer.text)
        manager = bear(give_token(twin, Role.OUTAGE_MANAGER, substations=tuple(areas["BKR1"])))
        away, here = {"usage_points": ["M5"]}, {"usage_points": ["M3"]}
        for path, asked, status in (
            ("", {"device": "FUSE", **away}, 403), ("", {"usage_points": ["M3", "M5"]}, 403),
            ("", {"device": "FUSE", "predicted": True, **here}, 200),
        ):  # fmt: skip
            answer = client.post(f"/api/outages{path}", json=asked, headers=manager)
            assert answer.status_code == status, (asked, answer.text)
        own_outage = answer.json()["id"]
        for path, asked in (("confirm", {"device": "BKR2"}), ("nest", {"device": "BKR2"})):
            url = f"/api/outages/{own_outage}/{path}"
            answer = client.post(url, json=asked, headers=manager)
            assert answer.status_code == 403, (path, answer.text)
    refused = twin.store.access.list_actions(ActionFilter(element="BKR2"))
    assert {each.outcome for each in refused} == {Outcome.REFUSED}


def test_an_ingress_is_believed_where_it_is_declared_and_its_people_are_held(
    twin: Twin, serve_as: Serve
) -> None:
    roles = (("ANN", "operator"), ("EVE", "none-such"))
    with pytest.raises(Exception, match="no role"), serve_as(SignInSettings(roles=roles)):
        pass
    declared = SignInSettings(
        user_header="Sf-Context-Current-User",
        roles=(("ANN", "operator"),),
        default_role="viewer",
        anonymous="",
    )
    with serve_as(declared) as client:

        def ask(user: str, **headers: str) -> int:
            named = {"Sf-Context-Current-User": user, **headers}
            return client.post("/api/switch", json=OPENING, headers=named).status_code

        assert ask("ANN", **HERE) == 200
        assert ask("ann", **HERE) == 403  # another name: a viewer
        assert ask("ANN") == ask("ANN", Origin="https://elsewhere.example") == 403
        assert ask("ANN", Origin=str(client.base_url)) == 200
        assert ask("") == 401
    with serve_as(STRICT) as client:
        assert ask("ANN", **HERE) == 401  # another header is declared here
        named = {"X-User": "administrator"}  # a name is no role
        assert client.get("/api/me", headers=named).json()["role"] is None
    people = {each.person for each in twin.store.access.list_actions(ActionFilter())}
    assert people == {"ANN", "ann", ""}

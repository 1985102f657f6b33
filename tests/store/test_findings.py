"""What was found in a source, and what is accepted of it, is kept in every store, and survives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import gridtwin
from gridtwin.errors import InputError, NotFoundError, StoreError
from gridtwin.model.findings import Acceptance, Finding, LoadFindings
from gridtwin.store.postgis.connect import connect
from gridtwin.store.postgis.mirror import compare_mirror
from gridtwin.twin import open_twin

from .conftest import DATABASES, make_network

if TYPE_CHECKING:
    from pathlib import Path

    from gridtwin.model.network import Network
    from gridtwin.twin import Twin

NEAR = Finding(
    "near_miss", "warning", "LINE-1", (-95.0, 29.5), "0.4 m", "mend it", "LINES", "1", None
)
LOST = Finding("undrawn_line", "error", "LINES:9", None, "has no geometry", "draw it", "LINES", "9")
CODE = Finding("unmapped_code", "error", "X:kind=7", None, "2 rows have '7'", "list it")
MAPPED = Acceptance("unmapped_code", "*", "poles, which conduct nothing")
LOADED = LoadFindings((LOST, CODE, NEAR), (MAPPED,), {"near_miss": 1_200, "undrawn_line": 1})
FOUND = ["undrawn_line", "near_miss"]


def found_network(loaded: LoadFindings = LOADED) -> Network:
    return make_network().with_loaded(loaded)


@pytest.fixture(
    params=["memory", "local", "postgis", pytest.param("upgraded", marks=pytest.mark.long)]
)
def twin(request: pytest.FixtureRequest, tmp_path: Path) -> Twin:
    """Return a new twin with findings, wherever it is kept."""
    twin = gridtwin.open(found_network())
    if request.param == "memory":
        return twin
    if request.param == "local":
        return twin.save(tmp_path / "small.twin")
    return twin.save(str(request.getfixturevalue(DATABASES[request.param])))


def accepted_by(twin: Twin) -> list[tuple[str, str, str, str]]:
    return [each[:4] for each in twin.store.findings.read_findings().accepted]


def test_findings_of_a_load_come_back(twin: Twin) -> None:
    kept = twin.store.findings.read_findings()
    assert kept.findings == LOADED.findings
    assert kept.accepted == (MAPPED,)
    assert kept.counts == LOADED.counts


def test_a_check_lists_them_with_what_the_rules_find(twin: Twin) -> None:
    report = twin.check()
    told = {each.rule: each for each in report.findings}
    assert told["undrawn_line"] == LOST
    assert told["unmapped_code"].accepted == MAPPED
    assert told["near_miss"] == NEAR
    assert report.counts["near_miss"] == 1_200  # those not listed included
    assert told["no_voltage"].mrid == "BUS"  # of the network
    severities = [each.severity for each in report.findings]
    assert severities == sorted(severities, key=["error", "warning", "info"].index)
    assert report.worst == "error"
    assert [each.rule for each in twin.check(rules=["near_miss"]).findings] == ["near_miss"]
    assert twin.check(rules=["island"]).findings == ()


def test_an_accepted_finding_counts_no_longer_until_that_is_undone(twin: Twin) -> None:
    twin.accept_finding("undrawn_line", "LINES:9", "not built yet", actor="ann")
    report = twin.check()
    assert report.worst == "warning"
    (accepted,) = [each.accepted for each in report.findings if each.rule == "undrawn_line"]
    assert accepted is not None
    assert accepted[:4] == ("undrawn_line", "LINES:9", "not built yet", "ann")
    twin.accept_finding("undrawn_line", "LINES:9", "planned", actor="bob")
    assert ("undrawn_line", "LINES:9", "planned", "bob") in accepted_by(twin)
    twin.undo_acceptance("undrawn_line", "LINES:9")
    assert twin.check().worst == "error"
    with pytest.raises(NotFoundError, match=r"undrawn_line LINES:9"):
        twin.undo_acceptance("undrawn_line", "LINES:9")


@pytest.mark.parametrize("key", ["BUS", "*"])
def test_findings_of_the_network_are_accepted_alike(twin: Twin, key: str) -> None:
    twin.accept_finding("no_voltage", key, "not recorded here")
    (finding,) = twin.check(rules=["no_voltage"]).findings
    assert finding.accepted is not None
    assert finding.accepted.key == key


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        (("no_such", "BUS", "x"), InputError, "no rule is called 'no_such'"),
        (("no_voltage", "BUS", "  "), InputError, "say why no_voltage of BUS is accepted"),
        (("no_voltage", "BOS", "x"), NotFoundError, "did you mean BUS"),
        (("loop", "*", "x"), NotFoundError, "no finding of loop is called '*'"),
    ],
)
def test_what_cannot_be_accepted_is_refused(
    twin: Twin, asked: tuple[str, str, str], error: type[Exception], words: str
) -> None:
    with pytest.raises(error) as caught:
        twin.accept_finding(*asked)
    assert words in str(caught.value)
    assert accepted_by(twin) == [MAPPED[:4]]


def test_of_more_findings_than_are_listed_any_is_accepted(twin: Twin) -> None:
    twin.accept_finding("near_miss", "LINE-900", "seen in the field")
    assert ("near_miss", "LINE-900", "seen in the field") in [row[:3] for row in accepted_by(twin)]


@pytest.mark.parametrize("kind", ["local", "postgis"])
def test_what_people_accepted_survives_another_load(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    target = str(tmp_path / "small.twin")
    if kind == "postgis":
        target = str(request.getfixturevalue("database"))
    twin = gridtwin.open(found_network()).save(target)
    twin.accept_finding("near_miss", "LINE-1", "another voltage", actor="ann")
    again = LoadFindings((NEAR,), (Acceptance("near_miss", "*", "all of them"),), {"near_miss": 1})
    gridtwin.open(found_network(again)).save(target, overwrite=True)
    twin = open_twin(target)
    kept = twin.store.findings.read_findings()
    assert (kept.findings, kept.counts) == ((NEAR,), {"near_miss": 1})
    assert accepted_by(twin) == [  # of the mapping of before nothing is left
        ("near_miss", "*", "all of them", ""),
        ("near_miss", "LINE-1", "another voltage", "ann"),
    ]


def test_a_mirror_is_in_step_with_findings_too(tmp_path: Path, database: str) -> None:
    local = gridtwin.open(found_network()).save(tmp_path / "small.twin")
    local.accept_finding("near_miss", "LINE-1", "another voltage", actor="ann")
    local.save(database)
    with connect(database, autocommit=True) as connection:
        changes = compare_mirror(connection, local.gather_mirror_rows())
        assert not [change.table for change in changes if change.differing_rows]
        connection.execute("DELETE FROM gridtwin.load_findings WHERE rule = 'near_miss'")
        changes = compare_mirror(connection, local.gather_mirror_rows())
    differing = [
        (each.table, each.inserted, each.updated, each.deleted)
        for each in changes
        if each.differing_rows
    ]
    assert differing == [("load_findings", 1, 0, 0)]
    back = open_twin(database)
    assert accepted_by(back) == accepted_by(local)


def test_a_past_moment_shows_findings_and_accepts_none(twin: Twin) -> None:
    past = twin.at("2026-01-01T00:00:00Z")
    assert past.store.findings.read_findings().findings == LOADED.findings
    with pytest.raises(InputError):
        past.accept_finding("no_voltage", "BUS", "x")
    with pytest.raises(InputError):
        past.undo_acceptance("unmapped_code", "*")


def test_an_acceptance_without_a_reason_breaks_the_rules_of_the_store(twin: Twin) -> None:
    with pytest.raises(StoreError):
        twin.store.findings.accept_finding(Acceptance("loop", "L1", "", "ann", "2026-01-01"))

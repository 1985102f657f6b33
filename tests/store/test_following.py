"""Who follows a twin learns what became another, whoever changed it and wherever it is kept."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

import gridtwin
from gridtwin.model.crews import Crew
from gridtwin.model.estimate import Estimate, PointEstimates, Run
from gridtwin.store.postgis import change_feed
from gridtwin.store.postgis.connect import connect
from waiting import PATIENCE_S

from .conftest import keep, make_network

if TYPE_CHECKING:
    from pathlib import Path

    from gridtwin.store.store_versions import Changes
    from gridtwin.twin import Twin


@pytest.fixture(params=["memory", "local", "postgis"])
def twin(request: pytest.FixtureRequest, tmp_path: Path) -> Twin:
    if request.param == "memory":
        return gridtwin.open(make_network())
    if request.param == "local":
        return gridtwin.open(str(keep(tmp_path / "small.twin").path))
    return gridtwin.open(make_network()).save(str(request.getfixturevalue("database")))


def estimate(twin: Twin, outage: str) -> None:
    now = datetime.now(UTC)
    later = now + timedelta(hours=1)
    run = Run("R-1", now, "model", 0, 1, 2, 1)
    found = Estimate(outage, now, now, later, later, later, later, later, later)
    twin.store.estimates.write_run(run, [found], PointEstimates.from_rows([]))


def test_nothing_is_told_while_nothing_happens(twin: Twin) -> None:
    versions = twin.store.read_versions()
    assert twin.store.wait_for_changes(versions, timeout_s=0) == (versions, frozenset())
    assert twin.store.wait_for_changes(versions, timeout_s=0.1).what == frozenset()


def test_each_kind_of_change_is_told_by_its_name(twin: Twin) -> None:
    store = twin.store
    versions = store.read_versions()
    twin.switch("BRK-1", open=True)
    versions, what = store.wait_for_changes(versions, timeout_s=5)
    assert what == {"state"}
    before = versions.outages
    outage = twin.outages.open("TIE-1", usage_points=["M1"], id="O-1")
    versions, what = store.wait_for_changes(versions, timeout_s=5)
    assert what == {"outages"}
    assert store.outages.list_changed(before) == [outage.id]
    estimate(twin, outage.id)
    versions, what = store.wait_for_changes(versions, timeout_s=5)
    assert what == {"estimates"}
    twin.accept_finding("no_voltage", "*", "not recorded here")
    versions, what = store.wait_for_changes(versions, timeout_s=5)
    assert what == {"findings"}
    twin.accept_finding("no_voltage", "*", "not known")  # another reason
    versions, what = store.wait_for_changes(versions, timeout_s=5)
    assert what == {"findings"}
    twin.undo_acceptance("no_voltage", "*")
    versions, what = store.wait_for_changes(versions, timeout_s=5)
    assert what == {"findings"}
    assert store.wait_for_changes(versions, timeout_s=0).what == frozenset()


def test_several_changes_are_told_at_once(twin: Twin) -> None:
    versions = twin.store.read_versions()
    twin.switch("BRK-1", open=True)
    twin.switch("BRK-1", open=False)
    twin.outages.open("TIE-1", usage_points=["M1"])
    assert twin.store.wait_for_changes(versions, timeout_s=0).what == {"state", "outages"}


def test_who_waits_is_woken(twin: Twin) -> None:
    versions = twin.store.read_versions()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(twin.store.wait_for_changes, versions, timeout_s=PATIENCE_S)
        twin.outages.open("BRK-1")
        assert "outages" in waiting.result(timeout=PATIENCE_S).what


def test_a_usage_point_is_held_by_the_outage_it_is_out_in(twin: Twin) -> None:
    assert twin.store.outages.find_open_outage("M1") == ""
    outage = twin.outages.open("BRK-1", id="O-1")
    assert twin.store.outages.find_open_outage("M1") == outage.id
    twin.outages.restore(outage.id)
    assert twin.store.outages.find_open_outage("M1") == ""


def test_what_anybody_writes_in_sql_is_told(database: str) -> None:
    twin = gridtwin.open(make_network()).save(database)
    twin.outages.open("BRK-1", id="O-1")
    versions = twin.store.read_versions()
    with connect(database) as connection:
        connection.execute("UPDATE gridtwin.outages SET cause = 'tree'")
    found = twin.store.wait_for_changes(versions, timeout_s=5)
    assert found.what == {"outages"}
    assert twin.store.outages.list_changed(versions.outages) == ["O-1"]
    with connect(database, autocommit=True) as connection:
        connection.execute("SELECT gridtwin.operate('BRK-1', true)")
        connection.execute("NOTIFY gridtwin, 'no json'")
    assert twin.store.wait_for_changes(found.versions, timeout_s=5).what == {"state"}


def test_a_network_tells_itself_from_others(tmp_path: Path) -> None:
    one, two = make_network(), make_network(meshed=True)
    hashes = [gridtwin.open(each).store.network_hash for each in (one, one, two)]
    assert hashes[0] == hashes[1] != hashes[2]
    assert all(len(each) == 16 and int(each, 16) >= 0 for each in hashes)
    kept = keep(tmp_path / "small.twin")
    assert len(kept.network_hash) == 16
    assert gridtwin.open(str(kept.path)).store.network_hash == kept.network_hash


def test_crews_are_told_of_also_to_who_did_not_listen_just_then(twin: Twin) -> None:
    store = twin.store
    versions = store.read_versions()
    store.crews.write_crews([Crew("C-1", "Line 1")])
    versions, what = store.wait_for_changes(versions, timeout_s=0)
    assert what == {"crews"}
    twin.crews.place("C-1", -95.0, 29.8)
    versions, what = store.wait_for_changes(versions, timeout_s=0)
    assert what == {"crews"}
    twin.outages.open("BRK-1", id="O-1")
    versions, _ = store.wait_for_changes(versions, timeout_s=0)
    twin.crews.assign("C-1", "O-1", actor="ann")
    versions, what = store.wait_for_changes(versions, timeout_s=0)
    assert what == {"crews", "outages"}
    store.crews.delete_crews(["C-1"])
    assert store.wait_for_changes(versions, timeout_s=0).what == {"crews"}


def test_who_commits_late_is_told_of(database: str) -> None:
    """The rows of its audit have lower numbers than those that were seen before."""
    twin = gridtwin.open(make_network()).save(database)
    twin.outages.open("BRK-1", id="O-1")
    with connect(database) as slow:
        slow.execute("UPDATE gridtwin.outages SET cause = 'tree'")
        versions = twin.store.read_versions()
        twin.accept_finding("no_voltage", "*", "not recorded here")
        versions, what = twin.store.wait_for_changes(versions, timeout_s=0)
        assert what == {"findings"}
        slow.commit()
    later, what = twin.store.wait_for_changes(versions, timeout_s=0)
    assert "outages" in what
    assert later.outages > versions.outages
    assert twin.store.outages.list_changed(versions.outages) == ["O-1"]
    assert twin.store.wait_for_changes(later, timeout_s=0).what == frozenset()


def test_what_nobody_is_told_of_keeps_no_follower_busy(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = gridtwin.open(make_network()).save(database).store
    versions = store.read_versions()
    store.specs.save_spec("mine", '{"kind": "downstream"}')  # audited, and drawn nowhere
    look, looks = change_feed.wait_for_pg_changes, []

    def note_look(*given: Any, **named: Any) -> Changes:
        looks.append(look(*given, **named))
        return looks[-1]

    monkeypatch.setattr(change_feed, "wait_for_pg_changes", note_look)
    found = store.wait_for_changes(versions, timeout_s=1)
    assert found.what == frozenset()
    assert found.versions != versions
    assert len(looks) <= 3  # it sees that there is nothing to tell, and listens

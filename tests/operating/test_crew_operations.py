"""The nearest crews are the nearest, and what a crew does is told to its outage."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyproj
import pytest

import gridtwin
from document_schemas import hold_to_schema
from gridtwin.erm.job import ErmJob
from gridtwin.errors import InputError, NotFoundError
from gridtwin.model.crews import Crew, CrewPosition
from gridtwin.model.outage import Outage
from gridtwin.results.crew_answers import make_crews_document
from gridtwin.twin import Twin
from gridtwin.twin.crew_operations import DETOUR_FACTOR, SPEED_KMH
from gridtwin.twin.outage_operations import OutageOperations
from networks import two_feeders_with_a_tie

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.fixture
def twin() -> Twin:
    twin = gridtwin.open(two_feeders_with_a_tie())
    names = [("C-1", ("line",)), ("C-2", ("tree",)), ("C-3", ("line",))]
    twin.store.crews.write_crews([Crew(mrid, mrid.lower(), skills) for mrid, skills in names])
    return twin


@pytest.mark.parametrize("lat", [0.0, 45.0, -80.0])
def test_the_nearest_are_those_that_measuring_all_finds(lat: float) -> None:
    rng = np.random.default_rng(7)
    twin = gridtwin.open(two_feeders_with_a_tie())
    geod = pyproj.Geod(ellps="WGS84")
    names = [f"C-{n}" for n in range(60)]
    twin.store.crews.write_crews([Crew(name, name) for name in names])
    for move in range(3):
        at = NOW + timedelta(minutes=move)
        places = np.column_stack([rng.uniform(-3, 3, 60), lat + rng.uniform(-3, 3, 60)])
        twin.store.crews.write_positions(
            [CrewPosition(name, *xy, at) for name, xy in zip(names, places.tolist(), strict=True)]
        )
        meters = geod.inv(*places.T, np.zeros(60), np.full(60, lat))[2]
        wanted = [names[each] for each in np.argsort(meters, kind="stable")[:7]]
        found = twin.crews.nearest((0.0, lat), count=7)
        assert [view.crew.mrid for view in found] == wanted
        assert found[0].distance_m == pytest.approx(meters.min())
        way = found[0].distance_m * DETOUR_FACTOR / 1000 / SPEED_KMH * 60
        assert found[0].travel_min == pytest.approx(way)
    hold_to_schema(make_crews_document(found, detour_factor=1.3, speed_kmh=40.0))


def test_a_crew_is_found_by_skill_and_only_at_work(twin: Twin) -> None:
    outage = twin.outages.open("L2")
    for crew, lon in (("C-1", 0.01), ("C-2", 0.002), ("C-3", 0.02), ("C-9", 0.5)):
        twin.crews.place(crew, lon, 0.0)
    assert [view.crew.mrid for view in twin.crews.nearest(outage.id)] == [
        "C-2",
        "C-1",
        "C-3",
        "C-9",
    ]
    assert [view.crew.mrid for view in twin.crews.nearest(outage.id, skill="line", count=1)] == [
        "C-1"
    ]
    twin.store.crews.write_crews([Crew("C-1", "c-1", ("line",), "off_duty")])
    assert twin.crews.nearest(outage.id, skill="line")[0].crew.mrid == "C-3"
    with pytest.raises(InputError, match="off_duty"):
        twin.crews.assign("C-1", outage.id, actor="ann")
    with pytest.raises(InputError, match="longitude"):
        twin.crews.place("C-1", 200, 0)
    with pytest.raises(NotFoundError):
        twin.crews.nearest("O-0")
    nowhere = twin.outages.open(usage_points=["M3"], device="UNKNOWN", id="O-by-customers")
    assert nowhere.id == "O-by-customers"
    assert twin.crews.nearest("O-by-customers")[0].distance_m > 0


def test_what_a_crew_does_is_told_to_its_outage(twin: Twin) -> None:
    outage = twin.outages.open("L2")
    made = twin.crews.assign("C-1", outage.id, actor="ann")
    assert twin.outages.get(outage.id).crew_status == "assigned"
    other = twin.crews.assign("C-2", outage.id, actor="ann")
    twin.crews.advance(made.number, "en_route", actor="bob")
    assert twin.outages.get(outage.id).crew_status == "en route"
    etr = datetime.now(UTC) + timedelta(hours=2)
    twin.crews.advance(made.number, "on_site", actor="bob", etr=etr)
    told = twin.outages.get(outage.id)
    assert (told.crew_status, told.etr_crew) == ("on site", etr)
    assert {"bob", "ann"} <= {each.actor for each in twin.outages.evidence(outage.id)}
    twin.crews.advance(made.number, "done", actor="bob")
    assert twin.outages.get(outage.id).crew_status == "assigned"
    twin.crews.advance(other.number, "withdrawn", actor="ann")
    assert twin.outages.get(outage.id).crew_status == ""
    assert [view.assignments for view in twin.crews.all()] == [(), (), ()]
    assert [each.status for each in twin.crews.assignments(past=True)] == ["done", "withdrawn"]
    with pytest.raises(InputError, match="not on_site next"):
        twin.crews.advance(made.number, "on_site", actor="bob")
    with pytest.raises(InputError, match="no status"):
        twin.crews.advance(made.number, "asleep")
    with pytest.raises(NotFoundError):
        twin.crews.advance(99, "done")
    for crew, of in (("C-0", outage.id), ("C-1", "O-0")):
        with pytest.raises(NotFoundError):
            twin.crews.assign(crew, of, actor="ann")
    twin.outages.restore(outage.id)
    with pytest.raises(InputError, match="is restored"):
        twin.crews.assign("C-1", outage.id, actor="ann")


def test_a_crew_on_site_feeds_the_estimate(twin: Twin) -> None:
    outage = twin.outages.open("L2")
    ErmJob(twin).run("before")
    assert twin.store.estimates.list_current()[0].source in {"model", "table"}
    made = twin.crews.assign("C-1", outage.id, actor="ann")
    etr = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=3)
    twin.crews.advance(made.number, "on_site", actor="bob", etr=etr)
    ErmJob(twin).run("after", at=datetime.now(UTC) + timedelta(minutes=1))
    estimate = twin.store.estimates.list_current()[0]
    assert estimate.source == "crew"
    assert estimate.etr is not None
    assert timedelta(0) <= estimate.etr - etr < timedelta(minutes=30)  # rounded up


def test_of_two_crews_at_once_the_furthest_is_told_to_the_outage(
    twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    outage = twin.outages.open("L2")
    note, told = OutageOperations.note, []

    def note_late(outages: OutageOperations, *args: Any, **fields: Any) -> Outage:
        if not told:
            told.append(fields["crew_status"])
            other = twin.crews.assign("C-2", outage.id, actor="bob")
            twin.crews.advance(other.number, "en_route", actor="bob")
        return note(outages, *args, **fields)

    monkeypatch.setattr(OutageOperations, "note", note_late)
    twin.crews.assign("C-1", outage.id, actor="ann")
    assert told == ["assigned"]
    assert twin.outages.get(outage.id).crew_status == "en route"


def test_no_crew_is_placed_in_the_future_so_that_nothing_later_counts(twin: Twin) -> None:
    with pytest.raises(InputError, match="mend its clock"):
        twin.crews.place("C-1", 1.0, 0.0, at=datetime.now(UTC) + timedelta(days=1))
    ahead = datetime.now(UTC) + timedelta(minutes=1)
    twin.crews.place("C-1", 1.0, 0.0, at=ahead)
    assert [each.at for each in twin.store.crews.list_positions()] == [ahead]

"""Estimates are written once a run, whole, and never for who is back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import gridtwin
from gridtwin.model.estimate import Estimate, PointEstimates, Run, Zone
from gridtwin.store.postgis.connect import connect
from waiting import PATIENCE_S

from .conftest import DATABASES, keep, make_network

if TYPE_CHECKING:
    from gridtwin.twin import Twin

NOW = datetime.now(UTC).replace(microsecond=0)
RUN = Run("R-1", NOW, "model/1", 0, 1, 2, 1)


def within(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


@pytest.fixture(
    params=["memory", "local", "postgis", pytest.param("upgraded", marks=pytest.mark.long)]
)
def twin(request: pytest.FixtureRequest, tmp_path: Path) -> Twin:
    """Return a twin with the open outage O-1 of M1 and M2."""
    if request.param == "memory":
        made = gridtwin.open(make_network())
    elif request.param == "local":
        made = gridtwin.open(str(keep(tmp_path / "small.twin").path))
    else:
        made = gridtwin.open(make_network()).save(
            str(request.getfixturevalue(DATABASES[request.param]))
        )
    made.outages.open("BRK-1", id="O-1", at=within(-1))
    return made


def estimate(hours: float, **fields: object) -> Estimate:
    times = {name: within(hours * k) for name, k in (("p50", 1), ("p80", 2), ("p95", 3))}
    made = Estimate("O-1", NOW, NOW, p10=within(hours / 2), p90=within(hours * 2.5), **times)
    return replace(made, etr=within(hours * 2), model="model/1", **fields)  # type: ignore[arg-type]


def points(*mrids: str, hours: float = 1) -> PointEstimates:
    end = within(hours).timestamp()
    return PointEstimates.from_rows(
        [(mrid, "O-1", "repair", "model", end, end, None, end) for mrid in mrids]
    )


def test_there_are_none_before_the_first_run(twin: Twin) -> None:
    book = twin.store.estimates
    assert book.list_current() == book.list_issued("O-1") == []
    assert len(book.read_points()) == 0
    assert book.read_run("R-1") is None


def test_a_run_writes_the_current_estimate_its_history_and_each_usage_point(twin: Twin) -> None:
    book = twin.store.estimates
    stage = estimate(0.5, stage="remote", usage_points=1)
    assert book.write_run(RUN, [estimate(1), stage], points("M1", "M2")) == RUN
    assert book.list_current() == [estimate(1)]
    assert book.list_issued("O-1") == [estimate(1), stage]
    found = book.read_points("O-1")
    assert found.usage_point.tolist() == ["M1", "M2"]
    assert found.etr_s.tolist() == [within(1).timestamp()] * 2
    assert found.list_columns()[6] == [None, None]
    assert book.read_run("R-1") == RUN


def test_a_run_of_one_id_is_written_once(twin: Twin) -> None:
    book = twin.store.estimates
    book.write_run(RUN, [estimate(1)], points("M1"))
    again = replace(RUN, published=9)
    assert book.write_run(again, [estimate(4)], points("M1", hours=4)) == RUN
    assert book.list_current() == [estimate(1)]
    assert len(book.list_issued("O-1")) == 1


def test_a_later_run_puts_its_estimates_in_place_and_keeps_the_history(twin: Twin) -> None:
    book = twin.store.estimates
    book.write_run(RUN, [estimate(1)], points("M1", "M2"))
    book.write_run(replace(RUN, id="R-2"), [estimate(2, source="crew")], points("M1", hours=2))
    assert book.list_current() == [estimate(2, source="crew")]
    assert [each.source for each in book.list_issued("O-1")] == ["model", "crew"]
    assert book.read_points().etr_s.tolist() == [within(2).timestamp(), within(1).timestamp()]


def test_who_is_back_has_no_estimate(twin: Twin) -> None:
    book = twin.store.estimates
    book.write_run(RUN, [estimate(1)], points("M1", "M2"))
    twin.outages.restore("O-1", usage_points=["M1"])
    assert book.read_points().usage_point.tolist() == ["M2"]
    book.write_run(replace(RUN, id="R-2"), [estimate(2)], points("M1", "M2", hours=2))
    assert book.read_points().usage_point.tolist() == ["M2"]
    twin.outages.restore("O-1")
    assert len(book.read_points()) == 0
    assert book.list_current() == []
    book.write_run(replace(RUN, id="R-3"), [estimate(3)], points("M2", hours=3))
    assert (book.list_current(), len(book.read_points())) == ([], 0)


def test_who_leaves_for_a_nested_outage_leaves_the_estimate(twin: Twin) -> None:
    twin.store.estimates.write_run(RUN, [estimate(1)], points("M1", "M2"))
    twin.outages.nest("O-1", usage_points=["M2"], id="O-2")
    assert twin.store.estimates.read_points().usage_point.tolist() == ["M1"]


def test_a_run_that_breaks_a_rule_writes_nothing(twin: Twin) -> None:
    book = twin.store.estimates
    wrong = replace(estimate(1), etr=within(-2))
    with pytest.raises(gridtwin.GridtwinError, match=r"etr_s|erm_current_check"):
        book.write_run(RUN, [wrong], points("M1"))
    assert book.read_run("R-1") is None
    assert book.list_issued("O-1") == []


def test_zones_are_promised_until_they_expire(twin: Twin) -> None:
    book = twin.store.estimates
    zone = Zone("F1", NOW, within(12), within(2), within(4), within(8), "storm/1", "ann")
    book.write_zones([replace(zone, p50=within(1)), zone])
    assert book.list_zones(NOW) == [zone]
    assert book.list_zones(within(13)) == []


def test_who_listens_is_told_of_outages_and_estimates(database: str) -> None:
    twin = gridtwin.open(make_network()).save(database)
    with connect(database, autocommit=True) as listening:
        listening.execute("LISTEN gridtwin")
        twin.outages.open("BRK-1", id="O-1", at=within(-1))
        twin.store.estimates.write_run(RUN, [estimate(1)], points("M1", "M2"))
        told = [
            json.loads(each.payload)
            for each in listening.notifies(timeout=PATIENCE_S, stop_after=2)
        ]
    assert [each["changed"] for each in told] == ["outages", "estimates"]
    assert {each["version"] for each in told} == {0}

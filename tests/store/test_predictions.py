"""What was inferred is kept as predicted outages, and retold as events arrive."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import gridtwin
from gridtwin.model.events import MeterEvents
from gridtwin.model.outage import Status

if TYPE_CHECKING:
    from gridtwin.twin import Twin

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
METERS = 1_500


@pytest.fixture(params=["memory", "local", "postgis"])
def twin(request: pytest.FixtureRequest, tmp_path: Path) -> Twin:
    made = gridtwin.open(gridtwin.synthesize("houston", meters=METERS, seed=1))
    if request.param == "memory":
        return made
    if request.param == "local":
        return made.save(tmp_path / "small.twin")
    return made.save(str(request.getfixturevalue("database")))


def largest(twin: Twin, kind: str, place: int = 0) -> str:
    sweep = twin.sweep()
    order = sweep[sweep.kind == kind].sort_values(["customers", "mrid"], ascending=[False, True])
    return str(order.mrid.iloc[place])


def gasps(twin: Twin, device: str) -> MeterEvents:
    """Return what the meters behind a device report at noon."""
    heard = twin.blast_radius(device, state="normal").usage_points
    at = NOON.timestamp() + np.linspace(1, 20, len(heard))
    return MeterEvents.from_lists(heard.tolist(), ["last_gasp"] * len(heard), at)


def infer(twin: Twin, *events: MeterEvents) -> Any:
    live = twin.inference()
    for each in events:
        live.update(each)
    return live.answer((NOON + timedelta(minutes=30)).timestamp())


def test_an_inferred_outage_is_predicted_with_its_reasons(twin: Twin) -> None:
    fuse = largest(twin, "fuse")
    found = infer(twin, gasps(twin, fuse))
    (outage,) = twin.outages.track(found)
    assert (outage.status, outage.device) == (Status.PREDICTED, found.outages[0].device.mrid)
    assert sorted(twin.outages.members(outage.id).usage_point) == sorted(
        found.outages[0].usage_points
    )
    assert twin.outages.evidence(outage.id)[0].detail["last_gasps"] > 0


def test_the_same_answer_again_changes_nothing(twin: Twin) -> None:
    found = infer(twin, gasps(twin, largest(twin, "fuse")))
    (outage,) = twin.outages.track(found)
    assert twin.outages.track(found) == []
    assert [each.revision for each in twin.outages.all()] == [outage.revision]


def test_more_events_retell_the_outage_they_are_of(twin: Twin) -> None:
    recloser = largest(twin, "recloser")
    below = twin.trace("downstream", recloser, where="kind == 'fuse'")
    (first,) = twin.outages.track(infer(twin, gasps(twin, str(below.elements[0]))))
    whole = infer(twin, gasps(twin, recloser))
    changed = twin.outages.track(whole)
    assert {each.id for each in twin.outages.all()} == {each.id for each in changed if each.is_open}
    out = twin.outages.members()
    assert sorted(out.usage_point) == sorted(
        mrid for each in whole.outages for mrid in each.usage_points
    )
    assert first.id in {each.id for each in changed}


def test_who_is_out_in_an_outage_that_was_seen_stays_there(twin: Twin) -> None:
    fuse = largest(twin, "fuse")
    seen = twin.outages.open(fuse, at=NOON)
    assert twin.outages.track(infer(twin, gasps(twin, fuse))) == []
    assert [each.id for each in twin.outages.all()] == [seen.id]


def test_a_prediction_that_is_explained_away_is_invalid(twin: Twin) -> None:
    fuse, other = largest(twin, "fuse"), largest(twin, "fuse", 1)
    found = infer(twin, gasps(twin, fuse), gasps(twin, other))
    assert len(twin.outages.track(found)) == 2
    points = [*found.outages[0].usage_points, *found.outages[1].usage_points]
    one = found.outages[0]
    merged = type(one)(
        one.device, one.phases, one.gain, one.began_s, np.array(points), one.partial,
        one.customers, one.runner_up, one.evidence,
    )  # fmt: skip
    found.__dict__["outages"] = [merged]
    changed = twin.outages.track(found)
    assert sorted(each.status for each in changed) == [Status.INVALID, Status.PREDICTED]
    (left,) = twin.outages.all()
    assert sorted(twin.outages.members(left.id).usage_point) == sorted(points)

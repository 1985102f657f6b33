"""Messages that are all there already are lived through as they would have been one by one."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import numpy as np
import orjson
import pytest

import gridtwin
from gridtwin.live.event_followers import follow_lines
from gridtwin.twin import Twin
from networks import feeder_in_three_sections, network
from told_storms import message

LONG_AGO = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)


def at(minutes: float) -> datetime:
    return LONG_AGO + timedelta(minutes=minutes)


def told(kind: str, minutes: float, *meters: str) -> list[bytes]:
    when = at(minutes).isoformat()
    return [message(f"{kind}-{each}-{minutes}", when, kind, meter_id=each) for each in meters]


def live_through(twin: Twin, lines: list[bytes], **options: str) -> list[str]:
    """Return the kinds of alert that were told."""
    kinds: list[str] = []
    follow_lines(
        twin, lines, lambda _, values: kinds.extend(orjson.loads(each)["kind"] for each in values),
        estimates=False, **options,
    )  # fmt: skip
    return kinds


def lived(twin: Twin) -> list[tuple[str, int, int, datetime]]:
    return [
        (each.status.value, each.customers, each.customers_out, each.began_at)
        for each in twin.outages.all(since=at(-60))
    ]


@pytest.mark.parametrize("seed", [1, 2])
def test_an_outage_that_is_over_was_opened_and_ended_at_its_times(seed: int) -> None:
    twin = gridtwin.open(feeder_in_three_sections())
    gone = ("Ma", "Mb", "Mc")
    lines = told("last_gasp", 0, *gone) + told("power_restored", 40, *gone)
    random.Random(seed).shuffle(lines)
    assert live_through(twin, lines) == ["outage_opened", "outage_closed"]
    ((status, customers, out, began),) = lived(twin)
    assert (status, customers, out) == ("restored", 70, 0)
    assert abs(began - at(0)) < timedelta(seconds=5)
    (outage,) = twin.outages.all(since=at(-60))
    assert outage.restored_at == at(40)


def test_two_outages_of_the_same_meters_are_two() -> None:
    twin = gridtwin.open(feeder_in_three_sections())
    gone = ("Ma", "Mb", "Mc")
    first = told("last_gasp", 0, *gone) + told("power_restored", 40, *gone)
    again = told("last_gasp", 90, *gone) + told("power_restored", 130, *gone)
    live_through(twin, again + first)
    assert [(status, out) for status, _, out, _ in lived(twin)] == [("restored", 0)] * 2


def test_an_outage_that_is_not_over_stays_open() -> None:
    twin = gridtwin.open(feeder_in_three_sections())
    assert live_through(twin, told("last_gasp", 0, "Ma", "Mb", "Mc")) == ["outage_opened"]
    assert [row[:3] for row in lived(twin)] == [("predicted", 70, 70)]


@pytest.mark.parametrize("seconds", [0, 3, 7, 9.9])
def test_an_outage_is_not_forgotten_while_it_waits_for_others_to_come_back(
    seconds: float,
) -> None:
    twin = gridtwin.open(feeder_in_three_sections())
    begin = -(at(0).timestamp() % 10) / 60 + seconds / 60  # whatever part of a step
    lines = told("last_gasp", begin, "Mb", "Mc") + told("power_restored", begin + 40, "Mb", "Mc")
    live_through(twin, lines)
    ((status, customers, out, _),) = lived(twin)
    assert (status, customers, out) == ("partially_restored", 70, 10)  # Ma never said anything


def test_who_says_nothing_is_back_with_the_neighbors_that_came_back_a_minute_ago() -> None:
    twin = gridtwin.open(
        network("B1 breaker S a ABC", meters="M1@a M2@a M3@a M4@a", sources="S", heads="B1")
    )
    every = ("M1", "M2", "M3", "M4")
    live_through(twin, told("last_gasp", 0, *every) + told("power_restored", 40, *every[:3]))
    ((status, customers, out, _),) = lived(twin)
    assert (status, customers, out) == ("restored", 4, 0)


def test_what_was_read_is_not_lived_through_twice() -> None:
    twin = gridtwin.open(feeder_in_three_sections())
    lines = told("last_gasp", 0, "Mb", "Mc") + told("power_restored", 40, "Mb", "Mc")
    live_through(twin, lines, source="story")
    before = lived(twin)
    assert twin.store.live.read_offsets()["story"] == len(lines)
    assert live_through(twin, lines, source="story") == []
    assert live_through(twin, lines) == []
    assert lived(twin) == before


def test_a_story_that_was_cut_short_goes_on_where_it_was() -> None:
    twin = gridtwin.open(feeder_in_three_sections())
    gone = ("Ma", "Mb", "Mc")
    lines = told("last_gasp", 0, *gone) + told("power_restored", 40, *gone)
    lines += told("last_gasp", 90, *gone) + told("power_restored", 130, *gone)

    def cut_short(_keys: list[bytes], _values: list[bytes]) -> None:
        raise KeyboardInterrupt

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            follow_lines(twin, lines, cut_short, source="story", estimates=False)
    live_through(twin, lines, source="story")
    assert [(status, out) for status, _, out, _ in lived(twin)] == [("restored", 0)] * 2


def test_everybody_of_a_finished_storm_was_out_and_is_back() -> None:
    twin = gridtwin.open(gridtwin.synthesize("houston", meters=1_000, seed=3))
    sizes = twin.sweep().query("kind == 'fuse' and customers > 10").nlargest(3, "customers")
    lines, out = [], set[str]()
    for which, fuse in enumerate(sizes.mrid):
        meters = set(twin.blast_radius(fuse).usage_points.tolist()) - out
        out |= meters
        lines += told("last_gasp", 30.0 * which, *sorted(meters))
        lines += told("power_restored", 30.0 * which + 75, *sorted(meters))
    live_through(twin, lines)
    outages = twin.outages.all(since=at(-60))
    assert {each.customers_out for each in outages} == {0}
    members = twin.outages.members(*(each.id for each in outages))
    assert set(members.usage_point.tolist()) == out
    assert np.isfinite(members.restored_s).all()

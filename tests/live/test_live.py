"""Events drive the twin, its outages and its alerts, each once, in whatever order they come."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gridtwin
from gridtwin.live import LiveOperations
from gridtwin.live.event_batch import EventBatch
from gridtwin.live.grid_events import operate_by_event
from gridtwin.model.live import Alert, LiveEvent
from gridtwin.model.outage import Status
from gridtwin.model.state import CURRENT, State
from gridtwin.twin import Twin
from networks import feeder_in_three_sections, lateral_behind_three_fuses
from told_storms import message, storm

NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)


def after(seconds: float) -> str:
    return (NOW + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.fixture(params=["memory", "local", "postgis"])
def twin(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Twin]:
    made = gridtwin.open(feeder_in_three_sections())
    if request.param == "local":
        made = made.save(tmp_path / "small.twin")
    elif request.param == "postgis":
        made = made.save(str(request.getfixturevalue("database")))
    return made


class Follower:
    """Live operations of a twin, and what they told."""

    def __init__(self, twin: Twin, *, estimates: bool = False) -> None:
        self.live = LiveOperations(twin, estimates=estimates)
        self.told: list[tuple[bytes, bytes]] = []

    def __call__(self, *lines: bytes, source: str = "test", final: bool = True) -> None:
        batch = EventBatch()
        batch.add_lines(lines, source, self.live.read_offsets().get(source, 0))
        self.live.take_batch(batch)
        self.live.process_events(final=final)

    def tell(self) -> list[dict[str, Any]]:
        import orjson

        told: list[bytes] = []
        self.live.publish_alerts(lambda _keys, values: told.extend(values))
        return [orjson.loads(value) for value in told]


def switched(event_id: str, seconds: float, switch: str, phases: str, **fields: str) -> bytes:
    return message(
        event_id, after(seconds), "switch_operation", equipment_id=switch, open_phases=phases,
        **fields,
    )  # fmt: skip


def gasp(meter: str, seconds: float, kind: str = "last_gasp") -> bytes:
    return message(f"{kind}-{meter}-{seconds}", after(seconds), kind, meter_id=meter)


def outages(twin: Twin, *, since: datetime = NOW) -> list[tuple[Any, ...]]:
    return [
        (each.device, each.status.value, each.customers, each.customers_out)
        for each in twin.outages.all(since=since)
    ]


def test_an_operation_moves_the_switch_at_its_time_and_opens_and_ends_an_outage(
    twin: Twin,
) -> None:
    follow = Follower(twin)
    follow(switched("e1", 10, "SW1", "ABC", actor="ann"))
    (event,) = twin.store.states.list_events()
    assert (event.at, event.actor, event.to_phases) == (at(10).isoformat(), "ann", "ABC")
    (outage,) = twin.outages.all()
    assert (outage.device, outage.began_at, outage.confirmed_at) == ("SW1", at(10), at(10))
    assert (outage.status, outage.customers_out) == (Status.CONFIRMED, 60)
    follow(switched("e2", 70, "TIE", ""))  # takes the far section over
    follow(switched("e3", 75, "SW2", "ABC"))
    follow(switched("e4", 80, "SW2", ""))  # after what it moved: nobody is out of it twice
    follow(switched("e5", 600, "SW1", ""))
    assert outages(twin) == [("SW1", "restored", 60, 0), ("SW2", "restored", 20, 0)]


def test_a_pole_that_opens_is_an_outage_of_who_lives_on_it() -> None:
    twin = gridtwin.open(lateral_behind_three_fuses())
    follow = Follower(twin)
    follow(switched("e1", 10, "FA", "A"))
    (outage,) = twin.outages.all()
    assert twin.outages.members(outage.id).usage_point.tolist() == ["uA"]
    follow(switched("e2", 600, "FA", ""))
    assert outages(twin) == [("FA", "restored", 1, 0)]


def test_an_event_told_twice_or_late_changes_nothing(twin: Twin) -> None:
    follow = Follower(twin)
    opened = switched("e1", 10, "SW1", "ABC")
    follow(opened, opened)
    follow(opened, switched("e0", 5, "SW1", "", actor="late"))
    assert [each.to_phases for each in twin.store.states.list_events()] == ["ABC"]
    assert outages(twin) == [("SW1", "confirmed", 60, 60)]
    assert (follow.live.metrics.events, follow.live.metrics.repeated) == (2, 2)
    again = Follower(twin)  # as after a crash
    again(opened)
    assert outages(twin) == [("SW1", "confirmed", 60, 60)]


def test_who_operates_while_an_event_is_carried_out_has_the_last_word(
    twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = twin.store.states
    read = states.read_state

    def read_late(name: str = CURRENT) -> State:
        found = read(name)
        if not states.list_events():
            states.operate("SW1", "ABC", actor="ann", at=at(20))
        return found

    monkeypatch.setattr(states, "read_state", read_late)
    operate_by_event(
        twin.store, LiveEvent("e1", at(10).timestamp(), "switch_operation", "SW1", "A")
    )
    assert [(each.actor, each.to_phases) for each in states.list_events()] == [("ann", "ABC")]


def test_the_order_of_one_batch_is_that_of_time(twin: Twin) -> None:
    events = [
        switched("e1", 10, "SW1", "ABC"), switched("e2", 20, "SW1", ""),
        switched("e3", 30, "SW1", "ABC"),
    ]  # fmt: skip
    random.Random(3).shuffle(events)
    Follower(twin)(*events)
    assert [each.at for each in twin.store.states.list_events()] == [
        at(s).isoformat() for s in (10, 20, 30)
    ]
    assert outages(twin)[-1] == ("SW1", "confirmed", 60, 60)


def test_scada_brings_the_twin_in_step_only_where_it_differs(twin: Twin) -> None:
    follow = Follower(twin)
    same = message("s1", after(1), "scada_status", equipment_id="SW1", open_phases="")
    other = message("s2", after(2), "scada_status", equipment_id="SW2", open_phases="ABC")
    follow(same, other)
    assert [(each.mrid, each.actor) for each in twin.store.states.list_events()] == [
        ("SW2", "scada")
    ]


def test_a_fault_opens_an_outage_or_explains_one_that_is_open(twin: Twin) -> None:
    follow = Follower(twin)
    follow(message("f1", after(5), "fault", equipment_id="L3", detail="tree on line"))
    (outage,) = twin.outages.all()
    assert (outage.device, outage.status, outage.cause) == ("L3", Status.CONFIRMED, "tree on line")
    assert outage.customers_out == 70  # the breaker trips
    follow(switched("e1", 6, "B1", "ABC"))
    follow(message("f2", after(7), "fault", equipment_id="L2", detail="broken pole"))
    (outage,) = twin.outages.all()
    assert (outage.customers_out, outage.cause) == (70, "broken pole")


def test_last_gasps_open_outages_that_an_operation_confirms_and_restorations_end(
    twin: Twin,
) -> None:
    follow = Follower(twin)
    follow(gasp("Mb", 1), gasp("Mc", 2))
    (predicted,) = twin.outages.all()
    assert predicted.status is Status.PREDICTED
    follow(switched("e1", 1, "SW1", "ABC"))
    (outage,) = twin.outages.all()
    assert (outage.id, outage.status, outage.device) == (predicted.id, Status.CONFIRMED, "SW1")
    follow(gasp("Mc", 300, "power_restored"))
    assert outages(twin) == [("SW1", "partially_restored", 60, 20)]
    follow(gasp("Mb", 400, "power_restored"))
    assert outages(twin) == [("SW1", "restored", 60, 0)]
    follow(gasp("Ma", 500), gasp("Mb", 500), gasp("Mc", 501))  # the next one
    assert [each[1] for each in outages(twin)] == ["restored", "predicted"]


def test_what_came_back_by_switching_is_not_predicted_again_by_old_gasps(twin: Twin) -> None:
    follow = Follower(twin)
    follow(gasp("Mb", 1), gasp("Mc", 2), switched("e1", 1, "SW1", "ABC"))
    follow(switched("e2", 200, "SW1", ""))
    follow()
    assert [each[1] for each in outages(twin)] == ["restored"]
    Follower(twin)()
    assert [each[1] for each in outages(twin)] == ["restored"]


def test_messages_that_cannot_be_used_are_set_apart_with_the_reason(twin: Twin) -> None:
    follow = Follower(twin)
    follow(
        b"{", b"[]", switched("e1", 1, "SW9", "ABC"), switched("e2", 1, "L1", "ABC"),
        message("e3", after(86_400 * 2), "last_gasp", meter_id="Ma"),
        message("e4", "yesterday", "fault", equipment_id="L1"),
        switched("e5", 2, "SW1", "ABC"),
    )  # fmt: skip
    reasons = {each.place: each.reason for each in twin.store.live.list_dead_letters()}
    assert "SW1" in reasons["e1"]
    assert "cannot be switched" in reasons["e2"]
    assert reasons["test:1"].startswith("no JSON")
    assert reasons["test:2"] == "no JSON object"
    assert "to come" in reasons["test:5"]
    assert "no time" in reasons["test:6"]
    assert outages(twin) == [("SW1", "confirmed", 60, 60)]


def test_each_change_is_told_once_whoever_made_it(twin: Twin) -> None:
    follow = Follower(twin)
    follow(switched("e1", 10, "SW1", "ABC"))
    told = follow.tell()
    (outage,) = twin.outages.all()
    assert [(each["kind"], each["status"], each["customers_out"]) for each in told] == [
        ("outage_opened", "confirmed", 60)
    ]
    assert told[0]["outage_id"] == outage.id
    assert told[0]["device"] == "SW1"
    assert follow.tell() == []
    twin.outages.note(outage.id, cause="tree")
    twin.outages.restore(outage.id, usage_points=["Mc"])
    twin.outages.restore(outage.id)
    assert [(each["kind"], each["customers_out"]) for each in follow.tell()] == [
        ("outage_changed", 60), ("outage_changed", 20), ("outage_closed", 0),
    ]  # fmt: skip


def test_alerts_that_were_cut_short_are_told_again_under_the_same_id(twin: Twin) -> None:
    follow = Follower(twin)
    follow(switched("e1", 10, "SW1", "ABC"))
    sent: list[bytes] = []

    def cut_short(_keys: list[bytes], values: list[bytes]) -> None:
        sent.extend(values)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        follow.live.publish_alerts(cut_short)
    again: list[bytes] = []
    Follower(twin).live.publish_alerts(lambda _keys, values: again.extend(values))
    assert again == sent


def test_an_estimate_is_a_change_that_is_told(twin: Twin) -> None:
    follow = Follower(twin, estimates=True)
    follow(switched("e1", 10, "SW1", "ABC"))
    told = follow.tell()
    assert [each["kind"] for each in told] == ["outage_opened", "outage_changed"]
    assert "etr" not in told[0]
    assert len({each["event_id"] for each in told}) == 2


def sets(twin: Twin) -> set[frozenset[str]]:
    members = twin.outages.members()
    return {
        frozenset(members.usage_point[members.outage == name])
        for name in np.unique(members.outage.astype(str))
    }


@pytest.mark.parametrize("seed", [1, 2])
def test_a_storm_in_messages_gives_the_outages_of_the_inference(seed: int, tmp_path: Path) -> None:
    network = gridtwin.synthesize("houston", meters=3_000, seed=seed)
    twin = gridtwin.open(network).save(tmp_path / "storm.twin")
    told = storm(twin, seed=seed, start_s=time.time() - 4_500, outages=12, momentary=0)
    lines = told.lines + random.Random(seed).choices(told.lines, k=len(told.lines) // 10)
    random.Random(seed).shuffle(lines)
    follow = Follower(twin)
    for first in range(0, len(lines), 40):
        follow(*lines[first : first + 40], final=first % 3 == 0)
    follow()
    live = twin.inference()
    live.update(told.events)
    expected = {frozenset(each.usage_points.tolist()) for each in live.answer().outages}
    assert sets(twin) == expected
    assert follow.live.metrics.events == len(told.lines)


def test_alerts_are_kept_as_long_as_their_outage_is_open(twin: Twin) -> None:
    follow = Follower(twin)
    follow(switched("e1", 10, "SW1", "ABC"))
    assert isinstance(twin.store.live.list_unpublished_alerts(10)[0], Alert)
    twin.store.live.forget_before(time.time() + 10)
    assert len(twin.store.live.list_unpublished_alerts(10)) == 1
    follow(switched("e2", 20, "SW1", ""))
    twin.store.live.forget_before(time.time() + 10)
    assert twin.store.live.list_unpublished_alerts(10) == []
    assert twin.store.live.list_events(0.0) == []


def test_only_what_is_new_is_read_after_a_restart(twin: Twin) -> None:
    follow = Follower(twin)
    follow(switched("e1", 10, "SW1", "ABC"), source="events.jsonl")
    assert follow.live.read_offsets()["events.jsonl"] == 1
    assert Follower(twin).live.read_offsets() == follow.live.read_offsets()

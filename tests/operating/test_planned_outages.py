"""Work is announced, begun, ended; who has no supply meanwhile is known, and written to."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import gridtwin
from gridtwin.errors import ConflictError, GridtwinError, InputError, NotFoundError
from gridtwin.model.outage import Outage, Status
from gridtwin.model.planned_outage import PlannedStatus
from gridtwin.results.customer_masking import Viewer
from gridtwin.twin import Twin
from gridtwin.twin.outage_operations import OutageOperations
from gridtwin.twin.planned_operations import PlannedOperations
from networks import feeder_in_three_sections, two_feeders_with_a_tie
from small_customers import HOME, save_customers

START = datetime.now(UTC).replace(microsecond=0) + timedelta(days=7)
END = START + timedelta(hours=4)
OFF = {"FUSE": True}
CLERK = Viewer("ann", may_see_personal_data=True)


@pytest.fixture
def twin() -> Twin:
    return gridtwin.open(two_feeders_with_a_tie())


def names(twin: Twin, planned: str) -> list[str]:
    return [each.usage_point for each in twin.planned.points(planned)]


def test_who_can_be_fed_otherwise_keeps_supply() -> None:
    twin = gridtwin.open(feeder_in_three_sections())
    alone = twin.blast_radius("L2", scope="element").usage_points.tolist()
    found = twin.planned.affected(["L2"])
    assert [each.usage_point for each in found.points] < alone
    assert found.switches["TIE"] == ""  # closed meanwhile
    said = twin.planned.affected(switches={"SW1": True})
    assert {each.usage_point for each in said.points} >= {each.usage_point for each in found.points}
    assert said.switches == {"SW1": "ABC"}


def test_from_the_announcement_to_the_end(twin: Twin) -> None:
    planned = twin.planned.announce([], START, END, reason="new fuse", switches=OFF, actor="ann")
    assert (planned.status, planned.customers, names(twin, planned.id)) == ("announced", 3, ["M3"])
    moved = twin.planned.move(planned.id, START, END + timedelta(hours=1), actor="bob")
    assert (moved.ends_at - END, moved.changed_by) == (timedelta(hours=1), "bob")
    begun = twin.planned.start(planned.id, actor="ann")
    outage = twin.outages.get(begun.outage)
    assert (outage.planned, outage.cause, outage.etr_manual) == (True, "new fuse", moved.ends_at)
    assert twin.outages.members(outage.id).usage_point.tolist() == ["M3"]
    longer = twin.planned.move(planned.id, START, END + timedelta(hours=2), actor="ann")
    assert twin.outages.get(outage.id).etr_manual == longer.ends_at
    done = twin.planned.end(planned.id, actor="ann")
    assert (done.status, twin.outages.get(outage.id).status) == ("done", Status.RESTORED)
    assert twin.planned.all() == []
    assert twin.planned.all(past=True) == [done]


def test_a_past_moment_shows_them_as_they_stood(twin: Twin) -> None:
    moments = [datetime.now(UTC)]

    def pass_time() -> None:
        time.sleep(0.002)
        moments.append(datetime.now(UTC))
        time.sleep(0.002)

    planned = twin.planned.announce([], START, END, reason="new fuse", switches=OFF, actor="ann")
    other = twin.planned.announce(["L2"], START, END, reason="poles", actor="ann")
    pass_time()
    begun = twin.planned.start(planned.id, actor="bob")
    pass_time()
    twin.planned.end(planned.id, actor="bob")
    twin.planned.cancel(other.id, actor="bob")
    pass_time()
    announced, ongoing, done, canceled = PlannedStatus
    then = [twin.at(moment) for moment in moments]
    stood = [{each.id: each.status for each in past.planned.all(past=True)} for past in then]
    assert stood == [
        {},
        {planned.id: announced, other.id: announced},
        {planned.id: ongoing, other.id: announced},
        {planned.id: done, other.id: canceled},
    ]
    assert replace(then[1].planned.get(planned.id), revision=planned.revision) == planned
    assert then[2].planned.get(planned.id).outage == begun.outage
    assert then[3].planned.all() == []
    with pytest.raises(NotFoundError):
        then[0].planned.get(planned.id)
    for refused in (then[1].planned.start, then[1].planned.cancel):
        with pytest.raises(GridtwinError, match="is only read"):
            refused(planned.id)
    assert twin.planned.get(planned.id).status is done


def test_what_does_not_take_place_is_canceled_and_stays_so(twin: Twin) -> None:
    planned = twin.planned.announce(["L2"], START, END, reason="poles")
    assert twin.planned.cancel(planned.id).status is PlannedStatus.CANCELED
    for refused in (twin.planned.start, twin.planned.end, twin.planned.cancel):
        with pytest.raises(InputError, match="is canceled"):
            refused(planned.id)
    with pytest.raises(InputError, match="announce another"):
        twin.planned.move(planned.id, START, END)


def test_a_start_that_opens_no_outage_leaves_it_announced(twin: Twin) -> None:
    planned = twin.planned.announce([], START, END, reason="new fuse", switches=OFF)
    fault = twin.outages.open("FUSE")  # before the work begins
    with pytest.raises(InputError, match="out already"):
        twin.planned.start(planned.id)
    assert (twin.planned.get(planned.id).status, twin.planned.get(planned.id).outage) == (
        PlannedStatus.ANNOUNCED, "",
    )  # fmt: skip
    twin.outages.restore(fault.id)
    begun = twin.planned.start(planned.id)
    with pytest.raises(InputError, match="is ongoing"):
        twin.planned.start(planned.id)
    twin.outages.restore(begun.outage)  # by somebody who did not end the work
    assert twin.planned.end(planned.id).status is PlannedStatus.DONE


def test_a_start_that_was_cut_short_is_done_again(twin: Twin) -> None:
    planned = twin.planned.announce([], START, END, reason="new fuse", switches=OFF)
    noted = twin.planned._advance(planned, PlannedStatus.ONGOING, "ann", outage="O-1")
    assert twin.planned.start(planned.id) == noted  # the process had died in between
    assert twin.outages.get("O-1").customers_out == 3


def test_of_two_who_begin_at_once_neither_undoes_the_other(
    twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = twin.planned.announce([], START, END, reason="new fuse", switches=OFF)
    begin, begun = OutageOperations.open, []

    def begin_late(outages: OutageOperations, *args: Any, **given: Any) -> Outage:
        if not begun:  # the other one takes it for a start that was cut short
            begun.append(True)
            begun[0] = twin.planned.start(planned.id, actor="bob")
        return begin(outages, *args, **given)

    monkeypatch.setattr(OutageOperations, "open", begin_late)
    assert twin.planned.start(planned.id, actor="ann") == begun[0]
    assert twin.planned.get(planned.id).status is PlannedStatus.ONGOING
    assert [each.id for each in twin.outages.all()] == [begun[0].outage]


@pytest.mark.parametrize(
    ("given", "error", "told"),
    [
        ({"elements": ["nothing"]}, NotFoundError, "nothing"),
        ({"elements": []}, InputError, "name elements"),
        ({"reason": " "}, InputError, "has a reason"),
        ({"ends_at": START}, InputError, "ends after it starts"),
        ({"ends_at": START + timedelta(days=90)}, InputError, "within 60 days"),
        ({"starts_at": START - timedelta(days=30), "ends_at": END - timedelta(days=30)},
         InputError, "is past"),
        ({"switches": {"TIE": True}}, InputError, "nobody loses supply"),
        ({"switches": {"L1": True}}, InputError, "L1"),
        ({"switches": {"BKR1": "Q"}}, InputError, "Q"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told(twin: Twin, given: dict, error: type[Exception], told: str) -> None:
    asked = {"elements": ["FUSE"], "starts_at": START, "ends_at": END, "reason": "poles"} | given
    with pytest.raises(error, match=told):
        twin.planned.announce(**asked)
    assert twin.planned.all(past=True) == []


def test_of_two_who_change_one_the_second_is_told(twin: Twin) -> None:
    planned = twin.planned.announce([], START, END, reason="new fuse", switches=OFF)
    twin.planned.cancel(planned.id)
    with pytest.raises(ConflictError):
        twin.planned._change(planned, "bob", ends_at=END + timedelta(hours=1))


def test_who_moves_what_another_moved_promises_nothing(
    twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = twin.planned.announce([], START, END, reason="new fuse", switches=OFF)
    begun = twin.planned.start(planned.id)
    moved = twin.planned.move(planned.id, START, END + timedelta(hours=1))
    monkeypatch.setattr(PlannedOperations, "get", lambda *_: begun)  # as it was before
    with pytest.raises(ConflictError):
        twin.planned.move(planned.id, START, END + timedelta(hours=2))
    assert twin.outages.get(begun.outage).etr_manual == moved.ends_at


def test_letters_go_to_accounts_then_premises_then_usage_points(tmp_path: Path) -> None:
    twin = save_customers(tmp_path / "small.twin")
    vacant = HOME | {"esi_id": "104438", "premise": "P2", "usage_point": "M4"}
    held = HOME | {"esi_id": "104437", "premise": "P1", "usage_point": "M3"}
    twin.customers.loading.load_points(pd.DataFrame([held, vacant]))
    planned = twin.planned.announce(["BKR1"], START, END, reason="breaker", state="normal")
    first, second = twin.planned.letters(planned.id, CLERK)
    assert (first.usage_point, first.account, first.surname, first.premise) == (
        "M3", "A1", "Winward", "P1",
    )  # fmt: skip
    assert (second.usage_point, second.account, second.address) == ("M4", "", "12 Oak St")
    masked = twin.planned.letters(planned.id, Viewer("bob"))
    assert {each.surname for each in masked} == {"***", ""}
    assert masked[0].address == "***"
    questions = [row[2] for row in twin.customers.privacy.list_lookups()]
    assert questions.count("affected") == 1


def test_without_customers_letters_name_usage_points(twin: Twin) -> None:
    planned = twin.planned.announce([], START, END, reason="new fuse", switches=OFF)
    (letter,) = twin.planned.letters(planned.id, CLERK)
    assert (letter.usage_point, letter.customers, letter.account) == ("M3", "3", "")

"""What persons operate: commands, tags, requests and orders, refused in the transaction itself."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

import gridtwin
from gridtwin.errors import (
    InputError,
    NotFoundError,
    OperationConflictError,
    OperationRefusedError,
)
from gridtwin.model.crew_assignments import AssignmentStatus
from gridtwin.model.crews import Crew
from gridtwin.model.operation_request import RequestStatus
from gridtwin.model.operational_tag import OperationalTag
from gridtwin.model.switch_command import SwitchCommand
from gridtwin.model.switching_order import OrderStep, StepStatus, SwitchingOrder
from gridtwin.store.postgis.connect import connect

from .conftest import DATABASES, keep, make_network

if TYPE_CHECKING:
    from pathlib import Path

    from gridtwin.store.protocol import Store
    from gridtwin.twin import Twin

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(
    params=["memory", "local", "postgis", pytest.param("upgraded", marks=pytest.mark.long)]
)
def twin(request: pytest.FixtureRequest, tmp_path: Path) -> Twin:
    """Return a new twin, wherever it is kept."""
    if request.param == "memory":
        return gridtwin.open(make_network())
    if request.param == "local":
        return gridtwin.open(str(keep(tmp_path / "small.twin").path))
    url = str(request.getfixturevalue(DATABASES[request.param]))
    return gridtwin.open(make_network()).save(url)


@pytest.fixture
def store(twin: Twin) -> Store:
    return twin.store


def command(mrid: str = "TIE-1", **given: object) -> SwitchCommand:
    return SwitchCommand(mrid, "", "ABC", "ann", **given)  # type: ignore[arg-type]


def tag(mrid: str = "TIE-1", kind: str = "hold") -> OperationalTag:
    return OperationalTag(mrid, kind, "crew at work", "ann", NOON)


@pytest.mark.parametrize("kind", ["hold", "caution"])
def test_nobody_operates_what_a_tag_hangs_on(twin: Twin, kind: str) -> None:
    store = twin.store
    hung = store.operating.place_tag(tag(kind=kind))
    assert store.operating.list_tags("TIE-1") == store.operating.list_tags() == [hung]
    assert (hung.number, hung.hangs, hung.placed_at) == (1, True, NOON)
    with pytest.raises(OperationRefusedError, match="crew at work"):
        store.operating.carry_out(command())
    with pytest.raises(OperationRefusedError, match="remove the tag first"):
        twin.switch("TIE-1", open=False)
    assert store.states.read_state().version == 0
    # A message tells what has happened already: that is written down all the same.
    assert store.states.operate("TIE-1", "A", actor="scada").version == 1
    gone = store.operating.remove_tag(1, actor="ann", at=NOON)
    assert (gone.removed_by, gone.hangs) == ("ann", False)
    assert store.operating.list_tags() == []
    assert store.operating.list_tags(past=True) == [gone]
    assert twin.switch("TIE-1", open=False, actor="bob").version == 2


def test_a_hold_is_removed_by_who_placed_it_or_with_a_reason(store: Store) -> None:
    store.operating.place_tag(tag())
    book = store.operating
    with pytest.raises(InputError, match="say why"):
        book.remove_tag(1, actor="bob", at=NOON)
    with pytest.raises(NotFoundError):
        book.remove_tag(7, actor="bob", at=NOON)
    assert book.remove_tag(1, actor="bob", at=NOON, because="ann went home").removed_by == "bob"
    with pytest.raises(InputError, match="removed by bob"):
        book.remove_tag(1, actor="ann", at=NOON)
    for wrong in (tag(kind="red"), OperationalTag("TIE-1", "hold", " ", "ann", NOON)):
        with pytest.raises(InputError):
            book.place_tag(wrong)


def test_a_command_that_was_decided_on_another_state_is_refused(store: Store) -> None:
    book = store.operating
    assert book.carry_out(command(expected=0, newest_tag=0, request="once")).version == 1
    assert book.carry_out(command(expected=0, newest_tag=0, request="once")).version == 1
    with pytest.raises(OperationConflictError, match="version 0 to 1"):
        book.carry_out(command(expected=0))
    book.place_tag(tag("LINE-1"))
    with pytest.raises(OperationConflictError, match="tag 1 was hung"):
        book.carry_out(command("BRK-1", expected=1, newest_tag=0))
    assert [event.actor for event in store.states.list_events()] == ["ann"]


def test_of_many_who_operate_at_once_on_one_version_one_does(store: Store) -> None:
    def operate(_: int) -> bool:
        try:
            store.operating.carry_out(command(expected=0))
        except OperationConflictError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(operate, range(8))) == 1
    assert store.states.read_state().version == 1


def test_two_persons_operate_together(twin: Twin) -> None:
    asked = twin.operations.request("TIE-1", open=False, actor="ann", minutes=5)
    assert twin.operations.requests() == [asked]
    assert twin.version == 0
    with pytest.raises(InputError, match="another person"):
        twin.operations.confirm(asked.id, actor="ann")
    assert twin.operations.confirm(asked.id, actor="bob").version == 1
    (event,) = twin.store.states.list_events()
    assert (event.mrid, event.actor) == ("TIE-1", "bob")
    done = twin.store.operating.read_request(asked.id)
    assert (done.status, done.decided_by, done.version) == (RequestStatus.DONE, "bob", 1)
    with pytest.raises(InputError, match="is done by bob"):
        twin.operations.confirm(asked.id, actor="bob")
    other = twin.operations.request("TIE-1", open=True, actor="ann")
    assert twin.operations.withdraw(other.id, actor="ann").status is RequestStatus.WITHDRAWN
    with pytest.raises(InputError, match="withdrawn"):
        twin.operations.withdraw(other.id, actor="ann")
    with pytest.raises(NotFoundError):
        twin.operations.confirm("R-0", actor="bob")
    everything = twin.operations.requests(since=NOON)
    assert [each.id for each in everything] == [asked.id, other.id]


def test_what_waited_too_long_or_would_do_something_else_is_not_confirmed(twin: Twin) -> None:
    from dataclasses import replace

    asked = twin.operations.request("TIE-1", open=False, actor="ann")
    late = replace(asked, id="R-late", expires_at=datetime.now(UTC) - timedelta(seconds=1))
    twin.store.operating.add_request(late)
    assert [each.id for each in twin.operations.requests()] == [asked.id]
    with pytest.raises(InputError, match="expired"):
        twin.operations.confirm("R-late", actor="bob")
    twin.switch("TIE-1", open=False, phases="A", actor="eve")
    with pytest.raises(OperationConflictError, match="eve operated it last"):
        twin.operations.confirm(asked.id, actor="bob")
    assert twin.version == 1


def test_an_order_survives_and_its_steps_are_written_once(store: Store) -> None:
    book = store.operating
    steps = (OrderStep(1, "open", "BRK-1"), OrderStep(2, "verify", "TIE-1", remote=False))
    order = SwitchingOrder("S-1", ("LINE-1", "FUSE-ü"), steps, "ann", NOON)
    assert book.start_order(order) == order
    with pytest.raises(OperationConflictError, match="S-1 already"):
        book.start_order(SwitchingOrder("S-2", ("FUSE-ü", "LINE-1"), steps, "bob", NOON))
    done = OrderStep(1, "open", "BRK-1", status=StepStatus.DONE, actor="ann", at=NOON)
    written = book.write_step("S-1", steps[0], done)
    assert written.steps == (done, steps[1])
    assert written.next_step == steps[1]
    skipped = OrderStep(1, "open", "BRK-1", status=StepStatus.SKIPPED, actor="bob", at=NOON)
    with pytest.raises(OperationConflictError, match="is done by now"):
        book.write_step("S-1", steps[0], skipped)
    ended = book.end_order("S-1", actor="ann", at=NOON)
    assert (ended.status, ended.ended_by, ended.ended_at) == ("ended", "ann", NOON)
    assert book.list_orders() == []
    assert book.list_orders(past=True) == [ended]
    with pytest.raises(InputError, match="ended by ann"):
        book.write_step("S-1", steps[1], steps[1])
    assert book.start_order(SwitchingOrder("S-3", order.of, steps, "bob", NOON)).id == "S-3"
    with pytest.raises(NotFoundError):
        book.read_order("S-9")


def test_a_step_and_its_operation_are_written_together_or_not_at_all(store: Store) -> None:
    book = store.operating
    step = OrderStep(1, "close", "TIE-1")
    book.start_order(SwitchingOrder("S-1", ("LINE-1",), (step,), "ann", NOON))
    done = OrderStep(1, "close", "TIE-1", status=StepStatus.DONE, actor="ann", at=NOON)
    given = {"order": "S-1", "step": step, "step_after": done}
    assert book.carry_out(command(**given)).version == 1
    assert book.read_order("S-1").steps[0].version == 1
    with pytest.raises(OperationConflictError, match="is done by now"):
        book.carry_out(command(**given))
    assert store.states.read_state().version == 1


def test_a_crew_is_in_one_place_at_a_time(store: Store) -> None:
    from gridtwin.model.crew_assignments import CrewAssignment

    store.crews.write_crews([Crew("C-1", "Line 1")])
    book = store.assignments

    def assign(outage: str) -> CrewAssignment:
        return book.add_assignment(CrewAssignment("C-1", outage, "ann", NOON, "ann", NOON))

    first, second = assign("O-1"), assign("O-2")
    assert store.crews.list_crews()[0].status == "assigned"
    with pytest.raises(InputError, match="assigned to outage O-1 already"):
        book.add_assignment(CrewAssignment("C-1", "O-1", "bob", NOON, "bob", NOON))
    moving = book.change_assignment(first, first.advance(AssignmentStatus.EN_ROUTE, "bob", NOON))
    assert (moving.en_route_at, moving.changed_by) == (NOON, "bob")
    assert store.crews.list_crews()[0].status == "en_route"
    with pytest.raises(InputError, match="one place"):
        book.change_assignment(second, second.advance(AssignmentStatus.ON_SITE, "ann", NOON))
    with pytest.raises(InputError, match="made en_route by bob"):
        book.change_assignment(first, first.advance(AssignmentStatus.DONE, "ann", NOON))
    done = book.change_assignment(moving, moving.advance(AssignmentStatus.DONE, "ann", NOON))
    assert book.list_assignments() == [second]
    assert book.list_assignments(outage="O-1", past=True) == [done]
    with pytest.raises(InputError, match="not on_site next"):
        done.advance(AssignmentStatus.ON_SITE, "ann", NOON)
    book.change_assignment(second, second.advance(AssignmentStatus.WITHDRAWN, "ann", NOON))
    assert store.crews.list_crews()[0].status == "available"
    third = assign("O-3")
    store.crews.write_crews([Crew("C-1", "Line 1", status="off_duty")])
    book.change_assignment(third, third.advance(AssignmentStatus.DONE, "ann", NOON))
    assert store.crews.list_crews()[0].status == "off_duty"


def test_who_follows_is_told_and_the_past_is_only_read(twin: Twin) -> None:
    store = twin.store
    before = store.read_versions()
    store.operating.place_tag(tag())
    assert "operating" in store.wait_for_changes(before, timeout_s=5).what
    past = twin.at(datetime.now(UTC))
    assert [each.mrid for each in past.store.operating.list_tags()] == ["TIE-1"]
    assert twin.at(NOON - timedelta(1)).store.operating.list_tags(past=True) == []
    with pytest.raises(InputError, match="only read"):
        past.switch("TIE-1", open=False)


def test_sql_clients_heed_tags_and_the_audit_tells_of_all(database: str) -> None:
    twin = gridtwin.open(make_network()).save(database)
    twin.operations.place_tag("TIE-1", "crew at work", actor="ann")
    with connect(database, autocommit=True) as client:
        with pytest.raises(Exception, match="hold tag 1 by ann: crew at work"):
            client.execute("SELECT gridtwin.operate('TIE-1', false)")
        for forged in (
            "UPDATE gridtwin.tags SET kind = 'caution'",
            "UPDATE gridtwin.tags SET mrid = 'LINE-1'",
            "UPDATE gridtwin.tags SET placed_by = 'bob'",
        ):
            with pytest.raises(Exception, match="tag 1 hangs as it was placed"):
                client.execute(forged)
        with pytest.raises(Exception, match="say why another person"):
            client.execute("UPDATE gridtwin.tags SET removed_by = 'bob', removed_at = now()")
        client.execute(
            "UPDATE gridtwin.tags SET removed_by = 'ann', removed_at = now() WHERE number = 1"
        )
        with pytest.raises(Exception, match="removed by ann already"):
            client.execute("UPDATE gridtwin.tags SET removed_at = NULL")
        client.execute("SELECT gridtwin.operate('TIE-1', false, 'A')")
        rows = client.execute(
            "SELECT change FROM gridtwin.audit WHERE table_name = 'tags' ORDER BY id"
        ).fetchall()
    assert rows == [("insert",), ("update",)]
    assert twin.version == 1

"""A switching order checks each step against how things stand, and undoes the last ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import gridtwin
from document_schemas import hold_to_schema
from gridtwin.errors import InputError, NotFoundError, OperationConflictError, OperationRefusedError
from gridtwin.model.switching_order import StepStatus, SwitchingOrder
from gridtwin.results.operating_answers import make_orders_document
from networks import feeder_in_three_sections

if TYPE_CHECKING:
    from pathlib import Path

    from gridtwin.twin import Twin


@pytest.fixture
def twin(tmp_path: Path) -> Twin:
    """Return a feeder whose middle section has failed: its breaker tripped."""
    kept = gridtwin.open(feeder_in_three_sections()).save(tmp_path / "three.twin")
    kept.switch("B1", open=True)
    return kept


def statuses(order: SwitchingOrder) -> list[str]:
    return [step.status.value for step in order.steps]


def test_a_plan_is_carried_out_step_by_step(twin: Twin) -> None:
    plan = twin.restore("L2")
    order = twin.orders.start(plan, actor="ann")
    hold_to_schema(make_orders_document([order]))
    assert [(step.action, step.mrid) for step in order.steps] == [
        (str(step["action"]), step["mrid"]) for step in plan.steps()
    ]
    assert order.of == ("L2",)
    again = gridtwin.open(twin.store.path)  # another process goes on
    for step in order.steps:
        seen = again.orders.preview(order.id)
        digest = "" if seen is None else seen.digest
        order = again.orders.do(order.id, step.number, actor="bob", confirmed=digest)
        assert order.steps[step.number - 1].status is StepStatus.DONE
    hold_to_schema(make_orders_document([order]))
    assert order.next_step is None
    opened = twin.store.states.read_state().open_mask(twin.network)
    row = {mrid: twin.find_one(mrid).row for mrid in plan.switches}
    assert {mrid: bool(opened[row[mrid]]) for mrid in row} == {
        mrid: bool(stands) for mrid, stands in plan.switches.items()
    }
    with pytest.raises(InputError, match="all steps"):
        twin.orders.do(order.id)
    assert twin.orders.end(order.id, actor="ann").status == "ended"
    with pytest.raises(InputError, match="ended"):
        twin.orders.undo(order.id)
    assert twin.orders.all() == []
    assert [each.id for each in twin.orders.all(past=True)] == [order.id]


def test_steps_have_their_turn_and_are_undone_in_reverse(twin: Twin) -> None:
    before = twin.store.states.read_state().deviations
    steps = [("open", "SW1"), ("verify", "TIE"), ("open", "SW2"), ("close", "TIE")]
    order = twin.orders.start(steps, of=["L2"], actor="ann")
    with pytest.raises(OperationConflictError, match=order.id):
        twin.orders.start(steps, of=["L2"], actor="bob")
    with pytest.raises(InputError, match=r"step 1 of order .* comes first"):
        twin.orders.do(order.id, 3, actor="ann")
    twin.orders.do(order.id, actor="ann")
    twin.orders.do(order.id, actor="ann")
    with pytest.raises(InputError, match="is done already"):
        twin.orders.do(order.id, 1, actor="ann")
    with pytest.raises(InputError, match="say why"):
        twin.orders.skip(order.id, because=" ")
    skipped = twin.orders.skip(order.id, because="SW2 is stuck", actor="bob")
    assert (skipped.steps[2].note, skipped.steps[2].actor) == ("SW2 is stuck", "bob")
    done = twin.orders.do(order.id, actor="ann")
    assert statuses(done) == ["done", "done", "skipped", "done"]
    undone = twin.orders.undo(order.id, steps=3, actor="eve")
    assert statuses(undone) == ["undone", "undone", "skipped", "undone"]
    assert twin.store.states.read_state().deviations == before
    assert {step.actor for step in undone.steps} == {"eve", "bob"}
    with pytest.raises(InputError, match="no step that can be undone"):
        twin.orders.undo(order.id)
    assert statuses(twin.orders.do(order.id, actor="ann"))[0] == "done"


def test_a_step_that_may_not_be_done_is_failed_and_can_be_tried_again(twin: Twin) -> None:
    steps = [("open", "SW1"), ("verify_and_tag", "SW2")]
    order = twin.orders.start(steps, of=["L2"], actor="ann")
    hold = twin.operations.place_tag("SW1", "under repair", actor="eve")
    with pytest.raises(OperationRefusedError, match="under repair"):
        twin.orders.do(order.id, actor="ann")
    failed = twin.orders.get(order.id).steps[0]
    assert (failed.status, failed.actor) == (StepStatus.FAILED, "ann")
    assert "under repair" in failed.note
    twin.operations.remove_tag(hold.number, actor="eve")
    assert twin.orders.do(order.id, actor="ann").steps[0].note == ""
    with pytest.raises(InputError, match="is closed on ABC"):
        twin.orders.do(order.id, actor="ann")
    twin.switch("SW2", open=True)
    assert statuses(twin.orders.do(order.id, actor="ann")) == ["done", "done"]
    (tag,) = twin.operations.tags("SW2")
    assert (tag.kind, tag.placed_by) == ("hold", "ann")
    assert tag.reason == f"order {order.id}, step 2: isolates L2"
    with pytest.raises(OperationRefusedError):
        twin.switch("SW2", open=False)
    assert statuses(twin.orders.undo(order.id, actor="bob")) == ["done", "undone"]
    assert twin.operations.tags() == []


def test_what_somebody_operated_since_is_not_undone(twin: Twin) -> None:
    order = twin.orders.start([("open", "SW1")], of=["L2"], actor="ann")
    digest = twin.orders.preview(order.id)
    assert digest is not None
    twin.switch("SW1", open=True, phases="A", actor="eve")
    with pytest.raises(OperationConflictError, match="eve operated it last"):
        twin.orders.do(order.id, actor="ann", confirmed=digest.digest)
    assert statuses(twin.orders.get(order.id)) == ["pending"]
    done = twin.orders.do(order.id, actor="ann")
    assert (done.steps[0].open_before, done.steps[0].version) == ("A", 3)
    undone = twin.orders.undo(order.id, actor="ann")
    assert twin.store.states.read_state().deviations["SW1"] == "A"  # as it was found
    assert statuses(undone) == ["undone"]
    twin.orders.do(order.id, actor="ann")
    twin.switch("SW1", open=False, actor="eve")
    with pytest.raises(OperationConflictError, match="eve operated SW1 since"):
        twin.orders.undo(order.id, actor="ann")


def test_what_is_no_order_is_refused(twin: Twin) -> None:
    for steps, of in (([], ["L2"]), ([("blow", "SW1")], ["L2"]), ([("open", "L1")], ["L2"])):
        with pytest.raises(InputError):
            twin.orders.start(steps, of=of, actor="ann")
    with pytest.raises(InputError, match="what it is for"):
        twin.orders.start([("open", "SW1")], actor="ann")
    with pytest.raises(NotFoundError):
        twin.orders.start([("open", "NOWHERE")], of=["L2"], actor="ann")
    with pytest.raises(NotFoundError):
        twin.orders.do("S-0", actor="ann")
    order = twin.orders.start([("verify", "SW1")], of=["L2"], actor="ann")
    with pytest.raises(InputError, match="has no step 2"):
        twin.orders.do(order.id, 2, actor="ann")
    assert twin.orders.preview(order.id) is None

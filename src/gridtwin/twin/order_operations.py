"""
Carry out switching plans step by step, each step checked against how things stand.

>>> import gridtwin
>>> twin = gridtwin.open(gridtwin.synthesize("houston", meters=500, seed=1))
>>> order = twin.orders.start([("open", twin.network.feeders["head"][0])], of=["test"], actor="ann")
>>> twin.orders.do(order.id, actor="ann").steps[0].status
<StepStatus.DONE: 'done'>
>>> twin.orders.undo(order.id, actor="ann").steps[0].status
<StepStatus.UNDONE: 'undone'>
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gridtwin.errors import InputError, OperationConflictError, OperationRefusedError
from gridtwin.model import phases as codes
from gridtwin.model.operation import of_switch
from gridtwin.model.operational_tag import MOST_REASON_CHARACTERS
from gridtwin.model.switch_command import make_dated_id
from gridtwin.model.switching_order import (
    ACTIVE,
    OPERATING_ACTIONS,
    TO_DO,
    OrderStep,
    StepStatus,
    SwitchingOrder,
    check_steps,
)
from gridtwin.results.plan_result import SwitchingPlan
from gridtwin.store.held_connections import hold_connections
from gridtwin.twin.switch_operations import OPERATE_TRIES, make_command, name_actor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridtwin.results.operation_preview import OperationPreview
    from gridtwin.twin.switch_operations import SwitchOperations


class OrderOperations:
    """
    The switching orders of a twin; every step is written, with who did it, before it returns.

    Parameters
    ----------
    operations
        What operates the switches of the twin.
    """

    def __init__(self, operations: SwitchOperations) -> None:
        self._operations = operations
        self._store = operations.store
        self._book = operations.store.operating

    def all(self, *, past: bool = False) -> list[SwitchingOrder]:
        """Return the active orders, the oldest first; with `past` also those that ended."""
        return self._book.list_orders(past=past)

    def get(self, order: str) -> SwitchingOrder:
        """Return an order by id; NotFoundError, with close matches, if there is none."""
        return self._book.read_order(order)

    @hold_connections()
    def start(
        self,
        plan: SwitchingPlan | Sequence[tuple[str, str] | OrderStep],
        *,
        of: Sequence[str] = (),
        actor: str = "",
    ) -> SwitchingOrder:
        """
        Start to carry out a plan; nothing is operated yet.

        Parameters
        ----------
        plan
            What `Twin.restore` returned, or steps: action and mRID. Actions are open, close, verify
            (that it stands open), and verify_and_tag, which hangs a hold on it, too.
        of
            What it is for: what failed, or is to be worked on; known of a plan.
        actor
            Who starts it; by default whom the environment names.

        Raises
        ------
        InputError
            If it has no steps, or one that nobody can do.
        NotFoundError
            If it names equipment that is not there.
        OperationConflictError
            If an order for the same is active.
        """
        actor = actor or name_actor()
        steps = list_order_steps(plan)
        check_steps(steps)
        for step in steps:
            if step.action in OPERATING_ACTIONS:
                of_switch(self._store.network, step.mrid, step.phases)
        names = tuple(of) or tuple(getattr(plan, "of", ()))
        if not names or not actor.strip():
            msg = "an order needs what it is for, and who starts it: give both"
            raise InputError(msg)
        now = datetime.now(UTC)
        made = SwitchingOrder(make_dated_id("S", now), names, tuple(steps), actor, now)
        return self._book.start_order(made)

    @hold_connections()
    def preview(self, order: str, number: int = 0) -> OperationPreview | None:
        """Say what a step, by default the next, would do now; None if it operates nothing."""
        step = self._choose_step(self.get(order), number)
        if step.action not in OPERATING_ACTIONS:
            return None
        return self._operations.preview(step.mrid, open=step.action == "open", phases=step.phases)

    @hold_connections()
    def do(
        self, order: str, number: int = 0, *, actor: str = "", confirmed: str = ""
    ) -> SwitchingOrder:
        """
        Do a step, if all before it are done or skipped and nothing forbids it.

        Parameters
        ----------
        order
            The order.
        number
            The step; by default the next.
        actor
            Who does it; by default whom the environment names.
        confirmed
            `OperationPreview.digest` of what was seen; by default whatever it does now.

        Returns
        -------
            The order; a step that could not be done is failed there, with why, and raises.

        Raises
        ------
        InputError
            If it is not its turn, the order has ended, or what was to be verified is not so.
        OperationRefusedError, OperationConflictError
            As `SwitchOperations.operate`.
        """
        actor = actor or name_actor()
        kept = self.get(order)
        step = self._choose_step(kept, number)
        self._check_turn(kept, step)
        try:
            return self._do_step(kept, step, actor, confirmed)
        except (OperationRefusedError, InputError) as error:
            failed = _mark(step, StepStatus.FAILED, actor, " ".join(str(error).split()))
            self._book.write_step(order, step, failed)
            raise

    def _do_step(
        self, order: SwitchingOrder, step: OrderStep, actor: str, confirmed: str
    ) -> SwitchingOrder:
        if step.action not in OPERATING_ACTIONS:
            self._verify(step)
            if step.action == "verify_and_tag":
                self._tag(order, step, actor)
            return self._book.write_step(order.id, step, _mark(step, StepStatus.DONE, actor))
        opens = step.action == "open"
        self._operate(order, step, (opens, step.phases), actor, confirmed, StepStatus.DONE)
        return self.get(order.id)

    def _operate(
        self,
        order: SwitchingOrder,
        step: OrderStep,
        position: tuple[bool, str],
        actor: str,
        confirmed: str,
        status: StepStatus,
    ) -> None:
        """Operate the switch of a step, and write the step, in one transaction."""
        opens, moving = position
        operation = of_switch(self._store.network, step.mrid, moving)
        for again in range(OPERATE_TRIES):
            seen = self._operations.preview(step.mrid, open=opens, phases=moving)
            self._operations.check_confirmed(seen, confirmed)
            done = _mark(step, status, actor)
            done = replace(done, open_before=codes.format_phases(seen.open_before))
            command = make_command(
                seen, operation, opens=opens, actor=actor, order=order.id, steps=(step, done)
            )
            try:
                self._book.carry_out(command)
            except OperationConflictError:
                if again == OPERATE_TRIES - 1 or self._find_step(order.id, step.number) != step:
                    raise
            else:
                return

    def _find_step(self, order: str, number: int) -> OrderStep:
        return self.get(order).find_step(number)

    def _verify(self, step: OrderStep) -> None:
        """Refuse, as InputError, a step whose switch does not stand open."""
        network = self._store.network
        element = network.ids.find_element(step.mrid)
        if element.table != "equipment":
            return  # a source: verified where it stands
        opened = int(self._store.states.read_state().open_mask(network)[element.row])
        wanted = codes.parse_phases(step.phases) or int(network.data.equipment.phases[element.row])
        if wanted & ~opened:
            closed = codes.format_phases(wanted & ~opened)
            msg = f"{step.mrid} was to be verified open, and is closed on {closed}"
            raise InputError(msg)

    def _tag(self, order: SwitchingOrder, step: OrderStep, actor: str) -> None:
        """Hang the tag of a step, unless it hangs since an attempt that was cut short."""
        reason = _word_reason(order, step)
        if all(tag.reason != reason for tag in self._operations.tags(step.mrid)):
            self._operations.place_tag(step.mrid, reason, actor=actor)

    def _remove_tags(self, order: SwitchingOrder, step: OrderStep, actor: str) -> None:
        """Remove the tag of a step that is undone."""
        reason = _word_reason(order, step)
        for tag in self._operations.tags(step.mrid):
            if tag.reason == reason:
                because = f"step {step.number} of order {order.id} is undone"
                self._operations.remove_tag(tag.number, actor=actor, because=because)

    def skip(self, order: str, number: int = 0, *, because: str, actor: str = "") -> SwitchingOrder:
        """Skip a step, by default the next; InputError if it is not its turn, or without a why."""
        if not because.strip():
            msg = "skipping a step needs a reason: say why"
            raise InputError(msg)
        kept = self.get(order)
        step = self._choose_step(kept, number)
        self._check_turn(kept, step)
        after = _mark(step, StepStatus.SKIPPED, actor or name_actor(), because)
        return self._book.write_step(order, step, after)

    @hold_connections()
    def undo(self, order: str, *, steps: int = 1, actor: str = "") -> SwitchingOrder:
        """
        Undo the steps that were done last: each switch stands again as it stood before.

        Parameters
        ----------
        order
            The order.
        steps
            How many, the last first.
        actor
            Who does; by default whom the environment names.

        Raises
        ------
        InputError
            If none is left to be undone.
        OperationRefusedError
            If a tag forbids it; what was undone before that stays so.
        OperationConflictError
            If somebody operated one of its switches since the step.
        """
        actor = actor or name_actor()
        for _ in range(steps):
            kept = self.get(order)
            step = kept.last_done
            if kept.status != ACTIVE or step is None:
                msg = f"order {order} is {kept.status}, and has no step that can be undone"
                raise InputError(msg)
            if step.version is None:
                self._remove_tags(kept, step, actor)
                self._book.write_step(order, step, _mark(step, StepStatus.UNDONE, actor))
                continue
            self._check_untouched(step)
            moving = codes.parse_phases(step.phases) or codes.parse_phases(self._name_poles(step))
            was_open = codes.parse_phases(step.open_before) & moving
            # What stood as the step left it was not moved by it.
            reversed_poles = was_open if step.action == "close" else moving & ~was_open
            if not reversed_poles:
                self._book.write_step(order, step, _mark(step, StepStatus.UNDONE, actor))
                continue
            position = (step.action == "close", codes.format_phases(reversed_poles))
            self._operate(kept, step, position, actor, "", StepStatus.UNDONE)
        return self.get(order)

    def _name_poles(self, step: OrderStep) -> str:
        return codes.format_phases(of_switch(self._store.network, step.mrid).poles)

    def _check_untouched(self, step: OrderStep) -> None:
        events = self._store.states.list_events(step.version or 0)
        later = [event for event in events if event.mrid == step.mrid]
        if later:
            msg = (
                f"step {step.number} cannot be undone: {later[-1].actor or 'somebody'} operated"
                f" {step.mrid} since; operate it by itself"
            )
            raise OperationConflictError(msg)

    def end(self, order: str, *, actor: str = "") -> SwitchingOrder:
        """End an order, whether its steps are done or not; InputError if it is not active."""
        return self._book.end_order(order, actor=actor or name_actor(), at=datetime.now(UTC))

    def _choose_step(self, order: SwitchingOrder, number: int) -> OrderStep:
        if number:
            return order.find_step(number)
        step = order.next_step
        if step is None:
            msg = f"all steps of order {order.id} are done or skipped: end it, or undo some"
            raise InputError(msg)
        return step

    def _check_turn(self, order: SwitchingOrder, step: OrderStep) -> None:
        if order.status != ACTIVE:
            msg = f"order {order.id} has ended: start another"
            raise InputError(msg)
        if step.status not in TO_DO:
            msg = f"step {step.number} of order {order.id} is {step.status} already"
            raise InputError(msg)
        waiting = [each for each in order.steps[: step.number - 1] if each.status in TO_DO]
        if waiting:
            msg = f"step {waiting[0].number} of order {order.id} comes first: do it or skip it"
            raise InputError(msg)


def list_order_steps(
    plan: SwitchingPlan | Sequence[tuple[str, str] | OrderStep],
) -> list[OrderStep]:
    """Return the steps of a plan, or of actions and mRIDs, as those of an order."""
    if isinstance(plan, SwitchingPlan):
        return [
            OrderStep(
                step["step"],
                # A source is opened where it stands: here that is looked at alone.
                "verify" if step["kind"] == "energy_source" else str(step["action"]),
                step["mrid"],
                remote=step["control"] == "remote",
            )
            for step in plan.steps()
        ]
    steps = []
    for number, step in enumerate(plan, 1):
        if isinstance(step, OrderStep):
            steps.append(replace(step, number=number, status=StepStatus.PENDING))
        else:
            action, mrid = step
            steps.append(OrderStep(number, action, mrid))
    return steps


def _word_reason(order: SwitchingOrder, step: OrderStep) -> str:
    """Return why the tag of a step hangs."""
    return f"order {order.id}, step {step.number}: isolates {order.plan}"[:MOST_REASON_CHARACTERS]


def _mark(step: OrderStep, status: StepStatus, actor: str, note: str = "") -> OrderStep:
    """Return a step as it stands now, in words of who did what."""
    version = None if status is not StepStatus.DONE else step.version
    return replace(
        step, status=status, actor=actor, at=datetime.now(UTC), note=note[:500], version=version
    )

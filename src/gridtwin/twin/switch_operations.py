"""
Operate switches as a control room does: look first, confirm what was seen, heed tags.

>>> import gridtwin
>>> twin = gridtwin.open(gridtwin.synthesize("houston", meters=500, seed=1))
>>> switch = twin.sweep().query("kind == 'recloser'").nlargest(1, "customers").mrid.iloc[0]
>>> seen = twin.operations.preview(switch, open=True)
>>> len(seen.lost) > 0
True
>>> state = twin.operations.operate(switch, open=True, actor="ann", confirmed=seen.digest)
>>> state.version
1
"""

from __future__ import annotations

import random
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.outage.operation_hazards import (
    OperationEffect,
    find_gained_equipment,
    find_hazards,
)
from gridtwin.analysis.state.supply_state import OUT, find_supply
from gridtwin.errors import InputError, NotFoundError, OperationConflictError, OperationRefusedError
from gridtwin.model import phases as codes
from gridtwin.model.operation import of_switch
from gridtwin.model.operation_request import (
    OperationRequest,
    RequestStatus,
    check_confirmation,
)
from gridtwin.model.operational_tag import OperationalTag
from gridtwin.model.state import CURRENT
from gridtwin.model.switch_command import SwitchCommand, make_dated_id
from gridtwin.model.tables import encode_texts
from gridtwin.results.operation_preview import OperationPreview
from gridtwin.settings import MOST_TWO_PERSON_MIN, Settings
from gridtwin.store.held_connections import hold_connections

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from gridtwin.model.operation import Operation
    from gridtwin.model.state import State
    from gridtwin.model.switching_order import OrderStep
    from gridtwin.twin.questions import NetworkQuestions

OPERATE_TRIES = 10  # while others operate elsewhere
OPERATE_WAIT_S = 0.02  # at most, after the first of them
REQUEST_MIN = 10.0  # that a request waits for a second person, unless told otherwise


class SwitchOperations:
    """What persons operate in a twin; every change is written before it returns."""

    def __init__(self, twin: NetworkQuestions) -> None:
        self._twin = twin
        self.store = twin.store
        self._book = twin.store.operating

    @hold_connections()
    def preview(self, mrid: str, *, open: bool, phases: str = "") -> OperationPreview:
        """
        Say what operating a switch would do now; nothing is written.

        Parameters
        ----------
        mrid
            The switch.
        open
            Whether to open or to close.
        phases
            The phases to operate; all of the switch's by default.

        Raises
        ------
        NotFoundError
            If there is no such equipment.
        InputError
            If it is no switch, is out of service, or has no such phase.
        """
        return self._preview(of_switch(self.store.network, mrid, phases), opens=open)

    def _preview(self, operation: Operation, *, opens: bool) -> OperationPreview:
        tags = self._book.list_tags()
        state = self.store.states.read_state(CURRENT)
        before = self._twin.situation_of(state)
        opened = int(before.open_mask[operation.row])
        left = opened & ~operation.poles | (operation.poles if opens else 0)
        deviations = {**state.deviations, operation.mrid: codes.format_phases(left)}
        after = self._twin.situation_of(replace(state, deviations=deviations))
        effect = OperationEffect(
            before, after, find_supply(before), find_supply(after),
            operation.row, operation.poles, opens,
        )  # fmt: skip
        tagged = self._find_rows(tag.mrid for tag in tags)
        return OperationPreview(
            effect,
            find_hazards(effect, self._find_faults(), tagged),
            self._choose_tags(effect, tags),
            self._count_returning(effect),
            max((tag.number for tag in tags), default=0),
        )

    def _find_rows(self, mrids: Iterable[str]) -> NDArray[np.int32]:
        """Return the rows of the equipment there is among some mRIDs, rising."""
        names = encode_texts(list(mrids))
        rows = self.store.network.ids.tables["equipment"].find_rows(names)
        return np.unique(rows[rows >= 0]).astype(np.int32)

    def _find_faults(self) -> dict[int, str]:
        """Return the equipment that is the device of an open outage, and which."""
        devices = {
            each.device: each.id
            for each in self.store.outages.list_outages()
            if each.device and each.is_open
        }
        names = list(devices)
        rows = self.store.network.ids.tables["equipment"].find_rows(encode_texts(names))
        return {
            row: devices[name] for name, row in zip(names, rows.tolist(), strict=True) if row >= 0
        }

    def _choose_tags(
        self, effect: OperationEffect, tags: Iterable[OperationalTag]
    ) -> tuple[OperationalTag, ...]:
        """Return the tags on the switch, and those on what a closing would energize."""
        gained = find_gained_equipment(effect)
        gained[effect.row] = True
        ids = self.store.network.ids.tables["equipment"]
        tags = list(tags)
        rows = ids.find_rows(encode_texts([tag.mrid for tag in tags])).tolist()
        return tuple(tag for tag, row in zip(tags, rows, strict=True) if row >= 0 and gained[row])

    def _count_returning(self, effect: OperationEffect) -> dict[str, int]:
        """Return of which open outages usage points would gain supply, and how many."""
        members = self.store.outages.read_members()
        points = self.store.network.ids.tables["usage_points"]
        rows = points.find_rows(encode_texts(members.usage_point.tolist()))
        was, now = effect.supply_before.points, effect.supply_after.points
        known = rows >= 0
        back = np.zeros(len(rows), dtype=bool)
        back[known] = (was[rows[known]] == OUT) & (now[rows[known]] != OUT)
        names, counts = np.unique(members.outage[back].astype(str), return_counts=True)
        return dict(zip(names.tolist(), counts.tolist(), strict=True))

    @hold_connections()
    def operate(
        self, mrid: str, *, open: bool, phases: str = "", actor: str = "", confirmed: str = ""
    ) -> State:
        """
        Operate a switch, if that still does what was confirmed.

        Parameters
        ----------
        mrid, open, phases
            As `preview`.
        actor
            Who operates; by default whom the environment names.
        confirmed
            `OperationPreview.digest` of what was seen; by default whatever it does now.

        Returns
        -------
            The current state afterwards.

        Raises
        ------
        OperationRefusedError
            If a tag hangs on the switch, or a hold on what it would energize.
        OperationConflictError
            If it would do something else than was confirmed, as when another person operated.
        """
        operation = of_switch(self.store.network, mrid, phases)
        return self._carry_out(operation, opens=open, actor=actor, confirmed=confirmed)

    def _carry_out(
        self,
        operation: Operation,
        *,
        opens: bool,
        actor: str,
        confirmed: str = "",
        confirms: str = "",
    ) -> State:
        for again in range(OPERATE_TRIES):
            seen = self._preview(operation, opens=opens)
            self.check_confirmed(seen, confirmed)
            command = make_command(
                seen, operation, opens=opens, actor=actor or name_actor(), confirms=confirms
            )
            try:
                return self._book.carry_out(command)
            except OperationConflictError:
                if again == OPERATE_TRIES - 1:
                    raise
                time.sleep(random.uniform(0, OPERATE_WAIT_S) * (again + 1))  # noqa: S311
        raise AssertionError

    def check_confirmed(self, seen: OperationPreview, confirmed: str) -> None:
        """
        Refuse an operation that may not be made, or would do something else than was confirmed.

        Raises
        ------
        OperationRefusedError, OperationConflictError
            As `operate`.
        """
        if seen.refusals:
            msg = f"{seen.mrid} may not be operated: {'; '.join(seen.refusals)}"
            raise OperationRefusedError(msg)
        if confirmed and confirmed != seen.digest:
            stands = codes.format_phases(seen.open_before) or "no phase"
            events = [
                event
                for event in self.store.states.list_events(max(seen.version - 100, 0))
                if event.mrid == seen.mrid
            ]
            last = f"; {events[-1].actor} operated it last" if events else ""
            msg = (
                f"{seen.mrid} was not operated: it would no longer do what was confirmed (it stands"
                f" open on {stands}{last}): look at it anew"
            )
            raise OperationConflictError(msg)

    @hold_connections()
    def request(
        self,
        mrid: str,
        *,
        open: bool,
        phases: str = "",
        actor: str = "",
        confirmed: str = "",
        minutes: float = REQUEST_MIN,
    ) -> OperationRequest:
        """
        Request an operation that another person has to confirm; nothing is operated yet.

        Parameters
        ----------
        mrid, open, phases, actor, confirmed
            As `operate`.
        minutes
            How long it may be confirmed.

        Raises
        ------
        InputError
            If nobody is named, or the time is none.
        OperationRefusedError, OperationConflictError
            As `operate`.
        """
        actor = actor or name_actor()
        if not actor.strip() or not 0 < minutes <= MOST_TWO_PERSON_MIN:
            msg = f"a request needs who makes it, and at most {MOST_TWO_PERSON_MIN:,.0f} minutes"
            raise InputError(msg)
        seen = self.preview(mrid, open=open, phases=phases)
        self.check_confirmed(seen, confirmed)
        now = datetime.now(UTC)
        moving = codes.format_phases(seen.effect.poles)
        made = OperationRequest(
            make_dated_id("R", now), seen.mrid, open, moving, seen.digest,
            actor, now, now + timedelta(minutes=minutes),
        )  # fmt: skip
        self._book.add_request(made)
        return made

    @hold_connections()
    def confirm(self, request: str, *, actor: str = "") -> State:
        """
        Confirm a request of another person, which operates the switch.

        Raises
        ------
        NotFoundError
            If there is no such request.
        InputError
            If it waits no more, or was made by the same person.
        OperationRefusedError, OperationConflictError
            As `operate`; what counts as confirmed is what the first person saw.
        """
        actor = actor or name_actor()
        kept = self._book.read_request(request)
        check_confirmation(kept, actor, datetime.now(UTC))
        operation = of_switch(self.store.network, kept.mrid, kept.phases)
        return self._carry_out(
            operation, opens=kept.open, actor=actor, confirmed=kept.digest, confirms=request
        )

    def withdraw(self, request: str, *, actor: str = "") -> OperationRequest:
        """Withdraw a request; InputError if it waits no more."""
        return self._book.withdraw_request(
            request, actor=actor or name_actor(), at=datetime.now(UTC)
        )

    def requests(self, *, since: datetime | None = None) -> list[OperationRequest]:
        """Return the requests that can be confirmed, or all made since a moment."""
        found = self._book.list_requests(since)
        if since is not None:
            return found
        now = datetime.now(UTC)
        return [each for each in found if each.derive_status(now) is RequestStatus.WAITING]

    def tags(self, mrid: str = "", *, past: bool = False) -> list[OperationalTag]:
        """Return the tags that hang, on one element or on all; with `past` also the others."""
        return self._book.list_tags(mrid, past=past)

    def place_tag(
        self, mrid: str, reason: str, *, kind: str = "hold", actor: str = ""
    ) -> OperationalTag:
        """
        Hang a tag on equipment: until it is removed nobody operates it.

        Parameters
        ----------
        mrid
            The equipment: a switch, or a line on which people work.
        reason
            Why.
        kind
            ``hold`` or ``caution``; who energizes a section with a hold in it is refused, too.
        actor
            Who places it; by default whom the environment names.

        Raises
        ------
        NotFoundError
            If there is no such equipment.
        InputError
            If the kind is none, or no reason or nobody is given.
        """
        element = self._twin.find_one(mrid)
        if element.table != "equipment":
            what = "equipment"
            raise NotFoundError(what, mrid)
        own = bytes(self.store.network.data.equipment.mrid[element.row]).decode()
        now = datetime.now(UTC)
        return self._book.place_tag(OperationalTag(own, kind, reason, actor or name_actor(), now))

    def remove_tag(self, number: int, *, actor: str = "", because: str = "") -> OperationalTag:
        """
        Remove a tag.

        Raises
        ------
        NotFoundError
            If there is none of that number.
        InputError
            If it hangs no more, or is a hold that another person placed and no reason is given.
        """
        return self._book.remove_tag(
            number, actor=actor or name_actor(), at=datetime.now(UTC), because=because
        )


def make_command(
    seen: OperationPreview,
    operation: Operation,
    *,
    opens: bool,
    actor: str,
    confirms: str = "",
    order: str = "",
    steps: tuple[OrderStep, OrderStep] | None = None,
) -> SwitchCommand:
    """Return the command of an operation that was seen, and what it settles beside."""
    poles = codes.format_phases(operation.poles)
    before, after = steps or (None, None)
    return SwitchCommand(
        operation.mrid, poles if opens else "", poles, actor,
        expected=seen.version, newest_tag=seen.newest_tag,
        confirms=confirms, order=order, step=before, step_after=after,
    )  # fmt: skip


def name_actor() -> str:
    """Return whom the environment names as the person who acts."""
    return Settings.from_environment().actor

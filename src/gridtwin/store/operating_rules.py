"""Hold every store to the same words where a command of a person is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridtwin.errors import InputError, NotFoundError, OperationConflictError, OperationRefusedError
from gridtwin.store.store_rules import find_close_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridtwin.model.operational_tag import OperationalTag
    from gridtwin.model.switch_command import SwitchCommand
    from gridtwin.model.switching_order import SwitchingOrder


def _build_tagged_error(tags: Sequence[OperationalTag]) -> OperationRefusedError:
    """Return the error for a switch on which tags hang."""
    told = "; ".join(tag.describe() for tag in tags)
    return OperationRefusedError(
        f"{tags[0].mrid} may not be operated: {told}; remove the tag first"
    )


def _build_moved_error(mrid: str, expected: int, version: int) -> OperationConflictError:
    """Return the error for a state that is no more the one a command was decided on."""
    return OperationConflictError(
        f"{mrid} was not operated: the switches moved from version {expected} to {version} since it"
        " was confirmed: look at it anew"
    )


def check_seen(command: SwitchCommand, version: int, tags: Sequence[OperationalTag]) -> None:
    """
    Refuse a command while a tag hangs on its switch, or that was decided on what holds no more.

    Parameters
    ----------
    command
        The command.
    version
        Of the current state.
    tags
        All that hang.

    Raises
    ------
    OperationRefusedError
        If a tag hangs on the switch.
    OperationConflictError
        If the switches moved, or a tag was hung, since it was decided.
    """
    own = [tag for tag in tags if tag.mrid == command.mrid]
    if own:
        raise _build_tagged_error(own)
    if command.expected not in {None, version}:
        raise _build_moved_error(command.mrid, command.expected or 0, version)
    newest = max((tag.number for tag in tags), default=0)
    if command.newest_tag is not None and newest > command.newest_tag:
        msg = f"{command.mrid} was not operated: tag {newest} was hung meanwhile: look at it anew"
        raise OperationConflictError(msg)


def build_step_error(order: str, number: int, status: str) -> OperationConflictError:
    """Return the error for a step of an order that somebody else has changed."""
    return OperationConflictError(
        f"step {number} of order {order} is {status} by now: look at the order anew"
    )


def build_active_error(plan: str, order: str) -> OperationConflictError:
    """Return the error for a plan of which an order is active already."""
    return OperationConflictError(
        f"the plan for {plan} is carried out in order {order} already: go on there, or end it"
    )


def build_ended_error(order: SwitchingOrder) -> InputError:
    """Return the error for an order that is over."""
    return InputError(
        f"order {order.id} was ended by {order.ended_by or 'somebody'}: start another"
    )


def build_tag_error(number: int, numbers: Sequence[int]) -> NotFoundError:
    """Return the error for a tag that is not there."""
    return NotFoundError("tag", str(number), find_close_names(str(number), [*map(str, numbers)]))


def build_request_error(request: str, ids: Sequence[str]) -> NotFoundError:
    """Return the error for a request that is not there."""
    return NotFoundError("operation request", request, find_close_names(request, ids))


def build_order_error(order: str, ids: Sequence[str]) -> NotFoundError:
    """Return the error for an order that is not there."""
    return NotFoundError("switching order", order, find_close_names(order, ids))

"""Say what every store can do for persons who operate: commands, tags, requests, orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from gridtwin.model.operation_request import OperationRequest
    from gridtwin.model.operational_tag import OperationalTag
    from gridtwin.model.state import State
    from gridtwin.model.switch_command import SwitchCommand
    from gridtwin.model.switching_order import OrderStep, SwitchingOrder


class OperatingBook(Protocol):
    """What persons operate, and what keeps them from it."""

    def carry_out(self, command: SwitchCommand) -> State:
        """
        Operate a switch as a person commands, and log it; all of it in one transaction.

        Returns
        -------
            The current state afterwards.

        Raises
        ------
        OperationRefusedError
            If a tag hangs on the switch; nothing is written.
        OperationConflictError
            If the state, the step of an order or the request is not as it was when the command was
            decided; nothing is written.
        NotFoundError, InputError
            As `gridtwin.store.state_book.StateBook.operate`; and if the request may not be
            confirmed by who commands.
        """
        ...

    def list_tags(self, mrid: str = "", *, past: bool = False) -> list[OperationalTag]:
        """Return the tags that hang, on one element or on all; with `past` also the others."""
        ...

    def place_tag(self, tag: OperationalTag) -> OperationalTag:
        """Hang a tag; returned with its number. Operations under way come before or after it."""
        ...

    def remove_tag(
        self, number: int, *, actor: str, at: datetime, because: str = ""
    ) -> OperationalTag:
        """
        Remove a tag.

        Raises
        ------
        NotFoundError
            If there is none of that number.
        InputError
            If it hangs no more, or is the hold of another person and no reason is given.
        """
        ...

    def list_requests(self, since: datetime | None = None) -> list[OperationRequest]:
        """Return the requests that wait, or all made since a moment; oldest first."""
        ...

    def read_request(self, request: str) -> OperationRequest:
        """Return a request by id; NotFoundError, with close matches, if there is none."""
        ...

    def add_request(self, request: OperationRequest) -> None:
        """Keep a request."""
        ...

    def withdraw_request(self, request: str, *, actor: str, at: datetime) -> OperationRequest:
        """Withdraw a request; InputError if it waits no more."""
        ...

    def list_orders(self, *, past: bool = False) -> list[SwitchingOrder]:
        """Return the active switching orders, the oldest first; with `past` also the ended."""
        ...

    def read_order(self, order: str) -> SwitchingOrder:
        """Return an order by id; NotFoundError, with close matches, if there is none."""
        ...

    def start_order(self, order: SwitchingOrder) -> SwitchingOrder:
        """Keep an order; OperationConflictError if one of its plan is active."""
        ...

    def write_step(self, order: str, before: OrderStep, after: OrderStep) -> SwitchingOrder:
        """Write a step that operates nothing; OperationConflictError if it changed meanwhile."""
        ...

    def end_order(self, order: str, *, actor: str, at: datetime) -> SwitchingOrder:
        """End an order; InputError if it is not active."""
        ...

"""Carry out the commands of persons in SQLite, and keep tags, requests and orders there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gridtwin.model.operation import resolve_operation
from gridtwin.model.operation_request import RequestStatus, check_confirmation
from gridtwin.store.operating_rules import check_seen
from gridtwin.store.sqlite_orders import (
    insert_order,
    mark_ended,
    select_order,
    select_orders,
    update_step,
)
from gridtwin.store.sqlite_states import log_operation, read_current, was_carried_out
from gridtwin.store.sqlite_tags import (
    decide_request,
    insert_request,
    insert_tag,
    mark_removed,
    select_request,
    select_requests,
    select_tags,
)
from gridtwin.store.store_rules import check_waiting

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from gridtwin.model.network import Network
    from gridtwin.model.operation_request import OperationRequest
    from gridtwin.model.operational_tag import OperationalTag
    from gridtwin.model.state import State
    from gridtwin.model.switch_command import SwitchCommand
    from gridtwin.model.switching_order import OrderStep, SwitchingOrder
    from gridtwin.store.sqlite_database import SqliteDatabase


class SqliteOperating:
    """
    What persons operate in a twin that is kept in SQLite; see `OperatingBook`.

    Parameters
    ----------
    kept
        Where it is kept.
    network
        Returns the network; called when it is needed.
    """

    def __init__(self, kept: SqliteDatabase, network: Callable[[], Network]) -> None:
        self._kept = kept
        self._network = network

    def carry_out(self, command: SwitchCommand) -> State:
        """Operate a switch as a person commands, and log it; all of it in one transaction."""
        operation = resolve_operation(
            self._network(), command.mrid, command.open_phases, command.poles
        )
        with self._kept.transaction("BEGIN IMMEDIATE") as connection:
            if was_carried_out(connection, command.request):
                return read_current(connection)
            version = read_current(connection).version
            check_seen(replace(command, mrid=operation.mrid), version, select_tags(connection))
            log_operation(connection, operation, actor=command.actor, request=command.request)
            state = read_current(connection)
            _write_consequences(connection, command, state.version)
            return state

    def list_tags(self, mrid: str = "", *, past: bool = False) -> list[OperationalTag]:
        """Return the tags that hang, on one element or on all; with `past` also the others."""
        with self._kept.transaction() as connection:
            return select_tags(connection, mrid, past=past)

    def place_tag(self, tag: OperationalTag) -> OperationalTag:
        """Hang a tag; returned with its number."""
        with self._kept.transaction("BEGIN IMMEDIATE") as connection:
            return insert_tag(connection, tag)

    def remove_tag(
        self, number: int, *, actor: str, at: datetime, because: str = ""
    ) -> OperationalTag:
        """Remove a tag."""
        with self._kept.transaction("BEGIN IMMEDIATE") as connection:
            return mark_removed(connection, number, actor, at, because)

    def list_requests(self, since: datetime | None = None) -> list[OperationRequest]:
        """Return the requests that wait, or all made since a moment; oldest first."""
        with self._kept.transaction() as connection:
            return select_requests(connection, since)

    def read_request(self, request: str) -> OperationRequest:
        """Return a request by id."""
        with self._kept.transaction() as connection:
            return select_request(connection, request)

    def add_request(self, request: OperationRequest) -> None:
        """Keep a request."""
        with self._kept.transaction("BEGIN IMMEDIATE") as connection:
            insert_request(connection, request)

    def withdraw_request(self, request: str, *, actor: str, at: datetime) -> OperationRequest:
        """Withdraw a request; InputError if it waits no more."""
        with self._kept.transaction("BEGIN IMMEDIATE") as connection:
            check_waiting(select_request(connection, request))
            decide_request(connection, request, RequestStatus.WITHDRAWN, actor, at)
            return select_request(connection, request)

    def list_orders(self, *, past: bool = False) -> list[SwitchingOrder]:
        """Return the active switching orders, the oldest first; with `past` also the ended."""
        with self._kept.transaction() as connection:
            return select_orders(connection, past=past)

    def read_order(self, order: str) -> SwitchingOrder:
        """Return an order by id."""
        with self._kept.transaction() as connection:
            return select_order(connection, order)

    def start_order(self, order: SwitchingOrder) -> SwitchingOrder:
        """Keep an order; OperationConflictError if one of its plan is active."""
        with self._kept.transaction("BEGIN IMMEDIATE") as connection:
            insert_order(connection, order)
            return select_order(connection, order.id)

    def write_step(self, order: str, before: OrderStep, after: OrderStep) -> SwitchingOrder:
        """Write a step that operates nothing; OperationConflictError if it changed meanwhile."""
        with self._kept.transaction("BEGIN IMMEDIATE") as connection:
            update_step(connection, order, before, after)
            return select_order(connection, order)

    def end_order(self, order: str, *, actor: str, at: datetime) -> SwitchingOrder:
        """End an order; InputError if it is not active."""
        with self._kept.transaction("BEGIN IMMEDIATE") as connection:
            mark_ended(connection, order, actor, at)
            return select_order(connection, order)


def _write_consequences(
    connection: sqlite3.Connection, command: SwitchCommand, version: int
) -> None:
    """Write what a command settles: the request that it confirms, the step that it does."""
    now = datetime.now(UTC)
    if command.confirms:
        check_confirmation(select_request(connection, command.confirms), command.actor, now)
        decide_request(
            connection, command.confirms, RequestStatus.DONE, command.actor, now, version
        )
    if command.step is not None and command.step_after is not None:
        after = replace(command.step_after, version=version)
        update_step(connection, command.order, command.step, after)

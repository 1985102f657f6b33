"""Carry out the commands of persons in PostgreSQL, and keep tags, requests and orders there."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from gridtwin.model import phases
from gridtwin.model.operation import resolve_operation
from gridtwin.model.operation_request import RequestStatus, check_confirmation
from gridtwin.model.state import CURRENT
from gridtwin.store.operating_rules import check_seen
from gridtwin.store.postgis.order_rows import (
    change_step,
    fetch_order,
    fetch_orders,
    write_end,
    write_order,
)
from gridtwin.store.postgis.postgis_states import move_poles, read_state
from gridtwin.store.postgis.tag_rows import (
    fetch_request,
    fetch_requests,
    fetch_tags,
    write_decision,
    write_removal,
    write_request,
    write_tag,
)
from gridtwin.store.store_rules import check_waiting

if TYPE_CHECKING:
    import psycopg

    from gridtwin.model.operation import Operation
    from gridtwin.model.operation_request import OperationRequest
    from gridtwin.model.operational_tag import OperationalTag
    from gridtwin.model.state import State
    from gridtwin.model.switch_command import SwitchCommand
    from gridtwin.model.switching_order import OrderStep, SwitchingOrder
    from gridtwin.store.postgis.network_cache import NetworkCache
    from gridtwin.store.postgis.pool import Pool

    Connection = psycopg.Connection[Any]

# Operations, and whoever hangs a tag, wait for one another.
LOCK_STATE = "SELECT version FROM gridtwin.states WHERE name = 'current' FOR UPDATE"
HAS_REQUEST = "SELECT EXISTS (SELECT FROM gridtwin.events WHERE request = %s)"


class PostgisOperating:
    """What persons operate in a twin that is kept in PostgreSQL; see `OperatingBook`."""

    def __init__(self, pool: Pool, kept: NetworkCache) -> None:
        self._pool = pool
        self._kept = kept

    def carry_out(self, command: SwitchCommand) -> State:
        """Operate a switch as a person commands, and log it; all of it in one transaction."""
        operation = resolve_operation(
            self._kept.network, command.mrid, command.open_phases, command.poles
        )
        once = replace(command, request=command.request or uuid.uuid4().hex)
        return self._pool.run_write(lambda link: self._write_command(link, once, operation))

    def _write_command(
        self, connection: Connection, command: SwitchCommand, operation: Operation
    ) -> State:
        row = connection.execute(LOCK_STATE).fetchone()
        version = 0 if row is None else int(row[0])
        if connection.execute(HAS_REQUEST, (command.request,)).fetchone() != (True,):
            check_seen(replace(command, mrid=operation.mrid), version, fetch_tags(connection))
            words = (
                operation.mrid,
                phases.format_phases(operation.open),
                phases.format_phases(operation.poles),
            )
            move_poles(connection, self._kept, words, command.actor, command.request)
            _write_consequences(connection, command, version + 1)
        network, state = read_state(connection, CURRENT)
        self._kept.check_hash(network)
        return state

    def list_tags(self, mrid: str = "", *, past: bool = False) -> list[OperationalTag]:
        """Return the tags that hang, on one element or on all; with `past` also the others."""
        return self._pool.run_read(partial(fetch_tags, mrid=mrid, past=past))

    def place_tag(self, tag: OperationalTag) -> OperationalTag:
        """Hang a tag; returned with its number."""
        return self._pool.run_write(lambda link: write_tag(link, tag))

    def remove_tag(
        self, number: int, *, actor: str, at: datetime, because: str = ""
    ) -> OperationalTag:
        """Remove a tag."""
        return self._pool.run_write(lambda link: write_removal(link, number, actor, at, because))

    def list_requests(self, since: datetime | None = None) -> list[OperationRequest]:
        """Return the requests that wait, or all made since a moment; oldest first."""
        return self._pool.run_read(lambda link: fetch_requests(link, since))

    def read_request(self, request: str) -> OperationRequest:
        """Return a request by id."""
        return self._pool.run_read(lambda link: fetch_request(link, request))

    def add_request(self, request: OperationRequest) -> None:
        """Keep a request."""
        self._pool.run_write(lambda link: write_request(link, request))

    def withdraw_request(self, request: str, *, actor: str, at: datetime) -> OperationRequest:
        """Withdraw a request; InputError if it waits no more."""

        def withdraw(connection: Connection) -> OperationRequest:
            kept = fetch_request(connection, request, hold=True)
            if (kept.decided_by, kept.decided_at) != (actor, at):
                check_waiting(kept)
                write_decision(connection, request, RequestStatus.WITHDRAWN, actor, at)
            return fetch_request(connection, request)

        return self._pool.run_write(withdraw)

    def list_orders(self, *, past: bool = False) -> list[SwitchingOrder]:
        """Return the active switching orders, the oldest first; with `past` also the ended."""
        return self._pool.run_read(partial(fetch_orders, past=past))

    def read_order(self, order: str) -> SwitchingOrder:
        """Return an order by id."""
        return self._pool.run_read(lambda link: fetch_order(link, order))

    def start_order(self, order: SwitchingOrder) -> SwitchingOrder:
        """Keep an order; OperationConflictError if one of its plan is active."""
        return self._pool.run_write(lambda link: write_order(link, order))

    def write_step(self, order: str, before: OrderStep, after: OrderStep) -> SwitchingOrder:
        """Write a step that operates nothing; OperationConflictError if it changed meanwhile."""
        return self._pool.run_write(lambda link: change_step(link, order, before, after))

    def end_order(self, order: str, *, actor: str, at: datetime) -> SwitchingOrder:
        """End an order; InputError if it is not active."""
        return self._pool.run_write(lambda link: write_end(link, order, actor, at))


def _write_consequences(connection: Connection, command: SwitchCommand, version: int) -> None:
    """Write what a command settles: the request that it confirms, the step that it does."""
    now = datetime.now(UTC)
    if command.confirms:
        kept = fetch_request(connection, command.confirms, hold=True)
        check_confirmation(kept, command.actor, now)
        write_decision(
            connection, command.confirms, RequestStatus.DONE, command.actor, now, version
        )
    if command.step is not None and command.step_after is not None:
        after = replace(command.step_after, version=version)
        change_step(connection, command.order, command.step, after)

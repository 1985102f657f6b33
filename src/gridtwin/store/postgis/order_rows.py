"""Ask for and write switching orders and their steps in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridtwin.model.switching_order import ACTIVE, OrderStep, StepStatus, SwitchingOrder
from gridtwin.store.operating_rules import (
    build_active_error,
    build_ended_error,
    build_order_error,
    build_step_error,
)
from gridtwin.store.store_rules import read_utc

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import psycopg

    Connection = psycopg.Connection[Any]

PG_ORDERS = """
SELECT id, of, started_by, started_at, status, ended_by, ended_at FROM gridtwin.switching_orders
"""
PG_STEPS = """
SELECT number, action, mrid, phases, remote, status, actor, at, note, open_before, version
FROM gridtwin.order_steps WHERE switching_order = %s ORDER BY number
"""
PG_ADD_ORDER = """
INSERT INTO gridtwin.switching_orders (id, plan, of, started_by, started_at)
VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
PG_ADD_STEP = """
INSERT INTO gridtwin.order_steps (switching_order, number, action, mrid, phases, remote, status)
VALUES (%s, %s, %s, %s, %s, %s, %s)
"""
PG_CHANGE_STEP = """
UPDATE gridtwin.order_steps
SET status = %s, actor = %s, at = %s, note = %s, open_before = %s, version = %s
WHERE switching_order = %s AND number = %s
"""
PG_END_ORDER = """
UPDATE gridtwin.switching_orders SET status = 'ended', ended_by = %s, ended_at = %s WHERE id = %s
"""
PG_ACTIVE_ORDER = """
SELECT id FROM gridtwin.switching_orders WHERE plan = %s AND status = 'active'
"""


def fetch_orders(connection: Connection, *, past: bool) -> list[SwitchingOrder]:
    """Return the active orders, the oldest first; with `past` also the ended."""
    query = f"{PG_ORDERS} WHERE %s OR status = 'active' ORDER BY started_at, id"
    rows = connection.execute(query.encode(), (past,)).fetchall()
    return [_build_order(connection, row) for row in rows]


def fetch_order(connection: Connection, order: str, *, hold: bool = False) -> SwitchingOrder:
    """Return an order by id, with `hold` kept from others; NotFoundError if there is none."""
    query = f"{PG_ORDERS} WHERE id = %s{' FOR UPDATE' if hold else ''}"
    row = connection.execute(query.encode(), (order,)).fetchone()
    if row is None:
        known = connection.execute("SELECT id FROM gridtwin.switching_orders")
        raise build_order_error(order, [each for (each,) in known])
    return _build_order(connection, row)


def write_order(connection: Connection, order: SwitchingOrder) -> SwitchingOrder:
    """Keep an order; OperationConflictError if one of its plan is active."""
    made = connection.execute(
        PG_ADD_ORDER, (order.id, order.plan, list(order.of), order.started_by, order.started_at)
    )
    if made.rowcount:
        with connection.cursor() as cursor:
            cursor.executemany(
                PG_ADD_STEP,
                [
                    (order.id, step.number, step.action, step.mrid, step.phases, step.remote,
                     step.status.value)
                    for step in order.steps
                ],
            )  # fmt: skip
    else:
        (active,) = connection.execute(PG_ACTIVE_ORDER, (order.plan,)).fetchone() or (order.id,)
        if active != order.id:
            raise build_active_error(order.plan, active)
    return fetch_order(connection, order.id)


def change_step(
    connection: Connection, order: str, before: OrderStep, after: OrderStep
) -> SwitchingOrder:
    """Write a step; OperationConflictError if it, or its order, is not as it was."""
    kept = fetch_order(connection, order, hold=True)
    if kept.status != ACTIVE:
        raise build_ended_error(kept)
    stands = kept.find_step(before.number)
    if stands != after:
        if stands != before:
            raise build_step_error(order, before.number, stands.status)
        connection.execute(
            PG_CHANGE_STEP,
            (after.status.value, after.actor, after.at, after.note, after.open_before,
             after.version, order, before.number),
        )  # fmt: skip
    return fetch_order(connection, order)


def write_end(connection: Connection, order: str, actor: str, at: datetime) -> SwitchingOrder:
    """End an order; InputError if it is not active."""
    kept = fetch_order(connection, order, hold=True)
    if (kept.ended_by, kept.ended_at) != (actor, at):
        if kept.status != ACTIVE:
            raise build_ended_error(kept)
        connection.execute(PG_END_ORDER, (actor, at, order))
    return fetch_order(connection, order)


def _build_order(connection: Connection, row: Sequence[Any]) -> SwitchingOrder:
    order, of, started_by, started_at, status, ended_by, ended_at = row
    steps = tuple(_build_step(each) for each in connection.execute(PG_STEPS, (order,)).fetchall())
    return SwitchingOrder(
        order, tuple(of), steps, started_by, read_utc(started_at), status, ended_by,
        read_utc(ended_at),
    )  # fmt: skip


def _build_step(row: Sequence[Any]) -> OrderStep:
    values = list(row)
    values[5], values[7] = StepStatus(row[5]), read_utc(row[7])
    return OrderStep(*values)

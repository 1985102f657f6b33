"""Ask for and write switching orders and their steps in SQLite."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gridtwin.model.switching_order import ACTIVE, OrderStep, StepStatus, SwitchingOrder
from gridtwin.store.operating_rules import (
    build_active_error,
    build_ended_error,
    build_order_error,
    build_step_error,
)
from gridtwin.store.sqlite_tags import make_time

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import datetime

SQLITE_ORDERS = """
SELECT id, of, started_by, started_s, status, ended_by, ended_s FROM switching_order
"""
SQLITE_STEPS = """
SELECT number, action, mrid, phases, remote, status, actor, at_s, note, open_before, version
FROM order_step WHERE switching_order = ? ORDER BY number
"""
SQLITE_ADD_STEP = "INSERT INTO order_step VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
SQLITE_CHANGE_STEP = """
UPDATE order_step SET status = ?, actor = ?, at_s = ?, note = ?, open_before = ?, version = ?
WHERE switching_order = ? AND number = ? AND status = ? AND at_s IS ?
"""


def select_orders(connection: sqlite3.Connection, *, past: bool) -> list[SwitchingOrder]:
    """Return the active orders, the oldest first; with `past` also the ended."""
    query = f"{SQLITE_ORDERS} WHERE ? OR status = 'active' ORDER BY started_s, id"
    rows = connection.execute(query, (past,)).fetchall()
    return [_build_order(connection, row) for row in rows]


def select_order(connection: sqlite3.Connection, order: str) -> SwitchingOrder:
    """Return an order by id; NotFoundError, with close matches, if there is none."""
    row = connection.execute(f"{SQLITE_ORDERS} WHERE id = ?", (order,)).fetchone()
    if row is None:
        known = connection.execute("SELECT id FROM switching_order")
        raise build_order_error(order, [each for (each,) in known])
    return _build_order(connection, row)


def insert_order(connection: sqlite3.Connection, order: SwitchingOrder) -> None:
    """Keep an order; OperationConflictError if one of its plan is active."""
    active = connection.execute(
        "SELECT id FROM switching_order WHERE plan = ? AND status = 'active'", (order.plan,)
    ).fetchone()
    if active is not None:
        raise build_active_error(order.plan, active[0])
    of, started_s = json.dumps(order.of, ensure_ascii=False), order.started_at.timestamp()
    connection.execute(
        "INSERT INTO switching_order (id, plan, of, started_by, started_s, status)"
        " VALUES (?, ?, ?, ?, ?, 'active')",
        (order.id, order.plan, of, order.started_by, started_s),
    )
    connection.executemany(
        SQLITE_ADD_STEP, [(order.id, *_build_step_row(step)) for step in order.steps]
    )


def update_step(
    connection: sqlite3.Connection, order: str, before: OrderStep, after: OrderStep
) -> None:
    """Write a step; OperationConflictError if it, or its order, is not as it was."""
    kept = select_order(connection, order)
    if kept.status != ACTIVE:
        raise build_ended_error(kept)
    was_s = None if before.at is None else before.at.timestamp()
    row = _build_step_row(after)
    changed = connection.execute(
        SQLITE_CHANGE_STEP, (*row[5:], order, before.number, before.status.value, was_s)
    )
    if not changed.rowcount:
        raise build_step_error(order, before.number, kept.find_step(before.number).status)


def mark_ended(connection: sqlite3.Connection, order: str, actor: str, at: datetime) -> None:
    """End an order; InputError if it is not active."""
    kept = select_order(connection, order)
    if kept.status != ACTIVE:
        raise build_ended_error(kept)
    connection.execute(
        "UPDATE switching_order SET status = 'ended', ended_by = ?, ended_s = ? WHERE id = ?",
        (actor, at.timestamp(), order),
    )


def _build_order(connection: sqlite3.Connection, row: Sequence[Any]) -> SwitchingOrder:
    order, of, started_by, started_s, status, ended_by, ended_s = row
    steps = tuple(_build_step(each) for each in connection.execute(SQLITE_STEPS, (order,)))
    started = make_time(started_s)
    assert started is not None  # noqa: S101 - the column is never null
    return SwitchingOrder(
        order, tuple(json.loads(of)), steps, started_by, started, status, ended_by,
        make_time(ended_s),
    )  # fmt: skip


def _build_step(row: Sequence[Any]) -> OrderStep:
    values = list(row)
    values[4], values[5], values[7] = bool(row[4]), StepStatus(row[5]), make_time(row[7])
    return OrderStep(*values)


def _build_step_row(step: OrderStep) -> tuple[Any, ...]:
    return (
        step.number, step.action, step.mrid, step.phases, step.remote, step.status.value,
        step.actor, None if step.at is None else step.at.timestamp(), step.note,
        step.open_before, step.version,
    )  # fmt: skip

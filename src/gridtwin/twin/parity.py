"""Prove that a mirror in PostgreSQL holds what a twin holds and answers what it answers."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.model import cim
from gridtwin.model.tables import decode_texts
from gridtwin.store.memory_store import MemoryStore
from gridtwin.store.postgis.mirror import compare_mirror
from gridtwin.store.table_changes import TableChange
from gridtwin.twin import Twin

if TYPE_CHECKING:
    import psycopg

    from gridtwin.model.state import State
    from gridtwin.store.postgis.mirror_rows import Mirrored

    Connection = psycopg.Connection[Any]
    Answer = tuple[list[Any], list[Any], int]

MOST_SAMPLED = 40  # elements asked about: half of them picked in the twin, half in the mirror
SAMPLED_FRAMES = ("equipment", "usage_points", "nodes", "feeders")
MIRRORED_STATE = "mirrored"  # name, in memory alone, of the state that is compared


def verify_mirror(
    connection: Connection, twin: Twin, state: State | None = None, *, samples: int = MOST_SAMPLED
) -> list[TableChange]:
    """
    Compare a mirror with a twin; nothing is written.

    Parameters
    ----------
    connection
        To a migrated database, outside of a transaction.
    twin
        What it shall mirror.
    state
        The current state it shall have; by default that of the twin.
    samples
        How many elements are traced, upstream and downstream, on both sides.

    Returns
    -------
        How each table differs, all rows and columns compared; then ``traces``: how many were asked
        for, and as updated how many came out otherwise.
    """
    source = twin.gather_mirror_rows(state)
    changes = compare_mirror(connection, source)
    asked = _pick_elements(connection, source, samples)
    engine = Twin(MemoryStore(source.network))
    engine.store.states.save_overlay(MIRRORED_STATE, source.state.deviations)
    wrong = sum(
        _answer_in_python(engine, mrid) != _answer_in_sql(connection, mrid) for mrid in asked
    )
    return [*changes, TableChange("traces", len(asked), 0, wrong, 0)]


def _pick_elements(connection: Connection, source: Mirrored, samples: int) -> list[str]:
    """Return elements of every kind, as many of the twin as of the mirror; the same each time."""
    from psycopg import sql

    rng = random.Random(samples)  # noqa: S311 - no secret
    picked: list[str] = []
    for number in range(samples):
        name = SAMPLED_FRAMES[number // 2 % len(SAMPLED_FRAMES)]
        mrids = getattr(source.network.data, name).mrid
        if not len(mrids):
            continue
        row = rng.randrange(len(mrids))
        if number % 2:
            picked.append(str(decode_texts(mrids[row : row + 1])[0]))
        else:
            query = sql.SQL("SELECT mrid FROM gridtwin.{} WHERE row = %s")
            picked += [
                mrid for (mrid,) in connection.execute(query.format(sql.Identifier(name)), (row,))
            ]
    return picked


def _answer_in_python(engine: Twin, mrid: str) -> Answer | None:
    """Return what hangs on an element, what feeds it, who goes dark; None if it is not there."""
    network = engine.store.network
    equipment = network.data.equipment
    kinds = np.array(cim.KIND_NAMES)
    element = network.ids.find_first(mrid)  # as the functions of the database choose
    if element is None:
        return None
    name = network.ids.write_id(element.table, mrid)
    down, up = (
        engine.trace(way, name, state=MIRRORED_STATE).rows for way in ("downstream", "upstream")
    )

    def name_equipment(rows: Any) -> zip[tuple[str, str]]:
        names = decode_texts(equipment.mrid[rows]).tolist()
        return zip(names, kinds[equipment.kind[rows]].tolist(), strict=True)

    return (
        sorted(name_equipment(down.equipment)),
        sorted(zip(name_equipment(up.equipment), up.depth.tolist(), strict=True)),
        engine.blast_radius(name, state=MIRRORED_STATE).customers,
    )


def _answer_in_sql(connection: Connection, mrid: str) -> Answer | None:
    from psycopg import errors

    def fetch_rows(query: str) -> list[tuple[Any, ...]]:
        return connection.execute(query.encode(), (mrid,)).fetchall()

    try:
        with connection.transaction():
            down = fetch_rows("SELECT mrid, kind FROM gridtwin.downstream(%s)")
            up = fetch_rows("SELECT mrid, kind, depth FROM gridtwin.upstream(%s)")
            customers = fetch_rows("SELECT gridtwin.customers_downstream(%s)")
    except errors.NoDataFound:
        return None
    ways = sorted(((name, kind), depth) for name, kind, depth in up)
    return sorted(down), ways, customers[0][0]

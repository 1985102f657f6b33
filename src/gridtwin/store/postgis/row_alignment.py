"""
Keep the rows of a mirror where they are, whatever was added to the twin or taken from it.

Rows refer to one another by their place, and a twin that is read anew numbers them anew: one meter
more would move all behind it. So a twin is put in the order of the mirror before it is compared:
what the mirror has keeps its place, what is new takes the places of what is gone, then those behind
the last.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.model.tables import keep_places
from gridtwin.store.postgis.binary_copy import Texts, hash_rows
from gridtwin.store.postgis.mirror_rows import switch_index
from gridtwin.topology.topology_index import build_index

if TYPE_CHECKING:
    import psycopg
    from numpy.typing import NDArray

    from gridtwin.model.network import Network
    from gridtwin.model.tables import Strings
    from gridtwin.store.postgis.mirror_rows import Mirrored

ALIGNED_FRAMES = ("nodes", "equipment", "usage_points")  # the long ones, which may be reordered
ORDER_KEY = "{}.mrid"  # name under which the order of a frame is remembered, as a hash


def align_rows(
    connection: psycopg.Connection[Any], twin: Mirrored, *, trust: bool = True
) -> Mirrored:
    """
    Return a twin with its rows in the order in which a mirror has them.

    Parameters
    ----------
    connection
        To the mirror, in a transaction.
    twin
        What is mirrored.
    trust
        Whether the order is taken to be as the last sync left it, where that was the same.
    """
    kept = _read_orders(connection) if trust else {}
    known = _hash_orders(twin.network)
    orders = []
    for name in ALIGNED_FRAMES:
        mrid = getattr(twin.network.data, name).mrid
        same = kept.get(ORDER_KEY.format(name)) == known[ORDER_KEY.format(name)]
        orders.append(
            _keep_rows(mrid) if same else _order_rows(mrid, *_read_rows(connection, name))
        )
    if all(np.array_equal(order, _keep_rows(order)) for order in orders):
        return twin
    network = twin.network.reorder_rows(*orders)
    normal = build_index(network.data, network.data.equipment.normal_open)
    current = switch_index(network, normal, twin.state)
    return replace(twin, network=network, normal=normal, current=current)


def save_order(connection: psycopg.Connection[Any], network: Network) -> None:
    """Remember the order of the rows of a network that is now mirrored."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO gridtwin.mirrored_blocks AS kept (table_name, block, fingerprints)"
            " VALUES (%s, 0, %s) ON CONFLICT (table_name, block) DO UPDATE"
            " SET fingerprints = excluded.fingerprints"
            " WHERE kept.fingerprints <> excluded.fingerprints",
            list(_hash_orders(network).items()),
        )


def _hash_orders(network: Network) -> dict[str, bytes]:
    return {
        ORDER_KEY.format(name): _hash_mrids(getattr(network.data, name).mrid)
        for name in ALIGNED_FRAMES
    }


def _hash_mrids(mrid: Strings) -> bytes:
    digest = hashlib.blake2b(f"{mrid.dtype} {len(mrid)} ".encode(), digest_size=32)
    digest.update(np.ascontiguousarray(mrid).tobytes())
    return digest.digest()


def _read_orders(connection: psycopg.Connection[Any]) -> dict[str, bytes]:
    rows = connection.execute(
        "SELECT table_name, fingerprints FROM gridtwin.mirrored_blocks WHERE table_name = ANY (%s)",
        ([ORDER_KEY.format(name) for name in ALIGNED_FRAMES],),
    )
    return {name: bytes(kept) for name, kept in rows}


def _read_rows(connection: psycopg.Connection[Any], name: str) -> tuple[Strings, NDArray[np.int64]]:
    """Return the mRIDs of a frame in the mirror, and the row of each."""
    from psycopg import sql

    query = sql.SQL(
        "SELECT string_agg(convert_to(mrid, 'UTF8'), '\\x00'::bytea), string_agg(int4send(row), '')"
        " FROM {}"  # as one value each, since a text holds no byte 0
    ).format(sql.Identifier("gridtwin", name))
    with connection.cursor(binary=True) as cursor:
        mrids, rows = cursor.execute(query).fetchone() or (None, None)
    if mrids is None or rows is None:
        return np.empty(0, dtype="S1"), np.empty(0, dtype=np.int64)
    return np.array(mrids.split(b"\0")), np.frombuffer(rows, dtype=">i4").astype(np.int64)


def _keep_rows(rows: NDArray[Any]) -> NDArray[np.int32]:
    return np.arange(len(rows), dtype=np.int32)


def _order_rows(mrid: Strings, there: Strings, rows_there: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the row of the twin at each row of the mirror, as many as the twin has."""
    return keep_places(_find_rows(mrid, there, rows_there))


def _find_rows(mrid: Strings, there: Strings, rows_there: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the row in the mirror of each mRID; -1 for what it does not have."""
    rows = np.full(len(mrid), -1)
    if len(there):
        numbers, numbers_there = hash_rows([Texts(mrid)]), hash_rows([Texts(there)])
        ours, theirs = np.argsort(numbers), np.argsort(numbers_there)
        at = np.searchsorted(numbers_there[theirs], numbers[ours])
        at = theirs[np.minimum(at, len(theirs) - 1)]
        rows[ours] = np.where(there[at] == mrid[ours], rows_there[at], -1)
    return rows

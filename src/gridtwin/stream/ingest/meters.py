"""Know the number of every meter, and keep what they hang on in step with the network."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.errors import StoreError
from gridtwin.model.ids import SortedIds

if TYPE_CHECKING:
    import psycopg

    from gridtwin.model.tables import Strings

AGAIN_S = 1.0  # the least time between two looks for new meters


class Meters:
    """The meters of a database by their mRID; read again when the network there has changed."""

    def __init__(self) -> None:
        self.ids = SortedIds(np.empty(0, dtype="S1"), np.empty(0, dtype=np.int32))
        self._synced: Any = None
        self._looked = -AGAIN_S

    def refresh(self, connection: psycopg.Connection[Any]) -> bool:
        """
        Read the meters if the network was synced since they were read; return whether it was.

        Raises
        ------
        StoreError
            If there is no network in the database.
        """
        if time.monotonic() - self._looked < AGAIN_S:
            return False
        self._looked = time.monotonic()
        row = connection.execute("SELECT synced_at FROM gridtwin.network").fetchone()
        if row is None:
            msg = "the database holds no network yet: fill it with gridtwin load or gridtwin sync"
            raise StoreError(msg)
        if row[0] == self._synced:
            return False
        connection.execute("SET LOCAL statement_timeout = 0")  # millions take a while
        connection.execute("SELECT gridtwin.refresh_meters()")
        self.ids = _read(connection)
        self._synced = row[0]
        return True


def _read(connection: psycopg.Connection[Any]) -> SortedIds:
    numbers: list[int] = []
    names: list[bytes] = []
    query = "COPY (SELECT m.meter, m.mrid FROM gridtwin.usage_points u"
    query += " JOIN gridtwin.meters m ON m.mrid = u.mrid) TO STDOUT (FORMAT BINARY)"
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        copy.set_types(["int4", "bytea"])
        for number, name in copy.rows():
            numbers.append(number)
            names.append(name)
    mrid: Strings = np.array(names or [b""], dtype=np.bytes_)[: len(names)]
    order = np.argsort(mrid, kind="stable")
    return SortedIds(mrid[order], np.array(numbers, dtype=np.int32)[order])

"""Know the number of every meter, and keep what they hang on in step with the network."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from gridtwin.errors import StoreError
from gridtwin.model.ids import SortedIds

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg

    from gridtwin.model.tables import Strings

Result = TypeVar("Result")

METERS_AGAIN_S = 1.0  # the least time between two looks for new meters


class Do(Protocol):
    """Does work in a transaction of its own and returns what it found; perhaps more than once."""

    def __call__(self, work: Callable[[psycopg.Connection[Any]], Result]) -> Result:
        """Do it."""
        ...


class Meters:
    """The meters of a database by their mRID; read again when the network there has changed."""

    def __init__(self) -> None:
        self.ids = SortedIds(np.empty(0, dtype="S1"), np.empty(0, dtype=np.int32))
        self._synced: Any = None
        self._looked = -METERS_AGAIN_S

    def refresh_meters(self, do: Do) -> bool:
        """
        Read the meters if the network was synced since they were read; return whether it was.

        Parameters
        ----------
        do
            Does it in the database; what it found is believed once that is committed.

        Raises
        ------
        StoreError
            If there is no network in the database.
        """
        if time.monotonic() - self._looked < METERS_AGAIN_S:
            return False
        changed = do(self._read_changed)
        self._looked = time.monotonic()
        if changed is None:
            return False
        self._synced, self.ids = changed
        return True

    def _read_changed(self, connection: psycopg.Connection[Any]) -> tuple[Any, SortedIds] | None:
        row = connection.execute("SELECT synced_at FROM gridtwin.network").fetchone()
        if row is None:
            msg = "the database holds no network yet: fill it with gridtwin load or gridtwin sync"
            raise StoreError(msg)
        if row[0] == self._synced:
            return None
        connection.execute("SET LOCAL statement_timeout = 0")  # millions take a while
        connection.execute("SELECT gridtwin.refresh_meters()")
        return row[0], _read_meters(connection)


def _read_meters(connection: psycopg.Connection[Any]) -> SortedIds:
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

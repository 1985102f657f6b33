"""
Let the transactions of one piece of work use one connection to a file of SQLite.

Whoever opens a file has SQLite read its whole schema, which takes many times as long as a short
transaction. A connection is held no longer than the work, such as the answer to one request:
while one is open, the log of the file stays beside it.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Hashable, Iterator


class _Held:
    """Open connections of a piece of work that no transaction uses now; its threads share them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._idle: dict[Hashable, sqlite3.Connection] = {}
        self.ended = False

    def take(self, key: Hashable) -> sqlite3.Connection | None:
        """Return a connection that nobody uses, if there is one."""
        with self._lock:
            return self._idle.pop(key, None)

    def leave(self, key: Hashable, connection: sqlite3.Connection) -> None:
        """Keep a connection for the next transaction, or close it if one is kept already."""
        with self._lock:
            if not self.ended and self._idle.setdefault(key, connection) is connection:
                return
        connection.close()

    def end(self) -> None:
        """Close what is kept; what is used now is closed when it is left."""
        with self._lock:
            self.ended = True
            idle = list(self._idle.values())
            self._idle.clear()
        for connection in idle:
            connection.close()


_HELD: ContextVar[_Held | None] = ContextVar("gridtwin_held_connections", default=None)


@contextmanager
def hold_connections() -> Iterator[None]:
    """Have the transactions inside use the connections of those before them."""
    around = _HELD.get()
    if around is not None and not around.ended:
        yield
        return
    held = _Held()
    token = _HELD.set(held)
    try:
        yield
    finally:
        _HELD.reset(token)
        held.end()


@contextmanager
def lend_connection(
    key: Hashable, connect: Callable[[], sqlite3.Connection]
) -> Iterator[sqlite3.Connection]:
    """
    Lend a connection to one transaction, which has ended when the block does.

    Parameters
    ----------
    key
        What the connection is to: another file has another.
    connect
        Opens one, such that any thread may use it.
    """
    held = _HELD.get()
    connection = (held.take(key) if held else None) or connect()
    try:
        yield connection
    except BaseException:
        connection.close()  # and with it goes what the transaction began
        raise
    if held:
        held.leave(key, connection)
    else:
        connection.close()

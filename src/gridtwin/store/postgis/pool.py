"""Lend connections of one pool to the threads of a process, and tell refusals in our own words."""

from __future__ import annotations

import logging
import selectors
import time
import weakref
from contextlib import contextmanager, suppress
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from gridtwin.errors import StoreError
from gridtwin.store.acting_role import OPERATOR, READER
from gridtwin.store.postgis.connect import (
    CONNECT_PATIENCE_S,
    STATEMENT_TIMEOUT_S,
    PassingError,
    complete_address,
    connect,
    hide_password,
)
from gridtwin.store.postgis.links import Lender
from gridtwin.store.postgis.refusals import translate_refusals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    import psycopg
    from psycopg_pool import ConnectionPool

    Connection = psycopg.Connection[Any]

Result = TypeVar("Result")

TIMEOUT_SETTING = f"-c statement_timeout={STATEMENT_TIMEOUT_S:g}s"
MOST_LENT = 16  # connections of one process: who comes later waits for one of them
TRY_S = 2.0  # before it is asked why no connection comes, and another is tried

# What cannot be reached is told by errors that show no password; the pool's own log may show one.
logging.getLogger("psycopg.pool").addHandler(logging.NullHandler())


def _repeat_work(_: Connection) -> None:
    """Say that nobody knows whether work was written."""


def _is_ended(connection: Connection) -> bool:
    """Return whether the server ended an idle connection; it is asked only if it said something."""
    import psycopg

    with selectors.DefaultSelector() as arrived:
        arrived.register(connection.fileno(), selectors.EVENT_READ)
        if not arrived.select(timeout=0):
            return False
    try:
        connection.execute("")
    except psycopg.OperationalError:
        return True
    return False


def _close_pool(pool: ConnectionPool[Any]) -> None:
    """Close a pool; one that a thread of its own lets go cannot wait for that thread."""
    with suppress(RuntimeError):
        pool.close()


class Pool(Lender):
    """
    Connections that threads borrow; they are made when they are needed, and closed at exit.

    Parameters
    ----------
    url
        The address; see `connect`.
    patience_s
        Seconds to try for when connections are lost, or all are in use.
    settings
        Of the server, such as ``-c statement_timeout=5s``.
    most
        How many connections there are at most.
    """

    def __init__(
        self,
        url: str,
        *,
        patience_s: float = CONNECT_PATIENCE_S,
        settings: str = TIMEOUT_SETTING,
        most: int = MOST_LENT,
    ) -> None:
        super().__init__(patience_s)
        self.url = url
        self._parameters = complete_address(url, settings)
        self._most = most
        self._making = Lock()
        self._made: ConnectionPool[Any] | None = None
        self._close: Callable[[], object] | None = None

    def run_read(self, question: Callable[[Connection], Result], *, role: str = READER) -> Result:
        """
        Ask what writes nothing, again when the connection is lost; see `Lender.run_query`.

        Parameters
        ----------
        question
            What to ask.
        role
            The role that may ask it.
        """
        with translate_refusals(self.url, role=role):
            return self.run_query(question)

    def run_write(
        self,
        work: Callable[[Connection], Result],
        *,
        committed: Callable[[Connection], Result | None] = _repeat_work,
        role: str = OPERATOR,
    ) -> Result:
        """
        Do work in one transaction, again when the connection is lost.

        Parameters
        ----------
        work
            What to do.
        committed
            See `Lender.run_transaction`; by default the work may be done twice, since the second
            time it changes nothing.
        role
            The role that may do it.
        """
        with translate_refusals(self.url, role=role):
            return self.run_transaction(work, committed=committed)

    def lend_connection(self) -> AbstractContextManager[Connection]:
        """Lend a connection; see `lend_own`."""
        return self.lend_own()

    @contextmanager
    def lend_own(self) -> Iterator[Connection]:
        """
        Lend a connection.

        Raises
        ------
        StoreError
            If there is none within the patience; says why and how to mend it.
        """
        pool = self._open_pool()
        connection = self._take_connection(pool)
        try:
            yield connection
        finally:
            pool.putconn(connection)

    def _take_connection(self, pool: ConnectionPool[Any]) -> Connection:
        from psycopg_pool import PoolTimeout

        end = time.monotonic() + self._patience_s
        while True:
            try:
                connection = pool.getconn(min(TRY_S, max(end - time.monotonic(), 0.01)))
                if not _is_ended(connection):
                    return connection
                pool.putconn(connection)  # which has another one made
                pool.check()
            except PoolTimeout as error:
                why = self._explain_failure()
                if time.monotonic() > end:
                    shown = hide_password(self.url)
                    msg = f"{shown} gave no connection within {self._patience_s:g} s: {why}"
                    raise StoreError(msg) from error

    def _explain_failure(self) -> str:
        """Return why no connection came; StoreError at once if the reason will not pass."""
        try:
            connect(self.url).close()
        except PassingError as error:
            return str(error)
        return f"all {self._most} are in use: ask less at once"

    def _open_pool(self) -> ConnectionPool[Any]:
        from psycopg_pool import ConnectionPool

        with self._making:
            if self._made is None:
                self._made = ConnectionPool(
                    kwargs={**self._parameters, "autocommit": True},
                    min_size=0,
                    max_size=self._most,
                    num_workers=1,
                    reconnect_timeout=TRY_S,  # whoever waits has another one tried
                    name="gridtwin",
                    open=True,
                )
                self._close = weakref.finalize(self, _close_pool, self._made)
            return self._made

    def close(self) -> None:
        """Close the connections; the next use makes others."""
        with self._making:
            self._made = None
            if self._close is not None:
                self._close()

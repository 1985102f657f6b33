"""Ask and write over connections that may be lost, again until it is done."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from gridtwin.errors import StoreError
from gridtwin.store.acting_role import find_acting_request
from gridtwin.store.postgis.connect import (
    CONNECT_PATIENCE_S,
    connect_patiently,
    is_lost,
    yield_waits,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    import psycopg

    Connection = psycopg.Connection[Any]

Result = TypeVar("Result")


class Lender(ABC):
    """
    What lends connections, and does what was asked again when one is lost.

    Parameters
    ----------
    patience_s
        Seconds to try for before giving up.
    """

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s

    @abstractmethod
    def lend_connection(self) -> AbstractContextManager[Connection]:
        """Lend a connection that nobody else has."""

    def run_query(self, question: Callable[[Connection], Result]) -> Result:
        """
        Ask what writes nothing, again when the connection is lost; no transaction is begun.

        Raises
        ------
        StoreError
            If the connection does not come back.
        """
        import psycopg

        waited = 0.0
        for wait in yield_waits():
            with self.lend_connection() as connection:
                try:
                    return question(connection)
                except psycopg.Error as error:
                    self._check_lost(connection, error, waited + wait)
            time.sleep(wait)
            waited += wait
        raise AssertionError  # the waits never end

    def _check_lost(self, connection: Connection, error: psycopg.Error, waited: float) -> None:
        """Raise what is no lost connection, and one that was lost for the last time."""
        if not is_lost(connection):
            raise error
        if waited > self._patience_s:
            msg = "the connection to the database was lost again and again: try later"
            raise StoreError(msg) from error

    def run_transaction(
        self,
        work: Callable[[Connection], Result],
        *,
        committed: Callable[[Connection], Result | None] | None = None,
    ) -> Result:
        """
        Do work in one transaction, again from its beginning when the connection is lost.

        Parameters
        ----------
        work
            What to do; it may run more than once, and takes effect once.
        committed
            For work that writes, when its connection was lost while committing: returns the result
            if the work was written, else None, and the work is done again. It first takes the
            lock the work takes, since the server may still be committing. Without it, such a loss
            raises.

        Raises
        ------
        StoreError
            If the connection does not come back, or nobody can tell whether the work was written.
        """
        import psycopg

        waited = 0.0
        for wait in yield_waits():
            finished = False
            with self.lend_connection() as connection:
                try:
                    with connection.transaction():
                        name_request(connection)
                        result = work(connection)
                        finished = True
                except psycopg.Error as error:
                    self._check_lost(connection, error, 0.0 if finished else waited + wait)
                    lost = error
                else:
                    return result
            if finished:
                kept = self._settle_commit(committed, lost)
                if kept is not None:
                    return kept
                self._check_lost(connection, lost, waited + wait)
            time.sleep(wait)
            waited += wait
        raise AssertionError  # the waits never end

    def _settle_commit(
        self, committed: Callable[[Connection], Result | None] | None, error: psycopg.Error
    ) -> Result | None:
        """Return the result of work whose connection was lost while committing, if it was kept."""
        msg = (
            "the connection to the database was lost while committing, so it is not known whether"
            " the last change was written: look before doing it again"
        )
        if committed is None:
            raise StoreError(msg) from error

        def find_result(connection: Connection) -> Result | None:
            with connection.transaction():
                return committed(connection)

        try:
            return self.run_query(find_result)
        except StoreError as again:
            msg = f"{msg} ({again})"
            raise StoreError(msg) from again


def name_request(connection: Connection) -> None:
    """Let the audit of the rows that a transaction changes name the request it is made for."""
    from psycopg import sql

    if request := find_acting_request():
        # No SELECT: after one, work could not choose how its transaction is isolated.
        named = sql.SQL("SET LOCAL gridtwin.request = {}").format(sql.Literal(request))
        connection.execute(named)


class Link(Lender):
    """
    One connection of a worker's own, which is made again when it is lost.

    Parameters
    ----------
    url
        The address; see `connect`.
    patience_s
        Seconds to try for before giving up.
    **options
        Those of `connect`.
    """

    def __init__(self, url: str, *, patience_s: float = CONNECT_PATIENCE_S, **options: Any) -> None:
        super().__init__(patience_s)
        self._url = url
        self._options = options
        self._connection: Connection | None = None

    @property
    def connection(self) -> Connection:
        """The connection, made or made again where there is none."""
        if self._connection is None or is_lost(self._connection):
            self._connection = connect_patiently(
                self._url, patience_s=self._patience_s, **self._options
            )
        return self._connection

    @contextmanager
    def lend_connection(self) -> Iterator[Connection]:
        """Lend the connection."""
        yield self.connection

    def close(self) -> None:
        """Give the connection back; the next use makes one again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@contextmanager
def open_link(url: str, **options: Any) -> Iterator[Link]:
    """Open a link and close it at the end."""
    link = Link(url, **options)
    try:
        yield link
    finally:
        link.close()

"""Lend each thread a connection of its own, and say what PostgreSQL refuses in our own words."""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from gridtwin.errors import InputError, StoreError, StoreVersionError
from gridtwin.store.postgis.connect import Link, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import psycopg

    Connection = psycopg.Connection[Any]

Result = TypeVar("Result")

READER, OPERATOR, OWNER = "gridtwin_reader", "gridtwin_operator", "gridtwin_owner"


def _do_again(_: Connection) -> None:
    """Say that nobody knows whether work was written."""


class Links:
    """
    Links that threads borrow: as many as there are threads that work at once.

    Parameters
    ----------
    url, **options
        Those of `Link`.
    """

    def __init__(self, url: str, **options: Any) -> None:
        self.url = url
        self._options = options
        self._idle: deque[Link] = deque()  # its operations are atomic

    def read(self, ask: Callable[[Connection], Result]) -> Result:
        """Ask what writes nothing, again when the connection is lost; see `Link.read`."""
        with told(self.url, role=READER), self.borrowed() as link:
            return link.read(ask)

    def write(
        self,
        work: Callable[[Connection], Result],
        *,
        committed: Callable[[Connection], Result | None] = _do_again,
        role: str = OPERATOR,
    ) -> Result:
        """
        Do work in one transaction, again when the connection is lost.

        Parameters
        ----------
        work
            What to do.
        committed
            See `Link.run`; by default the work may be done twice, since the second time it changes
            nothing.
        role
            The role that may do it.
        """
        with told(self.url, role=role), self.borrowed() as link:
            return link.run(work, committed=committed)

    @contextmanager
    def borrowed(self) -> Iterator[Link]:
        """Lend a link that no other thread has."""
        try:
            link = self._idle.pop()
        except IndexError:
            link = Link(self.url, **self._options)
        try:
            yield link
        finally:
            self._idle.append(link)

    def close(self) -> None:
        """Give back the connections that are not borrowed."""
        while self._idle:
            self._idle.pop().close()


@contextmanager
def told(url: str, *, role: str) -> Iterator[None]:
    """
    Turn what PostgreSQL refuses inside into errors of gridtwin.

    Parameters
    ----------
    url
        The address, shown without its password.
    role
        The role that may do what is done inside.

    Raises
    ------
    InputError
        If a text cannot be kept, such as one with a zero byte.
    StoreVersionError
        If the schema is not that of this gridtwin.
    StoreError
        If anything else is refused; says why and how to mend it.
    """
    import psycopg
    from psycopg import errors

    try:
        yield
    except errors.InsufficientPrivilege as error:
        mend = f"its login needs a role: GRANT {role} TO that login"
        raise StoreError(_words(url, error, mend)) from error
    except errors.QueryCanceled as error:
        mend = "try again when it is less busy, or give a longer statement_timeout in the address"
        raise StoreError(_words(url, error, mend)) from error
    except errors.DiskFull as error:
        mend = "its disk is full: make room there and try again"
        raise StoreError(_words(url, error, mend)) from error
    except errors.ReadOnlySqlTransaction as error:
        mend = "it only reads, as a replica does: give the address of the primary"
        raise StoreError(_words(url, error, mend)) from error
    except (
        errors.UndefinedTable,
        errors.UndefinedColumn,
        errors.UndefinedFunction,
        errors.InvalidSchemaName,
    ) as error:
        raise StoreVersionError(_words(url, error, "run `gridtwin db migrate`")) from error
    except psycopg.DataError as error:
        raise InputError(_words(url, error, "give another text")) from error
    except psycopg.Error as error:
        mend = "see the log of the server"
        raise StoreError(_words(url, error, mend)) from error


def _words(url: str, error: psycopg.Error, mend: str) -> str:
    reason = error.diag.message_primary or " ".join(str(error).split())
    return f"{shown(url)} refused: {reason}: {mend}"

"""Hold a lock of a database that ends with the session that took it, and notice when it ended."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from gridtwin.store.acting_role import OPERATOR
from gridtwin.store.postgis.connect import connect, hide_password
from gridtwin.store.postgis.refusals import translate_refusals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gridtwin.errors import StoreError


@contextmanager
def hold_session_lock(
    url: str, key: int, build_refusal: Callable[[str], StoreError]
) -> Iterator[Callable[[], None]]:
    """
    Hold a lock while what is inside runs; yields what refuses when the lock was lost meanwhile.

    A server that was started again has forgotten its locks: whoever goes on without asking may be
    the second one.

    Parameters
    ----------
    url
        Address of the database.
    key
        The number of the lock.
    build_refusal
        Makes the error, of the address shown, for a lock that another process has.

    Raises
    ------
    StoreError
        If another process has it, or what is inside finds that it was lost.
    """
    with translate_refusals(url, role=OPERATOR), connect(url, autocommit=True) as connection:
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", (key,)).fetchone()
        if row != (True,):
            raise build_refusal(hide_password(url))

        def check_lock() -> None:
            connection.execute("SELECT")

        yield check_lock

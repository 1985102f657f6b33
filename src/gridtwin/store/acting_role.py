"""
Say as what a server acts in its store, and for which request: as a reader, unless it needs more.

A store that is opened guarded writes only inside ``acting_as``. In PostgreSQL a role of the
database stands behind it, in SQLite the connection refuses to write. Work that forgot as what it
acts, such as in a thread of its own, reads. The request goes with the transaction, so that the
audit of rows names it.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

READER, OPERATOR, OWNER = "gridtwin_reader", "gridtwin_operator", "gridtwin_owner"
ACCESS = "gridtwin_access"  # keeps tokens, sessions and who did what; nothing else does


class _Acting(NamedTuple):
    role: str
    request: str


NOBODY = _Acting(READER, "")
_ACTING: ContextVar[_Acting] = ContextVar("gridtwin_acting", default=NOBODY)


def find_acting_role() -> str:
    """Return as what the store is asked."""
    return _ACTING.get().role


def find_acting_request() -> str:
    """Return the id of the request that the store is written for; empty where there is none."""
    return _ACTING.get().request


@contextmanager
def acting_as(role: str, *, request: str = "") -> Iterator[None]:
    """Let what is inside act as a role, for the request of an id."""
    token = _ACTING.set(_Acting(role, request))
    try:
        yield
    finally:
        _ACTING.reset(token)

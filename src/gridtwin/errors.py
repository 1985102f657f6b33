"""
Every error gridtwin raises.

::

    GridtwinError
    ├── InputError              the input is wrong; nothing was built or written
    │   ├── NetworkError        a network breaks the rules of the model (carries every fault)
    │   ├── SourceError         a file or a source cannot be read
    │   ├── CrsError            a coordinate reference system is unknown or cannot be used
    │   ├── PolygonError        a polygon cannot be used
    │   ├── EditionError        what is loaded again is no new edition of the twin's network
    │   ├── StoppedTableError   a table of a catalog cannot be pulled as it is
    │   ├── ExpressionError     a ``where`` expression cannot be understood
    │   └── AmbiguousIdError    an id stands in several tables, and which is meant was not said
    ├── OperationRefusedError   an operation may not be made now: a tag hangs, or a hazard stands
    ├── NotAllowedError         who asks may not do it
    ├── NotFoundError           no such element, state or twin (carries close matches)
    ├── StoreError              the place where a twin is kept cannot be used
    │   ├── StoreVersionError   the store was written by a newer gridtwin, or is no store at all
    │   ├── PostgresMissingError  this machine has no PostgreSQL to start
    │   ├── ConflictError       somebody else changed the same meanwhile
    │   │   └── OperationConflictError  what was confirmed is no more what would be done
    │   ├── StaleTwinError      another network took the twin's place since it was opened
    │   └── BrokerError         a Kafka broker cannot be reached or started
    ├── LostFeaturesError       tiles lack features of their network; they were not written
    ├── TooLargeError           what was sent or asked for is larger than the server takes
    ├── WebhookRefusedError     a receiver did not take what a webhook sent
    ├── BusyError               more long work is waiting than may wait
    ├── CancelledError          somebody cancelled the work
    └── MissingExtraError       an optional part is not installed
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SHOWN_FAULTS = 20


class GridtwinError(Exception):
    """Anything gridtwin refuses to do, said in one line: what, where, and how to mend it."""


class InputError(GridtwinError):
    """The input is wrong; nothing was built or written."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One broken rule in one row of one frame."""

    frame: str
    row: int  # position in the frame as it was given, from 0
    mrid: str
    reason: str

    def __str__(self) -> str:
        """Return ``frame row N (mRID): reason``."""
        return f"{self.frame} row {self.row} ({self.mrid}): {self.reason}"


class NetworkError(InputError):
    """A network breaks the rules of the model; ``faults`` holds every broken rule."""

    def __init__(self, faults: Sequence[Fault], where: str = "") -> None:
        self.faults = tuple(faults)
        shown = "; ".join(str(fault) for fault in self.faults[:SHOWN_FAULTS])
        more = len(self.faults) - SHOWN_FAULTS
        tail = f"; and {more} more" if more > 0 else ""
        plural = "s" if len(self.faults) != 1 else ""
        prefix = f"{where}: " if where else ""
        super().__init__(f"{prefix}{len(self.faults)} fault{plural} in the network: {shown}{tail}")


class SourceError(InputError):
    """A file or a source cannot be read."""


class CrsError(InputError):
    """A coordinate reference system is unknown or cannot be used."""


class PolygonError(InputError):
    """A polygon cannot be used."""


class EditionError(InputError):
    """What is loaded again is no new edition of the twin's network, or too much of it is gone."""


class StoppedTableError(InputError):
    """A table of a catalog cannot be pulled as it is; it was left as it was, others go on."""


class ExpressionError(InputError):
    """A ``where`` expression cannot be understood."""


class AmbiguousIdError(InputError):
    """An id stands in several tables; ``words`` name each of its elements."""

    def __init__(self, name: str, words: Sequence[str]) -> None:
        self.name = name
        self.words = tuple(words)
        super().__init__(f"several elements are called {name!r}: say {' or '.join(self.words)}")


class NotAllowedError(GridtwinError):
    """Who asks may not do it; nothing was done."""


class NotFoundError(GridtwinError):
    """No such element, state or twin; ``matches`` are the closest names there are."""

    def __init__(self, what: str, name: str, matches: Sequence[str] = ()) -> None:
        self.name = name
        self.matches = tuple(matches)
        hint = f"; did you mean {', '.join(self.matches)}?" if self.matches else ""
        super().__init__(f"no {what} is called {name!r}{hint}")


class OperationRefusedError(GridtwinError):
    """An operation may not be made now, such as while a tag hangs on the switch."""


class StoreError(GridtwinError):
    """The place where a twin is kept cannot be used."""


class StoreVersionError(StoreError):
    """The store was written by a newer gridtwin, or is no store at all."""


class PostgresMissingError(StoreError):
    """No PostgreSQL with PostGIS is on this machine."""


class ConflictError(StoreError):
    """Somebody else changed the same outage meanwhile; nothing was written."""

    def __init__(self, outage: str) -> None:
        super().__init__(f"outage {outage} was changed by somebody else meanwhile: try again")


class OperationConflictError(ConflictError):
    """What was confirmed is no more what would be done: the switches moved; nothing was written."""

    def __init__(self, reason: str) -> None:
        StoreError.__init__(self, reason)


class StaleTwinError(StoreError):
    """Another network took the twin's place since it was opened: open it again."""


class BrokerError(StoreError):
    """A Kafka broker cannot be reached or started."""


class LostFeaturesError(GridtwinError):
    """Tiles lack features of their network, or show some that it has not; nothing was written."""


class TooLargeError(GridtwinError):
    """What was sent, or asked for, is larger than the server takes."""


class WebhookRefusedError(GridtwinError):
    """
    A receiver did not take a message.

    Parameters
    ----------
    reason
        Why, without what the receiver wrote.
    rest
        Whether it takes none at the moment; otherwise it did not take this one.
    gone
        Whether it wants none any more.
    after_s
        Seconds that it asks to be left alone.
    """

    def __init__(
        self, reason: str, *, rest: bool = False, gone: bool = False, after_s: float = 0.0
    ) -> None:
        super().__init__(reason)
        self.rest = rest
        self.gone = gone
        self.after_s = after_s


class BusyError(GridtwinError):
    """More long work is waiting than may wait."""


class CancelledError(GridtwinError):
    """Somebody cancelled the work."""


class MissingExtraError(GridtwinError):
    """An optional part is not installed."""

    def __init__(self, need: str, extra: str) -> None:
        super().__init__(f"{need} needs an optional part: pip install 'gridtwin[{extra}]'")

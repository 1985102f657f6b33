"""Say how far what changes in a twin has come, so that who follows it sees what is new."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import sqlite3

STATE, OUTAGES, ESTIMATES, NETWORK, AMI = "state", "outages", "estimates", "network", "ami"

READ_MARKS = """
SELECT (SELECT version FROM twin), (SELECT coalesce(max(id), 0) FROM outage_evidence),
    (SELECT coalesce(max(id), 0) FROM erm_history)
"""


@dataclass(frozen=True, slots=True)
class Marks:
    """How often a twin has changed; each number only grows."""

    version: int  # of the current state
    outages: int  # number of the newest note on an outage
    estimates: int  # number of the newest estimate of an outage

    @property
    def changes(self) -> int:
        """A number that grows with every operation and every note on an outage."""
        return self.version + self.outages

    def moved(self, since: Marks) -> frozenset[str]:
        """Return what became another since earlier marks."""
        pairs = {
            STATE: self.version != since.version,
            OUTAGES: self.outages != since.outages,
            ESTIMATES: self.estimates != since.estimates,
        }
        return frozenset(what for what, moved in pairs.items() if moved)


class Changes(NamedTuple):
    """What became another, and the marks from which to ask again."""

    marks: Marks
    what: frozenset[str]  # words of this module; empty if nothing did in time


def marks_in(connection: sqlite3.Connection) -> Marks:
    """Return the marks of a twin kept in SQLite."""
    return Marks(*connection.execute(READ_MARKS).fetchone())

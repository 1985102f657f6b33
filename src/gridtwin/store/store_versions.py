"""Say how far what changes in a twin has come, so that who follows it sees what is new."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import sqlite3

STATE, OUTAGES, ESTIMATES, NETWORK, AMI = "state", "outages", "estimates", "network", "ami"
FINDINGS, OPERATING, CREWS = "findings", "operating", "crews"

SQLITE_READ_VERSIONS = """
SELECT (SELECT version FROM twin), (SELECT coalesce(max(id), 0) FROM outage_evidence),
    (SELECT coalesce(max(id), 0) FROM erm_history), (SELECT count FROM finding_change),
    (SELECT count FROM operating_change), (SELECT count FROM crew_change)
"""


@dataclass(frozen=True, slots=True)
class Versions:
    """How often a twin has changed; each number but that of crews only grows."""

    version: int  # of the current state
    outages: int  # number of the newest note on an outage
    estimates: int  # number of the newest estimate of an outage
    findings: int  # number of the newest change of what is accepted
    operating: int  # number of the newest change of tags, requests, orders
    crews: int  # becomes another with each change of crews

    @property
    def change_count(self) -> int:
        """A number that grows with every operation and every note on an outage."""
        return self.version + self.outages

    def find_changed(self, since: Versions) -> frozenset[str]:
        """Return what became another since earlier versions."""
        pairs = {
            STATE: self.version != since.version,
            OUTAGES: self.outages != since.outages,
            ESTIMATES: self.estimates != since.estimates,
            FINDINGS: self.findings != since.findings,
            OPERATING: self.operating != since.operating,
            CREWS: self.crews != since.crews,
        }
        return frozenset(what for what, moved in pairs.items() if moved)


class Changes(NamedTuple):
    """What became another, and the versions from which to ask again."""

    versions: Versions
    what: frozenset[str]  # words of this module; empty if nothing did in time


def read_sqlite_versions(connection: sqlite3.Connection) -> Versions:
    """Return the versions of a twin kept in SQLite."""
    return Versions(*connection.execute(SQLITE_READ_VERSIONS).fetchone())

"""Keep crews and where they are in SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridtwin.store.crew_book import list_crew_row, list_position_row, make_crew, make_position

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from gridtwin.model.crews import Crew, CrewPosition
    from gridtwin.store.sqlite_database import SqliteDatabase

CREWS_IN_FILE = """
SELECT mrid, name, skills, status, vehicle, home, home_lon, home_lat FROM crews ORDER BY mrid
"""
POSITIONS_IN_FILE = """
SELECT crew, lon, lat, at, accuracy_m, heading_deg FROM crew_positions ORDER BY crew
"""
WRITE_CREW_IN_FILE = """
INSERT INTO crews (mrid, name, skills, status, vehicle, home, home_lon, home_lat)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (mrid) DO UPDATE SET name = excluded.name, skills = excluded.skills,
    status = excluded.status, vehicle = excluded.vehicle, home = excluded.home,
    home_lon = excluded.home_lon, home_lat = excluded.home_lat
"""
WRITE_POSITION_IN_FILE = """
INSERT INTO crew_positions (crew, lon, lat, at, accuracy_m, heading_deg) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (crew) DO UPDATE SET lon = excluded.lon, lat = excluded.lat, at = excluded.at,
    accuracy_m = excluded.accuracy_m, heading_deg = excluded.heading_deg
WHERE excluded.at >= crew_positions.at
"""


class SqliteCrews:
    """The crews of a twin that is kept in SQLite; see `gridtwin.store.crew_book.CrewBook`."""

    def __init__(self, kept: SqliteDatabase) -> None:
        self._kept = kept

    def list_crews(self) -> list[Crew]:
        """Return the crews, by mRID."""
        with self._kept.transaction() as connection:
            return [make_crew(row) for row in connection.execute(CREWS_IN_FILE)]

    def list_positions(self) -> list[CrewPosition]:
        """Return where each crew was last, by crew."""
        with self._kept.transaction() as connection:
            return [make_position(row) for row in connection.execute(POSITIONS_IN_FILE)]

    def write_crews(self, crews: Sequence[Crew]) -> None:
        """Keep crews, in place of those of their mRIDs."""
        with self._kept.transaction("BEGIN IMMEDIATE") as connection:
            connection.executemany(WRITE_CREW_IN_FILE, map(list_crew_row, crews))

    def write_positions(self, positions: Sequence[CrewPosition]) -> None:
        """Keep where crews are; what is older than what is kept of a crew changes nothing."""
        with self._kept.transaction("BEGIN IMMEDIATE") as connection:
            connection.executemany(WRITE_POSITION_IN_FILE, map(list_position_row, positions))

    def delete_crews(self, mrids: Collection[str]) -> None:
        """Forget crews, and where they were."""
        keys = [(mrid,) for mrid in sorted(mrids)]
        with self._kept.transaction("BEGIN IMMEDIATE") as connection:
            connection.executemany("DELETE FROM crews WHERE mrid = ?", keys)
            connection.executemany("DELETE FROM crew_positions WHERE crew = ?", keys)

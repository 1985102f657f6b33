"""Keep crews and where they are in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridtwin.store.crew_book import list_crew_row, list_position_row, make_crew, make_position

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import psycopg

    from gridtwin.model.crews import Crew, CrewPosition
    from gridtwin.store.postgis.pool import Pool

    Connection = psycopg.Connection[Any]

PG_CREWS = """
SELECT mrid, name, skills, status, vehicle, home, home_lon, home_lat
FROM gridtwin.crews ORDER BY mrid COLLATE "C"
"""
PG_CREW_POSITIONS = """
SELECT crew, lon, lat, at, accuracy_m, heading_deg
FROM gridtwin.crew_positions ORDER BY crew COLLATE "C"
"""
PG_WRITE_CREW = """
INSERT INTO gridtwin.crews (mrid, name, skills, status, vehicle, home, home_lon, home_lat)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (mrid) DO UPDATE SET name = excluded.name, skills = excluded.skills,
    status = excluded.status, vehicle = excluded.vehicle, home = excluded.home,
    home_lon = excluded.home_lon, home_lat = excluded.home_lat
"""
PG_WRITE_CREW_POSITION = """
INSERT INTO gridtwin.crew_positions AS kept (crew, lon, lat, at, accuracy_m, heading_deg)
VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (crew) DO UPDATE SET lon = excluded.lon, lat = excluded.lat, at = excluded.at,
    accuracy_m = excluded.accuracy_m, heading_deg = excluded.heading_deg
WHERE excluded.at >= kept.at
"""


class PostgisCrews:
    """The crews of a twin in PostgreSQL; see `gridtwin.store.crew_book.CrewBook`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def list_crews(self) -> list[Crew]:
        """Return the crews, by mRID."""
        return self._pool.run_read(
            lambda connection: [make_crew(row) for row in connection.execute(PG_CREWS)]
        )

    def list_positions(self) -> list[CrewPosition]:
        """Return where each crew was last, by crew."""
        return self._pool.run_read(
            lambda connection: [make_position(row) for row in connection.execute(PG_CREW_POSITIONS)]
        )

    def write_crews(self, crews: Sequence[Crew]) -> None:
        """Keep crews, in place of those of their mRIDs."""
        self._write_rows(PG_WRITE_CREW, list(map(list_crew_row, crews)))

    def write_positions(self, positions: Sequence[CrewPosition]) -> None:
        """Keep where crews are; what is older than what is kept of a crew changes nothing."""
        self._write_rows(PG_WRITE_CREW_POSITION, list(map(list_position_row, positions)))

    def delete_crews(self, mrids: Collection[str]) -> None:
        """Forget crews, and where they were."""

        def delete_all(connection: Connection) -> None:
            gone = (sorted(mrids),)
            connection.execute("DELETE FROM gridtwin.crews WHERE mrid = ANY (%s)", gone)
            connection.execute("DELETE FROM gridtwin.crew_positions WHERE crew = ANY (%s)", gone)

        self._pool.run_write(delete_all)

    def _write_rows(self, statement: str, rows: list[tuple[Any, ...]]) -> None:
        def write_all(connection: Connection) -> None:
            with connection.cursor() as cursor:
                cursor.executemany(statement.encode(), rows)

        self._pool.run_write(write_all)

"""Ask for and write the loads of a network in PostgreSQL, and what a new one carries along."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from gridtwin.model.ids import MRID_TABLES
from gridtwin.model.network_loads import MappingText, NetworkLoad, SourceReading
from gridtwin.model.state import CURRENT
from gridtwin.store.edition_records import StandingRecords
from gridtwin.store.postgis.postgis_findings import read_load_findings
from gridtwin.store.postgis.postgis_outages import select_open_outages
from gridtwin.store.postgis.postgis_states import list_overlays, read_state

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    import psycopg

    from gridtwin.store.postgis.pool import Pool

    Connection = psycopg.Connection[Any]

PG_LOADS = """
SELECT load_number, loaded_at, source, options, mapping, coalesce(t.text, ''), row_count, added,
    changed, removed
FROM gridtwin.network_loads l LEFT JOIN gridtwin.mapping_texts t ON t.hash = l.mapping_hash
ORDER BY load_number
"""
PG_SAVE_LOAD = """
INSERT INTO gridtwin.network_loads (load_number, loaded_at, source, options, mapping, mapping_hash,
    row_count, added, changed, removed)
VALUES (%s, %s, %s, %s, %s, nullif(%s, ''), %s, %s, %s, %s)
"""
PG_SAVE_MAPPING = """
INSERT INTO gridtwin.mapping_texts (hash, text) VALUES (%s, %s) ON CONFLICT DO NOTHING
"""


class PostgisLoads:
    """The loads of a twin that is kept in PostgreSQL."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def list_loads(self) -> list[NetworkLoad]:
        """Return the loads of the network, the first first."""
        return self._pool.run_read(select_loads)

    def read_standing(self) -> StandingRecords:
        """Return what refers to elements of the network and is not over."""
        return self._pool.run_read(select_standing)


def select_loads(connection: Connection) -> list[NetworkLoad]:
    """Return the loads of the network, the first first."""
    loads = []
    for number, at, source, options, mapping, text, *counts in connection.execute(PG_LOADS):
        reading = SourceReading(source, options, MappingText(mapping, text))
        loads.append(NetworkLoad(number, at.astimezone(UTC), reading, *counts))
    return loads


def select_standing(connection: Connection) -> StandingRecords:
    """Return what refers to elements of the network and is not over."""
    names = (CURRENT, *list_overlays(connection))
    states = tuple(read_state(connection, name)[1] for name in names)
    outages, members = select_open_outages(connection)
    return StandingRecords(states, outages, members, read_load_findings(connection).accepted)


def list_known(connection: Connection, mrids: Collection[str]) -> list[str]:
    """Return those of some mRIDs that some table of the mirror has."""
    from psycopg import sql

    asked = sql.SQL(" UNION ").join(
        sql.SQL("SELECT mrid FROM {} WHERE mrid = ANY (%(mrids)s)").format(
            sql.Identifier("gridtwin", name)
        )
        for name in MRID_TABLES
    )
    rows = connection.execute(asked, {"mrids": list(mrids)}).fetchall()
    return [mrid for (mrid,) in rows]


def save_loads(connection: Connection, loads: Iterable[NetworkLoad]) -> None:
    """Make the loads of a mirror those of the twin; those that are as they were are not written."""
    wanted = {load.number: load for load in loads}
    kept = {load.number: load for load in select_loads(connection)}
    stale = [number for number, load in kept.items() if not _is_same(load, wanted.get(number))]
    with connection.cursor() as cursor:
        if stale:
            cursor.execute(
                "DELETE FROM gridtwin.network_loads WHERE load_number = ANY (%s)", (stale,)
            )
        fresh = [load for number, load in wanted.items() if number in stale or number not in kept]
        mappings = {load.reading.mapping for load in fresh if load.reading.mapping.text}
        cursor.executemany(PG_SAVE_MAPPING, [(each.digest, each.text) for each in mappings])
        cursor.executemany(PG_SAVE_LOAD, [_build_row(load) for load in fresh])


def count_other_loads(connection: Connection, loads: Iterable[NetworkLoad]) -> tuple[int, int, int]:
    """Return how many loads of a twin a mirror lacks, has otherwise, and has beyond it."""
    wanted = {load.number: load for load in loads}
    kept = {load.number: load for load in select_loads(connection)}
    both = wanted.keys() & kept.keys()
    other = sum(not _is_same(kept[number], wanted[number]) for number in both)
    return len(wanted.keys() - both), other, len(kept.keys() - both)


def _is_same(kept: NetworkLoad, wanted: NetworkLoad | None) -> bool:
    return wanted is not None and _list_facts(kept) == _list_facts(wanted)


def _list_facts(load: NetworkLoad) -> tuple[Any, ...]:
    """Return what is kept of a load; times as PostgreSQL keeps them, to the microsecond."""
    reading = load.reading
    return (
        *(load.number, round(load.at.timestamp() * 1e6), reading.shown_source),
        *(dict(reading.options), reading.mapping.name, reading.mapping.digest),
        *(load.rows, load.added, load.changed, load.removed),
    )


def _build_row(load: NetworkLoad) -> tuple[Any, ...]:
    from psycopg.types.json import Jsonb

    number, _, source, options, mapping, digest, *counts = _list_facts(load)
    return (number, load.at, source, Jsonb(options), mapping, digest, *counts)

"""Time a mirror in PostGIS: filled by gridtwin and by geopandas, then brought in step again."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pandas as pd
import sqlalchemy
from geopandas.io.sql import _psql_insert_copy

import gridtwin
from benchmarks.report import Row
from gridtwin.model.network import Network
from gridtwin.model.tables import take_rows
from gridtwin.store.postgis.connect import connect
from gridtwin.store.postgis.migrate import migrate
from gridtwin.store.postgis.mirror import compare_mirror, sync

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg

    from gridtwin.model.tables import NetworkData
    from gridtwin.twin import Twin

    Edit = Callable[[NetworkData], NetworkData]

KEYWORDS: dict[str, Any] = {  # as to_postgis writes its own
    "schema": "plain",
    "index": False,
    "chunksize": 50_000,
    "method": _psql_insert_copy,
}
PLACED = ("nodes", "equipment", "usage_points", "substations")
PLAIN = ("node_topology", "equipment_topology", "node_home", "segments", "feeders")
PROJECTED = """
ADD geometry_3857 geometry GENERATED ALWAYS AS (ST_Transform(geometry, 3857)) STORED
"""
INDEXES = f"""
ALTER TABLE plain.nodes {PROJECTED};
ALTER TABLE plain.equipment {PROJECTED};
ALTER TABLE plain.usage_points {PROJECTED};
ALTER TABLE plain.substations {PROJECTED};
ALTER TABLE plain.nodes ADD PRIMARY KEY (mrid), ADD UNIQUE (row);
CREATE INDEX ON plain.nodes USING gist (geometry_3857);
ALTER TABLE plain.equipment ADD PRIMARY KEY (mrid), ADD UNIQUE (row);
CREATE INDEX ON plain.equipment USING gist (geometry_3857);
ALTER TABLE plain.usage_points ADD PRIMARY KEY (mrid), ADD UNIQUE (row);
CREATE INDEX ON plain.usage_points USING gist (geometry_3857);
CREATE INDEX ON plain.usage_points (node) INCLUDE (row, mrid, customers);
ALTER TABLE plain.substations ADD PRIMARY KEY (mrid), ADD UNIQUE (row);
CREATE INDEX ON plain.substations USING gist (geometry_3857);
ALTER TABLE plain.node_topology ADD PRIMARY KEY (node);
CREATE INDEX ON plain.node_topology (segment, ltin) INCLUDE (node, depth, feed_mrid, feed_kind);
CREATE INDEX ON plain.node_topology (feed_mrid) WHERE feed_mrid <> '';
ALTER TABLE plain.equipment_topology ADD PRIMARY KEY (equipment);
CREATE INDEX ON plain.equipment_topology (node_a);
CREATE INDEX ON plain.equipment_topology (node_b);
ALTER TABLE plain.node_home ADD PRIMARY KEY (node);
CREATE INDEX ON plain.node_home (feeder);
VACUUM ANALYZE
"""


def mirror_rows(url: str, spare: str, twin: Twin) -> list[Row]:
    """Fill two empty databases with a twin, and leave it in the first of them."""
    source = twin.gather_mirror_rows()
    ours, others = zip(*(_both(each, twin) for each in (spare, url)), strict=True)
    full = min(ours)
    what = "full mirror / geopandas.to_postgis, same tables and indexes, the better of two"
    rows = [Row(what, full, min(others), 3)]
    with connect(url, autocommit=True) as connection:
        for what, edit, bar in (
            ("values of 1 % of the rows of three tables", _values, 8),
            ("1 % of nodes and meters moved, with what is drawn to them", _moved, 4),
            ("1 % of the meters replaced by others", _replaced, 4),
        ):
            again = _again(connection, twin, edit)
            rows.append(Row(f"second sync: {what} / full mirror", again, full, bar))
        assert not any(each.differing_rows for each in compare_mirror(connection, source))
    return rows


def _both(url: str, twin: Twin) -> tuple[float, float]:
    """Return how long a full mirror takes, and the same tables by other means beside it."""
    source = twin.gather_mirror_rows()
    with connect(url, autocommit=True) as connection:
        migrate(connection)
        return _timed(lambda: sync(connection, source)), _other(url, twin, connection)


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _again(connection: psycopg.Connection[Any], twin: Twin, edit: Edit) -> float:
    """Sync an edited twin, and the twin as it was, in turn; the median of four."""
    network = twin.store.network
    edited = gridtwin.open(Network(edit(network.data), crs=network.crs)).gather_mirror_rows()
    source = twin.gather_mirror_rows()
    assert any(each.differing_rows for each in compare_mirror(connection, edited))
    spent = [_timed(lambda to=to: sync(connection, to)) for to in (edited, source) * 2]
    assert not any(each.differing_rows for each in compare_mirror(connection, source))
    return float(np.median(spent))


def _some(count: int) -> Any:
    return np.random.default_rng(1).choice(count, count // 100, replace=False)


def _values(data: NetworkData) -> NetworkData:
    def one_more(values: Any) -> Any:
        edited = np.array(values)
        rows = _some(len(edited))
        edited[rows] = np.nan_to_num(edited[rows]) + 1
        return edited

    nodes, equipment, points = data.nodes, data.equipment, data.usage_points
    return replace(
        data,
        nodes=replace(nodes, nominal_v=one_more(nodes.nominal_v)),
        equipment=replace(equipment, rated_a=one_more(equipment.rated_a)),
        usage_points=replace(points, peak_w=one_more(points.peak_w)),
    )


def _moved(data: NetworkData) -> NetworkData:
    def beside(xy: Any) -> Any:
        edited = np.array(xy)
        edited[_some(len(edited))] += 1e-5
        return edited

    nodes, points = data.nodes, data.usage_points
    return replace(
        data,
        nodes=replace(nodes, xy=beside(nodes.xy)),
        usage_points=replace(points, xy=beside(points.xy)),
    )


def _replaced(data: NetworkData) -> NetworkData:
    """Take meters away, and put new ones beside others, so that most rows have another number."""
    points = data.usage_points
    count = len(points.mrid)
    gone, beside = np.split(np.random.default_rng(5).permutation(count)[: count // 100 * 2], 2)
    rows = np.sort(np.concatenate([np.setdiff1d(np.arange(count), gone), beside]))
    changed = take_rows(points, rows)
    new = np.flatnonzero(rows[1:] == rows[:-1]) + 1
    mrid = np.array(changed.mrid, dtype=f"S{max(16, changed.mrid.dtype.itemsize)}")
    mrid[new] = [b"NEW-%d" % row for row in new]
    return replace(data, usage_points=replace(changed, mrid=mrid))


def _numbered(frame: Any) -> geopandas.GeoDataFrame:
    return geopandas.GeoDataFrame(frame).assign(row=np.arange(len(frame)))


def _other(url: str, twin: Twin, connection: psycopg.Connection[Any]) -> float:
    """Return how long geopandas and pandas take for the same tables, and the same indexes."""
    engine = sqlalchemy.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    connection.execute("CREATE SCHEMA plain")
    network = twin.network
    frames = {name: _numbered(getattr(network, name)) for name in PLACED}
    tables = {name: pd.read_sql(f"SELECT * FROM gridtwin.{name}", engine) for name in PLAIN}

    def write() -> None:
        for name, frame in frames.items():
            frame.to_postgis(name, engine, schema="plain", chunksize=50_000)
        for name, table in tables.items():
            table.to_sql(
                name,
                engine,
                schema="plain",
                index=False,
                chunksize=50_000,
                method=_psql_insert_copy,
            )  # as to_postgis writes its own
        for statement in INDEXES.split(";"):
            connection.execute(statement)  # type: ignore[arg-type]

    spent = _timed(write)
    for name in PLACED + PLAIN:
        counts = connection.execute(
            f"SELECT (SELECT count(*) FROM plain.{name}), (SELECT count(*) FROM gridtwin.{name})"
        ).fetchone()
        assert counts is not None
        assert counts[0] == counts[1], name
    connection.execute("DROP SCHEMA plain CASCADE")
    engine.dispose()
    return spent

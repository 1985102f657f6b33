"""
Measure areas of vegetation risk beside what does the same by hand.

    python -m benchmarks.vegetation [meters [areas]]

geopandas and PostGIS cut every line by what areas it meets and sum the lengths; networkx walks from
the device that trips to all customers behind. Every row checks that both sides answer the same.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas
import networkx as nx
import numpy as np
import pandas as pd
import pyproj

import gridtwin
from benchmarks.report import Limit, Row, machine, publish, seconds, tables
from gridtwin.analysis.vegetation.span_exposure import measure_exposures
from gridtwin.analysis.vegetation.span_faults import count_interrupted
from gridtwin.model.frames import equipment_lines
from gridtwin.model.tables import decode_texts
from gridtwin.model.vegetation import SpanExposures, find_spans, join_areas
from gridtwin.sources.vegetation_file import VegetationReading, read_vegetation
from gridtwin.store.postgis.cluster import run_cluster
from gridtwin.store.postgis.connect import connect

if TYPE_CHECKING:
    from gridtwin.twin import Twin

CUT_IN_POSTGIS = """
SELECT e.mrid, sum(ST_Length(ST_Intersection(e.geometry, near.area)::geography)) AS m
FROM gridtwin.equipment e, LATERAL (
    SELECT ST_Union(a.geometry) AS area FROM gridtwin.vegetation_areas a
    WHERE ST_Intersects(a.geometry, e.geometry)
) near
WHERE e.kind = 'ac_line_segment' AND e.placement <> 'underground' AND near.area IS NOT NULL
GROUP BY e.mrid ORDER BY e.mrid COLLATE "C"
"""
SOME_SPANS = 300


def main(meters: int = 596_906, areas: int = 100_000) -> None:
    """Measure all of it, and publish."""
    network = gridtwin.synthesize("houston", meters=meters, seed=1)
    twin = gridtwin.open(network)
    trees = gridtwin.synthesize_vegetation(network, areas=areas)
    rows = [_cut(twin, trees), *_count(twin)]
    measured, limits = _keep(network, trees)
    rows.append(measured)
    head = f"{len(network.data.usage_points.mrid):,} meters,"
    head += f" {len(network.data.equipment.mrid):,} equipment, {len(trees):,} areas; {machine()}."
    head += (
        " Processor time; of PostgreSQL, beside on the same machine, wall time. Every row checks"
    )
    head += " that both sides give the same answer."
    publish("Vegetation risk", [head, "", *tables(rows, limits)])


def _cut(twin: Twin, trees: geopandas.GeoDataFrame) -> Row:
    data = twin.store.network.data
    spans = find_spans(data)
    given = {"trees": read_vegetation(trees, VegetationReading())[0]}
    lines = geopandas.GeoDataFrame(
        {"mrid": decode_texts(data.equipment.mrid[spans])},
        geometry=equipment_lines(data, spans),
        crs="EPSG:4326",
    )
    geod = pyproj.Geod(ellps="WGS84")

    def ours() -> SpanExposures:
        return measure_exposures(data, spans, join_areas(given), geographic=True)

    def theirs() -> pd.Series:
        whole = trees[["geometry"]].dissolve().explode(ignore_index=True)  # a place counts once
        cut = geopandas.overlay(lines, whole, how="intersection")
        return cut.geometry.map(geod.geometry_length).groupby(cut["mrid"]).sum()

    mine, other = ours(), theirs()
    other = other[other > 1e-6]
    found = pd.Series(mine.length_in_risk_m, mine.mrid).sort_index()
    assert found[found > 1e-6].index.equals(other.index)
    assert np.allclose(found[found > 1e-6], other, atol=1e-4)
    spent = seconds(ours, theirs, rounds=1)
    what = "length, class and failures of all spans / length alone by geopandas.overlay"
    return Row(what, *spent, 3)


def _count(twin: Twin) -> list[Row]:
    situation = twin.situation("normal")
    data, index = situation.data, situation.index
    spans = find_spans(data)
    some = np.random.default_rng(7).choice(spans, SOME_SPANS, replace=False)
    fed = np.flatnonzero(index.feed >= 0)
    graph = nx.DiGraph(zip(index.parent[fed].tolist(), fed.tolist(), strict=True))
    weight = index.weight.tolist()
    known = count_interrupted(situation, some)

    def walk() -> list[int]:
        tops = index.child[known.device].tolist()
        return [weight[top] + sum(weight[at] for at in nx.descendants(graph, top)) for top in tops]

    assert (known.device >= 0).all()
    assert walk() == known.customers.tolist()
    names = decode_texts(data.equipment.mrid[some[:20]]).tolist()
    blasts = [twin.blast_radius(each, scope="trip", state="normal").customers for each in names]
    assert blasts == known.customers[:20].tolist()
    ours, theirs = seconds(lambda: count_interrupted(situation, spans), walk, rounds=1)
    each = theirs / SOME_SPANS * len(spans)
    return [
        Row(f"customers of all {len(spans):,} spans / networkx, a part scaled up", ours, each, 50)
    ]


def _keep(network: gridtwin.Network, trees: geopandas.GeoDataFrame) -> tuple[Row, list[Limit]]:
    with (
        tempfile.TemporaryDirectory() as folder,
        run_cluster() as cluster,
        cluster.create_database() as url,
    ):
        home = gridtwin.open(network).save(Path(folder) / "grid.twin")
        began = time.process_time()
        home.load_vegetation(trees, name="trees")
        loaded = time.process_time() - began
        began = time.process_time()
        risk = gridtwin.open(Path(folder) / "grid.twin").vegetation()
        asked = time.process_time() - began
        kept = gridtwin.open(network).save(url)
        began = time.perf_counter()
        kept.load_vegetation(trees, name="trees")
        copied = time.perf_counter() - began
        with connect(url, autocommit=True) as connection:
            connection.execute("ANALYZE")
            began = time.perf_counter()
            cut = dict(connection.execute(CUT_IN_POSTGIS.encode()).fetchall())
            other = time.perf_counter() - began
            began = time.perf_counter()
            listed = connection.execute("SELECT * FROM grid.vegetation_spans ORDER BY rank")
            assert len(listed.fetchall()) == len(risk)
            ranked = time.perf_counter() - began
        exposures = risk.exposures
        mine = dict(zip(exposures.mrid.tolist(), exposures.length_in_risk_m.tolist(), strict=True))
        assert all(abs(mine.get(name, 0.0) - meters) < 1e-3 for name, meters in cut.items())
    row = Row("the ranked list in SQL, kept / PostGIS cuts every line", ranked, other, 10)
    return row, [
        Limit("load into a folder: areas cut, ranked and kept", loaded, 15, "s"),
        Limit("load into PostGIS: the same, wall time", copied, 120, "s"),
        Limit("the ranked list, asked of a twin just opened", asked, 2, "s"),
    ]


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

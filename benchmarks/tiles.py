"""Measure the map's tiles beside tippecanoe, and live: `python -m benchmarks.tiles [meters]`."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

import gridtwin
from benchmarks.report import Limit, Row, machine, publish, tables
from gridtwin.model.tables import decode_texts
from gridtwin.publish.tiles.archive import TileArchive
from gridtwin.publish.tiles.build_tiles import BuiltTiles, build_tiles, write_tiles
from gridtwin.publish.tiles.mercator import to_lonlat
from gridtwin.publish.tiles.tile_layers import TileLayer, build_layers
from gridtwin.publish.tiles.tile_sources import LocalTiles
from gridtwin.publish.tiles.verify import read_feature_ids
from gridtwin.publish.tiles.zoom_plan import NUMBER_FIELDS, ZOOM_GROUPS
from gridtwin.store.postgis.connect import connect

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from postgres import run_cluster

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gridtwin.twin import Twin

METERS = 596_906
ZOOMS = range(10, 17)
ASKED = 150  # tiles a zoom, where the meters are
LIVE_LIMIT_MS = 50.0
BUILD_LIMIT_S = 30.0
# Everything kept, as ours does; the zoom plan is written into each feature.
TIPPECANOE = ("tippecanoe", "-q", "-f", "-Z0", "-z15", "-r1", "--no-feature-limit")
TIPPECANOE += ("--no-tile-size-limit", "--no-line-simplification")


def main() -> None:
    """Print ratios and limits, and write the section."""
    meters = int(sys.argv[1]) if len(sys.argv) > 1 else METERS
    twin = gridtwin.open(gridtwin.synthesize("houston", meters=meters, seed=1))
    folder = Path(tempfile.mkdtemp(prefix="gridtwin-tiles-"))
    try:
        row, built, spent_s = _static(twin, folder)
        local = _local(twin)
    finally:
        shutil.rmtree(folder)
    print(row.line(), local)
    settings = {"shared_buffers": "512MB", "autovacuum": "on"}
    with run_cluster(settings) as running, running.create_database() as url:
        stored = _postgis(twin, url)
    limits = [Limit("all tiles built and verified, wall time", spent_s, BUILD_LIMIT_S, "s")]
    limits += [
        Limit(f"live tile from PostGIS, z{zoom}, p99", p99, LIVE_LIMIT_MS, "ms")
        for zoom, (_, p99) in stored.items()
    ]
    head = f"{meters:,} meters, {sum(built.features.values()):,} features in {built.tiles:,} tiles,"
    head += f" {len(built.content) / 1e6:.1f} MB, the largest {built.largest_bytes / 1e3:.0f} KB;"
    head += f" {machine()}, load {os.getloadavg()[0]:.0f} from other work. Processor time but for"
    head += " the build: of the database's own process for live tiles, which are asked where meters"
    head += (
        f" are, {ASKED} a zoom, each once. Both sides of the ratio hold every feature at zoom 15."
    )
    times = ["| live tile, ms | " + " | ".join(f"z{zoom}" for zoom in ZOOMS) + " |"]
    times += ["| --- |" + " --- |" * len(ZOOMS)]
    for name, found in (("PostGIS", stored), ("memory", local)):
        cells = [f"{p50:.1f} / {p99:.1f}" for p50, p99 in found.values()]
        times.append(f"| {name}, p50 / p99 | {' | '.join(cells)} |")
    publish("Tiles of the map", [head, "", *tables([row], limits), "", *times])


def _static(twin: Twin, folder: Path) -> tuple[Row, BuiltTiles, float]:
    store = twin.store
    network, index = store.network, store.read_index()
    began, start = time.process_time(), time.perf_counter()
    built = build_tiles(network, index, network_hash=store.network_hash)
    write_tiles(built, folder / "ours.pmtiles")
    ours, wall = time.process_time() - began, time.perf_counter() - start
    layers = build_layers(network, index)
    with (folder / "features.geojsonl").open("w") as file:
        for layer in layers.values():
            file.writelines(_geojson(layer))
    began = _children_s()
    subprocess.run(
        [_binary(), *TIPPECANOE[1:], "-o", "theirs.pmtiles", "features.geojsonl"],
        cwd=folder,
        check=True,
        env={**os.environ, "TIPPECANOE_MAX_THREADS": "2"},
    )
    other = _children_s() - began
    wanted = {name: set(layer.ids.tolist()) for name, layer in layers.items()}
    for name in ("ours", "theirs"):
        assert _ids(folder / f"{name}.pmtiles") == wanted, name
    return (
        Row("all tiles of one zoom plan / tippecanoe, its input ready", ours, other, 2),
        built,
        wall,
    )


def _binary() -> str:
    beside = Path(sys.executable).with_name("tippecanoe")
    return str(beside) if beside.exists() else "tippecanoe"


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _geojson(layer: TileLayer) -> Iterator[str]:
    """Yield each feature of a layer as tippecanoe reads it, with the same properties."""
    lonlat = to_lonlat(layer.xy)
    shapes = (
        shapely.from_ragged_array(shapely.GeometryType.LINESTRING, lonlat, (layer.start,))
        if layer.lines
        else shapely.points(lonlat)
    )
    columns = {
        name: values.tolist() if name in NUMBER_FIELDS else decode_texts(values).tolist()
        for name, values in layer.columns.items()
    }
    texts = shapely.to_geojson(shapes).tolist()
    for at, (text, group) in enumerate(zip(texts, layer.group.tolist(), strict=True)):
        said: dict[str, Any] = {name: values[at] for name, values in columns.items()}
        known = json.dumps({k: v for k, v in said.items() if v not in {"", -1}})
        drawn = json.dumps({"layer": layer.name, "minzoom": ZOOM_GROUPS[group].gate})
        yield (
            f'{{"type":"Feature","id":{layer.ids[at]},"tippecanoe":{drawn},'
            f'"properties":{known},"geometry":{text}}}\n'
        )


def _ids(path: Path) -> dict[str, set[int]]:
    """Return the ids of each layer at zoom 15."""
    found: dict[str, set[int]] = {}
    for at, tile in TileArchive(path).tiles():
        if at[0] == 15:
            for name, ids in read_feature_ids(zlib.decompress(tile, 31)).items():
                found.setdefault(name, set()).update(ids)
    return found


def _asked(twin: Twin, zoom: int) -> list[list[int]]:
    xy = layers_of_points(twin)
    rng = np.random.default_rng(zoom)
    return (xy[rng.integers(len(xy), size=ASKED)] * (1 << zoom)).astype(int).tolist()


def layers_of_points(twin: Twin) -> np.ndarray:
    """Return where the meters are on the square of the map."""
    from gridtwin.publish.tiles.mercator import to_square

    return to_square(twin.store.network.data.usage_points.xy)


def _timed(
    twin: Twin, tile: Callable[[int, int, int], object], clock_ms: Callable[[], float]
) -> dict[int, tuple[float, float]]:
    found = {}
    for zoom in ZOOMS:
        asked = _asked(twin, zoom)
        tile(zoom, *asked[0])
        spent = []
        for x, y in asked:
            start = clock_ms()
            tile(zoom, x, y)
            spent.append(clock_ms() - start)
        found[zoom] = (float(np.percentile(spent, 50)), float(np.percentile(spent, 99)))
    return found


def _local(twin: Twin) -> dict[int, tuple[float, float]]:
    source = LocalTiles(twin.store, lambda state: twin.supply(twin.situation(state)))
    return _timed(twin, source.live, lambda: time.process_time() * 1e3)


def _postgis(twin: Twin, url: str) -> dict[int, tuple[float, float]]:
    twin.save(url)
    with connect(url, autocommit=True) as connection:
        connection.execute("SELECT gridtwin.refresh_tiles()")
        connection.execute("VACUUM ANALYZE gridtwin.tile_features")
        (process,) = connection.execute("SELECT pg_backend_pid()").fetchone() or (0,)
        spent = Path(f"/proc/{process}/schedstat")

        def tile(zoom: int, x: int, y: int) -> object:
            return connection.execute(
                "SELECT gridtwin.live_tile(%s, %s, %s)", (zoom, x, y)
            ).fetchone()

        return _timed(twin, tile, lambda: int(spent.read_text().split()[0]) / 1e6)


if __name__ == "__main__":
    main()

"""Whatever happens to the files of a network, reading gives a network or one clear error."""

from __future__ import annotations

import hashlib
import shutil
from random import Random
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from fuzzing import each_count
from gridtwin.errors import GridtwinError
from gridtwin.model.network import Network
from gridtwin.sources import read
from small_tables import csv_folder, geopackage, tables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# GDAL itself warns of much that is spoilt.
pytestmark = pytest.mark.filterwarnings("ignore")

WORDS = (
    "", " ", "C", "A", "NC", "NULL", "nan", "inf", "-1", "1e400", "0", "1.0", "12,5", "1.234,5",
    "7", "RYB", "s1s2", "x" * 300, "\u00f1", "\u2028", "'", '"', ";", "=1+1", "POINT (1 2)",
    "POINT EMPTY", "LINESTRING (0 0)", "CIRCULARSTRING (0 0, 1 1, 2 0)",
    "POLYGON ((0 0, 1 1, 0 0))", "Z 1", "2021-01-01", "True", "9" * 20, "fuse", "12", "3",
)  # fmt: skip
VALUES = (
    None, float("nan"), float("inf"), -1, 0, 1, 2**53, 2**63, 2.0**60, 1.5, True, b"\x00", b"\xff",
    pd.NA, pd.NaT, (1, 2), {}, shapely.Point(), shapely.Point(1, 2), shapely.Point(0, float("nan")),
    shapely.box(0, 0, 1, 1), shapely.MultiPoint([(0, 0), (1, 1)]), shapely.GeometryCollection(),
    shapely.MultiLineString([((0, 0), (1, 1)), ((1, 1), (2, 0))]), shapely.LineString(),
    *WORDS,
)  # fmt: skip


def as_shapefiles(frames: dict[str, Any], folder: Path) -> Path:
    for name, frame in frames.items():
        if isinstance(frame, gpd.GeoDataFrame):
            frame.rename(columns=lambda column: column[:10]).to_file(folder / f"{name}.shp")
        else:
            frame.to_csv(folder / f"{name}.csv", index=False)
    return folder


def as_parquet(frames: dict[str, Any], folder: Path) -> Path:
    for name, frame in frames.items():
        frame.to_parquet(folder / f"{name}.parquet")
    return folder


WRITERS: dict[str, Callable[[dict[str, Any], Path], Path]] = {
    "gpkg": lambda frames, folder: geopackage(frames, folder / "a.gpkg"),
    "gdb": lambda frames, folder: geopackage(frames, folder / "a.gdb"),
    "shp": as_shapefiles,
    "parquet": as_parquet,
    "csv": csv_folder,
}


def fingerprint(place: Path) -> dict[str, str]:
    files = sorted(entry for entry in place.rglob("*") if entry.is_file())
    return {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def spoil_bytes(place: Path, random: Random) -> None:
    """Change, cut, or repeat some bytes of one file, mostly near its beginning."""
    file = random.choice(sorted(entry for entry in place.rglob("*") if entry.is_file()))
    content = bytearray(file.read_bytes())
    for _ in range(random.choice((1, 1, 2, 8))):
        at = random.randrange(random.choice((200, len(content) + 1)) or 1) % (len(content) or 1)
        way = random.randrange(4)
        if way == 0:
            content[at : at + 1] = bytes([random.randrange(256)])
        elif way == 1:
            content[at : at + random.randrange(1, 40)] = b""
        elif way == 2:
            content[at:at] = content[at : at + random.randrange(1, 40)]
        else:
            content[at:at] = random.choice(WORDS).encode()
    file.write_bytes(content)


def spoil_cells(frames: dict[str, Any], random: Random) -> dict[str, pd.DataFrame]:
    """Change some cells, columns or rows of some tables."""
    plain = {name: pd.DataFrame(frame).astype(object) for name, frame in frames.items()}
    for _ in range(random.choice((1, 1, 2, 5))):
        name = random.choice(sorted(plain))
        frame = plain[name]
        column = random.choice(list(frame.columns))
        way = random.randrange(8)
        if way == 0:
            plain[name] = frame.drop(columns=column)
        elif way == 1:
            plain[name] = frame.rename(columns={column: random.choice(WORDS)})
        elif way == 2 and len(frame):
            plain[name] = pd.concat([frame, frame.iloc[[0]]], ignore_index=True)
        elif way == 3:
            plain[name] = frame.iloc[: random.randrange(len(frame) + 1)]
        elif len(frame):
            cells = list(frame[column])
            cells[random.randrange(len(cells))] = random.choice(VALUES)
            plain[name] = frame.assign(
                **{column: pd.Series(cells, index=frame.index, dtype=object)}
            )
        if not len(plain[name].columns):
            plain[name] = frame
    return plain


def is_network_or_refusal(reader: Callable[[], Network]) -> bool:
    try:
        network = reader()
    except GridtwinError as error:
        return "\n" not in str(error)
    return len(network.data.nodes.mrid) > 0


def try_bytes(form: str, seed: int, sound: Path, place: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(sound, place)
    spoil_bytes(place, Random(f"{form} {seed}"))
    source = place / f"a.{form}" if form in {"gpkg", "gdb"} else place
    before = fingerprint(place)
    assert is_network_or_refusal(lambda: read(source, format=form)), f"{form} seed {seed}"
    assert fingerprint(place) == before, f"{form} seed {seed}"


def try_cells(form: str, seed: int, place: Path) -> None:
    frames = spoil_cells(tables(), Random(f"cells {form} {seed}"))
    if form == "frames":
        given = {name: frames[name] for name in tables()}
        assert is_network_or_refusal(lambda: Network.from_frames(**given)), f"frames seed {seed}"
        return
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    delimiter = Random(seed).choice(",;\t")
    for name, frame in frames.items():
        text = frame.map(lambda cell: cell.wkt if isinstance(cell, BaseGeometry) else cell)
        text.to_csv(place / f"{name}.csv", index=False, sep=delimiter, errors="replace")
    assert is_network_or_refusal(lambda: read(place, crs="EPSG:4326")), f"csv seed {seed}"


@each_count
@pytest.mark.parametrize("form", list(WRITERS))
def test_spoilt_bytes(form: str, count: int, tmp_path: Path) -> None:
    (tmp_path / "sound").mkdir()
    WRITERS[form](tables(), tmp_path / "sound")
    for seed in range(count // 2):
        try_bytes(form, seed, tmp_path / "sound", tmp_path / "spoilt")


@each_count
@pytest.mark.parametrize("form", ["frames", "csv"])
def test_spoilt_cells(form: str, count: int, tmp_path: Path) -> None:
    for seed in range(count // 2):
        try_cells(form, seed, tmp_path / "spoilt")

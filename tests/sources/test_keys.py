"""An identifier is the integer or the text its owner wrote, whatever a program made of it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gridtwin.errors import NetworkError, SourceError
from gridtwin.model.network import Network
from gridtwin.sources import read
from gridtwin.sources.csv_text import KEYS
from small_tables import csv_folder, geopackage, tables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LARGE = 2**53 + 1  # a real cannot hold it


def with_keys(convert: Callable[[pd.Series[Any]], Any]) -> dict[str, Any]:
    frames = tables()
    for name, frame in frames.items():
        kept = frame.columns.intersection(list(KEYS))
        frames[name] = frame.assign(**{column: convert(frame[column]) for column in kept})
    return frames


def ids(network: Network) -> list[str]:
    tables = (network.data.nodes, network.data.equipment, network.data.usage_points)
    return [mrid.decode() for table in tables for mrid in table.mrid.tolist()]


PLAIN = ["1", "2", "3", "4", "11", "12", "13", "21", "22"]


@pytest.mark.parametrize("suffix", [".gpkg", ".gdb"])
@pytest.mark.parametrize("kind", ["float64", "Int64"])
def test_numbers_in_containers(kind: str, suffix: str, tmp_path: Path) -> None:
    frames = with_keys(lambda column: pd.to_numeric(column).astype(kind))
    network = read(geopackage(frames, tmp_path / f"a{suffix}"))
    assert ids(network) == PLAIN
    assert network.data.usage_points.transformer.tolist() == [2, -1]


def test_reals_in_frames() -> None:
    frames = with_keys(lambda column: pd.to_numeric(column).astype("float64"))
    assert ids(Network.from_frames(**frames)) == PLAIN


def test_decimals_in_frames() -> None:
    decimal = [Decimal("1.00"), Decimal("2.00"), Decimal(3), Decimal(4)]
    frames = tables()
    frames["nodes"]["mrid"] = decimal
    assert ids(Network.from_frames(**frames)) == PLAIN


def test_whole_reals_in_csv(tmp_path: Path) -> None:
    frames = with_keys(lambda column: pd.to_numeric(column).astype("float64"))
    network = read(csv_folder(frames, tmp_path))
    assert ids(network) == PLAIN
    assert [notice.rule for notice in network.notices] == ["number_keys"]


def test_points_that_count_are_kept(tmp_path: Path) -> None:
    frames = tables()
    frames["nodes"]["mrid"] = ["1.0", "2.0", "3.1", "4.2"]
    frames["equipment"]["node_a"] = ["1.0", "2.0", "3.1"]
    frames["equipment"]["node_b"] = ["2.0", "3.1", "4.2"]
    frames["usage_points"]["node"] = ["4.2", "3.1"]
    frames["sources"]["node"] = ["1.0"]
    assert ids(read(csv_folder(frames, tmp_path)))[:4] == ["1.0", "2.0", "3.1", "4.2"]


def test_every_digit_of_an_integer_beside_a_null(tmp_path: Path) -> None:
    frames = tables()
    equipment = frames["equipment"]
    equipment["mrid"] = pd.array([11, 12, LARGE], dtype="Int64")
    frames["usage_points"]["transformer"] = pd.array([LARGE, None], dtype="Int64")
    frames["feeders"] = frames["feeders"].iloc[:0]
    places = {"a.gpkg": geopackage, "csv": csv_folder}
    (tmp_path / "csv").mkdir()
    for name, write in places.items():
        network = read(write(frames, tmp_path / name))
        assert ids(network)[6] == str(LARGE)
        assert network.data.usage_points.transformer.tolist() == [2, -1]


def test_every_digit_in_plain_parquet(tmp_path: Path) -> None:
    frames = tables()
    for name in ("nodes", "equipment"):
        frames[name].to_parquet(tmp_path / f"{name}.parquet")
    table = pa.table({"mrid": pa.array([LARGE, LARGE + 2]), "node": ["4", "3"], "t": [None, 1]})
    pq.write_table(table, tmp_path / "usage_points.parquet")
    network = read(tmp_path)
    assert ids(network)[-2:] == [str(LARGE), str(LARGE + 2)]


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_a_real_of_more_digits_than_it_holds_is_refused(kind: type) -> None:
    frames = tables()
    large = 2.0**53 if kind is np.float64 else 2.0**24
    frames["usage_points"]["mrid"] = np.array([large, 22], dtype=kind)
    with pytest.raises(NetworkError, match=r"usage_points row 0 .* of more digits than a real"):
        Network.from_frames(**frames)


def test_an_identifier_that_a_spreadsheet_rounded_is_refused(tmp_path: Path) -> None:
    frames = tables()
    frames["usage_points"]["mrid"] = ["1.23457E+11", "22"]
    with pytest.raises(SourceError, match=r"a spreadsheet has rounded .* 1\.23457E\+11"):
        read(csv_folder(frames, tmp_path))


def test_leading_zeros_that_were_lost_are_named(tmp_path: Path) -> None:
    frames = tables()
    frames["nodes"]["mrid"] = ["001", "2", "3", "4"]
    frames["sources"]["node"] = ["001"]
    with pytest.raises(NetworkError, match=r"node_a names no node: '1' .there is '001': were le"):
        read(csv_folder(frames, tmp_path))


def test_a_number_beyond_all_measure_is_refused_where_it_stands() -> None:
    with pytest.raises(NetworkError, match=r"equipment row 0 \(x\): rated_a .* is no number"):
        Network.from_frames(
            nodes={"mrid": ["a", "b"], "geometry": ["POINT (0 0)", "POINT (1 0)"]},
            equipment={
                "mrid": ["x"], "kind": ["jumper"], "node_a": ["a"], "node_b": ["b"],
                "rated_a": [1e300],
            },
            crs="none",
        )  # fmt: skip

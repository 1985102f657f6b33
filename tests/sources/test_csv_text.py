"""CSV is read as spreadsheets of any country write it, or refused saying what is unclear."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gridtwin.errors import SourceError
from gridtwin.sources import read
from small_tables import csv_folder, tables

if TYPE_CHECKING:
    from pathlib import Path

NAN = float("nan")
NODES = "mrid,nominal_v,lon,lat\n1,12470.5,-95.37,29.76\n2,240,-95.369,29.76\n"
EQUIPMENT = "mrid,kind,node_a,node_b,name\n11,fuse,1,2,Peñón\n"


def folder(place: Path, nodes: str = NODES, equipment: str = EQUIPMENT, **how: str) -> Path:
    encoding = how.get("encoding", "utf-8")
    for name, text in {"nodes": nodes, "equipment": equipment}.items():
        (place / f"{name}.csv").write_bytes(text.encode(encoding))
    return place


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_encodings(encoding: str, tmp_path: Path) -> None:
    network = read(folder(tmp_path, encoding=encoding))
    assert network.data.equipment.name[0].decode() == "Peñón"
    guessed = ["guessed_encoding"] if encoding == "cp1252" else []
    assert [notice.rule for notice in network.notices] == guessed


def test_text_in_no_known_encoding(tmp_path: Path) -> None:
    folder(tmp_path)
    (tmp_path / "equipment.csv").write_bytes(EQUIPMENT.encode().replace(b"\xc3", b"\x81"))
    with pytest.raises(SourceError, match=r"equipment\.csv: the file is no text in UTF-8 or Win"):
        read(tmp_path)


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
@pytest.mark.parametrize("decimal", [".", ","])
def test_delimiters_and_decimals(delimiter: str, decimal: str, tmp_path: Path) -> None:
    place = csv_folder(tables(), tmp_path, sep=delimiter, decimal=decimal)
    network = read(place, strict=True)
    assert network.data.nodes.nominal_v.tolist() == [12_470, 12_470, 12_470, 240]
    assert network.data.nodes.xy[0].tolist() == [-95.37, 29.76]


def test_a_first_line_may_say_the_delimiter(tmp_path: Path) -> None:
    nodes = "sep=;\n" + NODES.replace(",", ";")
    assert len(read(folder(tmp_path, nodes)).data.nodes.mrid) == 2


@pytest.mark.parametrize(
    ("written", "others", "volts"),
    [
        ('"12,470"', "-95.37,29.76", 12_470),
        ('"12,470.5"', "-95.37,29.76", 12_470.5),
        ('"1,112,470"', "-95,29", 1_112_470),
        ('"12.470,5"', '"-95,37","29,76"', 12_470.5),
        ('"12.470"', '"-95,37","29,76"', 12_470),
        ("12 470", "-95.37,29.76", 12_470),
        ("12\u202f470", "-95.37,29.76", 12_470),
        ("12'470.5", "-95.37,29.76", 12_470.5),
        ("NULL", "-95.37,29.76", NAN),
        ("#N/A", "-95.37,29.76", NAN),
    ],
)
def test_numbers(written: str, others: str, volts: float, tmp_path: Path) -> None:
    nodes = f"mrid,nominal_v,lon,lat\n1,{written},{others}\n2,240,-95,29\n"
    [found, _] = read(folder(tmp_path, nodes)).data.nodes.nominal_v.tolist()
    assert found == pytest.approx(volts, nan_ok=True)


@pytest.mark.parametrize("others", ["-95,29", '"-95,370","29,760"'])
def test_a_comma_that_may_be_of_thousands_or_of_decimals_is_refused(
    others: str, tmp_path: Path
) -> None:
    nodes = f'mrid,nominal_v,lon,lat\n1,"12,470",{others}\n2,240,-95,29\n'
    with pytest.raises(SourceError, match=r"nodes\.csv: row 0: \w+ '.*' can be read in two ways"):
        read(folder(tmp_path, nodes))


def test_nothing_may_be_spelt_out_but_names_keep_their_words(tmp_path: Path) -> None:
    frames = tables()
    frames["usage_points"]["transformer"] = ["13", "NULL"]
    frames["substations"]["name"] = ["None"]
    network = read(csv_folder(frames, tmp_path))
    assert network.data.usage_points.transformer.tolist() == [2, -1]
    assert network.data.substations.name.tolist() == [b"None"]

"""A word of normal_open is read only where all words of its column leave one meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gridtwin.errors import NetworkError, SourceError
from gridtwin.model import phases
from gridtwin.model.network import Network
from gridtwin.publish.gpkg import write_gpkg
from gridtwin.results.geo import make_geo_frame
from gridtwin.sources import read
from gridtwin.sources.positions import find_unclear
from small_tables import csv_folder, geopackage, tables, with_column

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "words",
    [
        ["C"], ["A"], ["N"], ["F"], ["O"], ["NC"], ["NA"], ["NO"], ["A", "F"], ["C", "O"],
        ["NC", "NO"], ["NA", "NC"], ["NA", "NF"], ["N.C.", "N.A."], ["A", "C"], ["a", "c"],
        ["Open", "C"], ["AN"], ["Aberto", "Fechado"], ["abierto"], ["2"], ["CCC"],
    ],
)  # fmt: skip
def test_words_that_may_mean_several_things_are_unclear(words: list[str]) -> None:
    assert find_unclear(words, {})


@pytest.mark.parametrize(
    "words",
    [
        [], [""], ["True", "False"], ["1", "0"], ["-1", "0"], ["0.0"], ["Y", "N"],
        ["yes", "no"], ["No"], ["T", "F"], ["Open", "Closed"], ["OPEN", ""],
        ["normally open", "Normally-Closed"],
        ["AB", "C"], ["ABC"], ["A", "B", "C"], ["B"], ["True", "False", "A"], ["s1"], ["A-B"],
        ["http://iec.ch/TC57/CIM100#PhaseCode.A"], ["-"],
    ],
)  # fmt: skip
def test_words_of_one_meaning_are_clear(words: list[str]) -> None:
    assert find_unclear(words, {}) == []


def test_an_unclear_word_is_refused_with_the_way_to_say_what_it_means(tmp_path: Path) -> None:
    path = geopackage(with_column("normal_open", ["C", "C", "C"]), tmp_path / "c.gpkg")
    with pytest.raises(
        SourceError, match=r"c\.gpkg: equipment: normal_open holds 'C'.*--word normal_open:C="
    ):
        read(path)
    assert opened(read(path, words={"normal_open": {"C": "closed"}})) == ["", "", ""]


def opened(network: Network) -> list[str]:
    return [phases.format_phases(mask) for mask in network.data.equipment.normal_open.tolist()]


@pytest.mark.parametrize(
    ("given", "words", "expected"),
    [
        (["F", "A", "F"], {"A": "open", "F": "closed"}, ["", "ABC", ""]),
        (["C", "A", None], {"c": "phase"}, ["C", "A", ""]),
        (["R", "", ""], {"R": "A"}, ["A", "", ""]),
        (["NC", "NO", "NC"], {"NO": "open", "NC": "closed"}, ["", "ABC", ""]),
        ([1, 2, 1], {"1": "closed", "2": "open"}, ["", "ABC", ""]),
    ],
)
def test_words_mean_what_is_said(
    given: list[object], words: dict[str, str], expected: list[str], tmp_path: Path
) -> None:
    path = geopackage(with_column("normal_open", given), tmp_path / "a.gpkg")
    assert opened(read(path, words={"normal_open": words})) == expected


def test_only_part_of_the_words_said_is_not_enough(tmp_path: Path) -> None:
    path = geopackage(with_column("normal_open", ["F", "A", "F"]), tmp_path / "a.gpkg")
    with pytest.raises(SourceError, match="normal_open holds 'F'"):
        read(path, words={"normal_open": {"A": "open"}})


def test_open_and_closed_are_read(tmp_path: Path) -> None:
    path = geopackage(with_column("normal_open", ["Closed", "Open", "closed"]), tmp_path / "a.gpkg")
    assert opened(read(path)) == ["", "ABC", ""]


@pytest.mark.parametrize("letter", ["A", "B", "C"])
def test_files_that_gridtwin_wrote_keep_one_open_phase(letter: str, tmp_path: Path) -> None:
    frames = with_column("normal_open", [letter, "", ""])
    network = Network.from_frames(**frames)
    assert opened(network) == [letter, "", ""]
    write_gpkg(network, tmp_path / "own.gpkg")
    again = read(tmp_path / "own.gpkg", strict=True)
    assert opened(again) == [letter, "", ""]
    drawn = again.seen_as(make_geo_frame)
    for name in ("nodes", "equipment"):
        getattr(drawn, name).to_parquet(tmp_path / f"{name}.parquet")
    assert opened(read(tmp_path, strict=True)) == [letter, "", ""]


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("NormalOpen", [False, True, False]),
        ("normal_position", ["closed", "open", "closed"]),
        ("NORMALPOSITION_A", [0, 1, 1]),
        ("P_N_OPE", ["F", "A", "F"]),
        ("estado", ["cerrado", "abierto", "cerrado"]),
    ],
)
def test_positions_in_a_column_by_another_name_are_not_passed_over(
    column: str, values: list[object], tmp_path: Path
) -> None:
    frames = with_column(column, values)
    frames["equipment"] = frames["equipment"].drop(columns="normal_open")
    path = geopackage(frames, tmp_path / "a.gpkg")
    with pytest.raises(SourceError, match=f"did you mean normal_open by {column}, which holds"):
        read(path)
    assert opened(read(path, columns={column: ""})) == ["", "", ""]
    told = read(
        path,
        columns={column: "normal_open"},
        words={"normal_open": {str(values[0]): "closed", str(values[1]): "open"}},
        strict=True,
    )
    assert opened(told)[:2] == ["", "ABC"]


def test_one_of_a_column_of_positions_is_not_taken_for_open(tmp_path: Path) -> None:
    frames = with_column("position", [1, 0, 1])
    frames["equipment"] = frames["equipment"].drop(columns="normal_open")
    path = geopackage(frames, tmp_path / "a.gpkg")
    with pytest.raises(SourceError, match="normal_open holds '0', '1'"):
        read(path, columns={"position": "normal_open"})


@pytest.mark.parametrize("column", ["status", "loop"])
def test_other_columns_say_nothing_of_switches(column: str, tmp_path: Path) -> None:
    frames = with_column(column, ["planned", "built", "built"])
    frames["equipment"] = frames["equipment"].drop(columns="normal_open")
    network = read(csv_folder(frames, tmp_path))
    assert network.notices == ()
    assert network.equipment[column].tolist() == ["planned", "built", "built"]
    assert opened(network) == ["", "", ""]


def test_in_frames_given_in_python_letters_name_phases() -> None:
    frames = with_column("normal_open", ["C", "open", "closed"])
    assert opened(Network.from_frames(**frames)) == ["C", "ABC", ""]
    frames = with_column("normal_open", ["abierto", "", ""])
    with pytest.raises(NetworkError, match=r"normal_open 'abierto' is no phase code.*open and clo"):
        Network.from_frames(**frames)


def test_a_misspelt_column_of_frames_is_told() -> None:
    frames = tables()
    frames["equipment"] = frames["equipment"].rename(columns={"normal_open": "NormalOpen"})
    [notice] = Network.from_frames(**frames).notices
    assert notice.rule == "misspelt_column"
    assert "every switch is taken as closed: did you mean normal_open?" in notice.evidence

"""A utility's own columns come through every door with their kinds, or it is told why not."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gridtwin
from examples import scale_examples
from gridtwin.errors import ExpressionError, NetworkError
from gridtwin.model.column_names import find_own
from gridtwin.model.network import Network
from gridtwin.model.own_columns import LONGEST_TEXT, MOST_OWN
from gridtwin.model.schema import SCHEMA
from gridtwin.publish.gpkg import write_gpkg
from own_frames import NAMES, OF_EVERY_KIND, SHOWN, VALUES, frames_of_every_kind, show_own
from small_tables import csv_folder, geopackage, tables, with_column


def frames_of(network: Network) -> dict[str, Any]:
    return {name: getattr(network, name) for name in SCHEMA}


def own_of(values: list[Any]) -> tuple[str, list[Any]]:
    """Return the kind and the values of one own column of equipment."""
    network = Network.from_frames(**with_column("remark", values))
    return show_own(network)["equipment"]["remark"]


def read_texts(folder: Path, *texts: str) -> tuple[str, list[Any]]:
    """Return the kind and the values of an own column of a CSV file."""
    network = gridtwin.read(csv_folder(with_column("remark", list(texts)), folder))
    return show_own(network)["equipment"]["remark"]


def test_every_kind_comes_through_frames_and_back() -> None:
    network = Network.from_frames(**frames_of_every_kind())
    assert show_own(network) == {"equipment": SHOWN}
    assert network.notices == ()
    assert show_own(Network.from_frames(**frames_of(network))) == {"equipment": SHOWN}
    shown = network.equipment
    assert shown["install_year"].tolist()[::2] == [1987.0, 2003.0]
    assert [str(shown[name].dtype) for name in SHOWN] == [
        "float64", "float64", "object", "boolean", "datetime64[s]"
    ]  # fmt: skip


@pytest.mark.parametrize("suffix", [".gpkg", ".gdb"])
def test_every_kind_comes_through_layers(suffix: str, tmp_path: Path) -> None:
    frames = frames_of_every_kind()
    equipment = frames["equipment"].rename(columns={"Last inspected": "Last_inspected"})
    equipment["Last_inspected"] = pd.to_datetime(equipment["Last_inspected"])
    equipment["leased"] = equipment["leased"].astype("boolean")
    wanted = {name.replace(" ", "_"): each for name, each in SHOWN.items()}
    if suffix == ".gdb":  # which knows no flags
        equipment = equipment.drop(columns="leased")
        del wanted["leased"]
    frames["equipment"] = equipment
    read = gridtwin.read(geopackage(frames, tmp_path / f"a{suffix}"))
    assert show_own(read) == {"equipment": wanted}


def test_every_kind_comes_through_csv_parquet_twins_and_the_geopackage_written(
    tmp_path: Path,
) -> None:
    network = gridtwin.read(csv_folder(frames_of_every_kind(), tmp_path))
    assert show_own(network) == {"equipment": SHOWN}
    kept = gridtwin.open(network).save(tmp_path / "a.twin")
    assert show_own(kept.store.network) == {"equipment": SHOWN}
    reopened = gridtwin.open(tmp_path / "a.twin")
    assert show_own(reopened.store.network) == {"equipment": SHOWN}
    assert show_own(gridtwin.read(tmp_path / "a.twin/tables")) == {"equipment": SHOWN}
    write_gpkg(reopened.network, tmp_path / "a.gpkg")
    assert show_own(gridtwin.read(tmp_path / "a.gpkg")) == {"equipment": SHOWN}


@given(own=st.dictionaries(NAMES.map(str.strip), VALUES, max_size=6))
@settings(max_examples=scale_examples(30))
def test_any_own_columns_come_back_from_frames_and_twins(own: dict[str, list[Any]]) -> None:
    frames = tables()
    own = {
        name: own[name]
        for name in find_own(list(own), "equipment")
        if len([each for each in own if each.casefold() == name.casefold()]) == 1
        and name not in frames["equipment"]
        and find_own([*frames["equipment"], name], "equipment")
    }
    for name, values in own.items():
        frames["equipment"][name] = pd.Series(values, dtype=object)
    network = Network.from_frames(**frames)
    shown = show_own(network).get("equipment", {})
    assert list(shown) == list(own)
    for name, values in own.items():
        wanted = [
            (value.strip() or None) if isinstance(value, str)
            else value.isoformat() if isinstance(value, dt.date) else value
            for value in values
        ]  # fmt: skip
        assert shown[name][1] == wanted
    assert show_own(Network.from_frames(**frames_of(network))).get("equipment", {}) == shown
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.twin"
        assert show_own(gridtwin.open(network).save(path).store.network) == show_own(network)


@pytest.mark.parametrize(
    ("texts", "kind", "values"),
    [
        (("1987", "", "2003"), "number", [1987, None, 2003]),
        (("-0.5", "1e-07", "12"), "number", [-0.5, 1e-7, 12]),
        (("007", "12", "13"), "text", ["007", "12", "13"]),
        (("1234567890123456", "1", "2"), "text", ["1234567890123456", "1", "2"]),
        (("12E4", "13E4", "14E4"), "text", ["12E4", "13E4", "14E4"]),
        (("1", "x", ""), "text", ["1", "x", None]),
        (("Yes", "no", ""), "flag", [True, False, None]),
        (("Y", "N", ""), "text", ["Y", "N", None]),
        (("2019-05-31", "2020-02-29 00:00:00", ""), "date", ["2019-05-31", "2020-02-29", None]),
        (("2019-06-31", "2020-02-29", ""), "text", ["2019-06-31", "2020-02-29", None]),
        (("31.05.2019", "01.06.2019", ""), "text", ["31.05.2019", "01.06.2019", None]),
        (("", "", ""), "text", [None, None, None]),
    ],
)
def test_the_texts_of_a_csv_file_tell_the_kind(
    texts: tuple[str, ...], kind: str, values: list[Any], tmp_path: Path
) -> None:
    assert read_texts(tmp_path, *texts) == (kind, values)


@pytest.mark.parametrize(
    ("values", "kind", "shown"),
    [
        (["1987", "2003", None], "text", ["1987", "2003", None]),
        ([1, "x", 2.5], "text", ["1", "x", "2.5"]),
        ([True, "x", None], "text", ["True", "x", None]),
        ([2**60 + 1, 1, 2], "text", [str(2**60 + 1), "1", "2"]),
        ([1.0, float("inf"), -0.0], "number", [1, None, 0]),
        (
            [pd.Timestamp("2019-05-31", tz="Asia/Tokyo"), None, None],
            "date",
            ["2019-05-31", None, None],
        ),
        (
            [pd.Timestamp("2019-05-31 08:00"), None, None],
            "text",
            ["2019-05-31T08:00:00", None, None],
        ),
        (pd.Categorical(["a", None, "b"]), "text", ["a", None, "b"]),
        (["a\0b", " c ", "d"], "text", ["a b", "c", "d"]),
    ],
)
def test_the_types_of_a_frame_tell_the_kind(values: Any, kind: str, shown: list[Any]) -> None:
    assert own_of(values) == (kind, shown)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (["x" * (LONGEST_TEXT + 1), "", ""], "a text of 1,001 characters"),
        ([b"\x00", b"", b""], "values of type bytes"),
        ([["a"], [], []], "values of type list"),
    ],
)
def test_what_cannot_be_kept_is_told(values: list[Any], reason: str) -> None:
    network = Network.from_frames(**with_column("remark", values))
    (notice,) = network.notices
    assert notice.rule == "unread_column"
    assert "equipment: column remark is not kept" in notice.evidence
    assert reason in notice.evidence
    assert show_own(network) == {}


def test_a_column_like_one_of_the_model_is_told_and_not_kept() -> None:
    frames = tables()
    frames["nodes"]["Nominal V"] = frames["nodes"].pop("nominal_v")
    network = Network.from_frames(**frames)
    assert [notice.rule for notice in network.notices] == ["misspelt_column"]
    assert show_own(network) == {}


def test_a_column_without_a_name_is_told_and_not_kept(tmp_path: Path) -> None:
    folder = csv_folder(with_column("", ["a", "b", "c"]), tmp_path)
    network = gridtwin.read(folder)
    assert [notice.rule for notice in network.notices] == ["unread_column"]
    assert "has no name" in network.notices[0].evidence
    assert show_own(network) == {}


def test_a_column_is_left_out_knowingly(tmp_path: Path) -> None:
    network = gridtwin.read(csv_folder(frames_of_every_kind(), tmp_path), columns={"leased": ""})
    assert list(show_own(network)["equipment"]) == [name for name in SHOWN if name != "leased"]


def test_names_that_cannot_be_kept_are_refused() -> None:
    frames = with_column("Notes", ["a", "b", "c"])
    frames["equipment"]["notes"] = "x"
    with pytest.raises(NetworkError, match="'Notes' and 'notes' differ by capitals only"):
        Network.from_frames(**frames)
    with pytest.raises(NetworkError, match=r"cannot be kept under this name.*--column NAME="):
        Network.from_frames(**with_column("a\nb", ["a", "b", "c"]))
    many = tables()
    more = pd.DataFrame({f"x{at}": [1, 2, 3] for at in range(500)})
    many["equipment"] = pd.concat([many["equipment"], more], axis=1)
    with pytest.raises(
        NetworkError, match=f"500 columns are not of the model, more than the {MOST_OWN}"
    ):
        Network.from_frames(**many)


@pytest.fixture
def twin() -> gridtwin.Twin:
    return gridtwin.open(Network.from_frames(**frames_of_every_kind()))


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        ("install_year < 1990", [0]),
        ("install_year >= 1990", [2]),
        ("asset_tag == '007'", [0]),
        ("'Müller' in asset_tag", [1]),
        ("asset_tag == ''", [2]),
        ("leased", [0]),
        ("not leased", [1, 2]),
        ("leased == False", [2]),
        ("leased or install_year > 2000", [0, 2]),
        ("own['Last inspected'] < '1970-01-01'", [2]),
        ("own['Last inspected'] in ('2019-05-31', '2020-01-01')", [0]),
        ("own['install_year'] == 2003 and kind != 'fuse'", [2]),
    ],
)
def test_where_knows_own_columns(twin: gridtwin.Twin, where: str, rows: list[int]) -> None:
    mrids = twin.network.equipment["mrid"].tolist()
    everything = twin.trace("connected", mrids[0])
    assert sorted(everything.elements) == sorted(mrids)
    traced = twin.trace("connected", mrids[0], where=where)
    assert sorted(traced.elements) == sorted(mrids[row] for row in rows)


@pytest.mark.parametrize(
    ("where", "reason"),
    [
        ("own['instal_year'] == 1", "no own column is called 'instal_year': use one of"),
        ("own == 1", "no column is called 'own'"),
        ("instal_year == 1", "no column is called 'instal_year'"),
        ("own['Last inspected'] < 'May'", "'May' is no date"),
        ("install_year", "neither true nor false"),
    ],
)
def test_where_tells_what_it_does_not_know(twin: gridtwin.Twin, where: str, reason: str) -> None:
    first = twin.network.equipment["mrid"][0]
    with pytest.raises(ExpressionError, match=reason.replace("[", r"\[")):
        twin.trace("connected", first, where=where)


def test_rows_take_their_own_columns_with_them() -> None:
    network = Network.from_frames(**frames_of_every_kind())
    count = len(network.data.equipment.mrid)
    turned = network.reorder_rows(
        np.arange(len(network.data.nodes.mrid), dtype=np.int32),
        np.arange(count, dtype=np.int32)[::-1],
        np.arange(len(network.data.usage_points.mrid), dtype=np.int32),
    )
    for name, (kind, values) in show_own(turned)["equipment"].items():
        assert (kind, values[::-1]) == SHOWN[name]
    assert set(OF_EVERY_KIND) == set(SHOWN)

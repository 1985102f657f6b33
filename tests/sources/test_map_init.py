"""A drafted mapping loads as far as the evidence goes, and never guesses what is open."""

from __future__ import annotations

import sqlite3
import tomllib
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gridtwin
from drafted_towns import LOSSES, TOWNS, draft, draft_town, list_losses, make_town
from gridtwin.errors import SourceError
from gridtwin.sources.drafting.mapping_profile import SourceProfiler
from gridtwin.sources.drafting.profile_places import find_knee
from mapped_sources import at, line, write_source

ENGLISH = TOWNS["English"]


def blocks_of(file: Path) -> dict[str, dict[str, Any]]:
    """Return the blocks of a draft by their layers."""
    document = tomllib.loads(file.read_text(encoding="utf-8"))
    return {block["from"]: block for block in (*document["layer"], *document.get("heads", ()))}


@pytest.mark.parametrize("language", TOWNS)
def test_a_town_loads_as_its_people_call_it(tmp_path: Path, language: str) -> None:
    words = TOWNS[language]
    made, source, file = draft_town(tmp_path, make_town(words))
    assert made.questions == []
    assert list_losses(source, file) == LOSSES
    positions = blocks_of(file)[words.switches]["normal_open"]
    assert positions == {"column": words.position, "open": words.open, "closed": words.closed}
    checks = tomllib.loads(file.read_text(encoding="utf-8"))["checks"]
    assert checks == {"recorded_feeder": words.feeder}
    notices = gridtwin.read(source, mapping=file).notices
    assert not [notice for notice in notices if notice.rule == "recorded_feeder"]


def with_numbers() -> dict[str, dict[str, Any]]:
    layers = make_town(ENGLISH)
    positions = layers["SWITCHES"]["NORMAL_POS"]
    layers["SWITCHES"]["NORMAL_POS"] = [0 if word == "O" else 1 for word in positions]
    return layers


def test_which_of_0_and_1_is_open_is_asked(tmp_path: Path) -> None:
    made, source, file = draft_town(tmp_path, with_numbers())
    (question,) = made.questions
    assert question.name == "SWITCHES.NORMAL_POS"
    reason = r"town\.toml: \[\[layer\]\] \d \(SWITCHES\), normal_open, open: not answered yet"
    with pytest.raises(SourceError, match=reason):
        gridtwin.read(source, mapping=file)


@pytest.mark.parametrize("name", ["SWITCHES.NORMAL_POS", "normal_pos"])
def test_an_answer_is_taken(tmp_path: Path, name: str) -> None:
    made, source, file = draft_town(tmp_path, with_numbers(), {name: "0"})
    assert made.questions == []
    assert list_losses(source, file) == LOSSES


def test_the_other_answer_opens_the_others(tmp_path: Path) -> None:
    _, source, file = draft_town(tmp_path, with_numbers(), {"NORMAL_POS": "1"})
    opened = gridtwin.read(source, mapping=file).equipment.set_index("mrid")["normal_open"]
    assert sorted(opened.index[opened != ""]) == ["SWITCHES:S1", "SWITCHES:S2"]


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ({"NORMAL_POS": "7"}, "SWITCHES.NORMAL_POS=7 is none of 0, 1, open, closed"),
        ({"FROM_NODE": "7"}, "FROM_NODE=7 answers no question: SWITCHES.NORMAL_POS"),
    ],
)
def test_an_answer_to_nothing_is_refused(
    tmp_path: Path, answers: dict[str, str], reason: str
) -> None:
    with pytest.raises(SourceError, match=reason):
        draft_town(tmp_path, with_numbers(), answers)


def test_switches_without_a_position_are_asked_for(tmp_path: Path) -> None:
    layers = make_town(ENGLISH)
    del layers["SWITCHES"]["NORMAL_POS"]
    made, source, file = draft_town(tmp_path, layers)
    assert [question.name for question in made.questions] == ["SWITCHES"]
    with pytest.raises(SourceError, match=r"\(SWITCHES\), normal_open: not answered yet"):
        gridtwin.read(source, mapping=file)
    draft_town(tmp_path, layers, {"SWITCHES": "open"})
    opened = gridtwin.read(source, mapping=file).equipment["normal_open"]
    assert (opened != "").sum() == 3


def test_one_letter_alone_is_no_evidence(tmp_path: Path) -> None:
    layers = make_town(ENGLISH)
    layers["SWITCHES"]["NORMAL_POS"] = ["C", "C", "C"]
    assert [each.name for each in draft_town(tmp_path, layers)[0].questions] == [
        "SWITCHES.NORMAL_POS"
    ]


def add_domain(source: Path, layer: str, column: str, words: dict[str, str]) -> None:
    """Give a column of a GeoPackage a coded domain, as its schema extension lays it out."""
    with closing(sqlite3.connect(source)) as connection, connection:
        connection.executescript(
            "create table if not exists gpkg_data_columns (table_name text, column_name text,"
            " name text, title text, description text, mime_type text, constraint_name text);"
            "create table if not exists gpkg_data_column_constraints (constraint_name text,"
            " constraint_type text, value text, min real, min_is_inclusive boolean, max real,"
            " max_is_inclusive boolean, description text);"
        )
        connection.execute(
            "insert into gpkg_data_columns (table_name, column_name, constraint_name)"
            " values (?, ?, ?)",
            (layer, column, f"{layer}_{column}"),
        )
        connection.executemany(
            "insert into gpkg_data_column_constraints (constraint_name, constraint_type, value,"
            " description) values (?, 'enum', ?, ?)",
            [(f"{layer}_{column}", code, word) for code, word in words.items()],
        )


def test_a_domain_says_which_is_open(tmp_path: Path) -> None:
    source = write_source(tmp_path / "town.gpkg", with_numbers())
    add_domain(source, "SWITCHES", "NORMAL_POS", {"0": "Open", "1": "Closed", "2": "N/A"})
    made, source, file = draft_town(tmp_path, {})
    assert made.questions == []
    assert list_losses(source, file) == LOSSES


@pytest.mark.parametrize(
    ("values", "decoder"),
    [
        (["RST", "R", "ST"], {"letters": {"R": "A", "S": "B", "T": "C"}}),
        (["RYB", "Y", "RB"], {"letters": {"R": "A", "Y": "B", "B": "C"}}),
        (["L1L2L3", "L2", "L1,L3"], {"letters": {"L1": "A", "L2": "B", "L3": "C"}}),
        (["CAN", "B", "abc"], None),
    ],
)
def test_phases_by_letters(
    tmp_path: Path, values: list[str], decoder: dict[str, Any] | None
) -> None:
    layers = make_town(ENGLISH)
    layers["LINE_SEGMENTS"]["PHASES"] = [values[row % 3] for row in range(12)]
    _, _, file = draft_town(tmp_path, layers)
    phases = tomllib.loads(file.read_text()).get("phases", {})
    assert next(iter(phases.values()), None) == decoder


def test_phases_by_bits_are_asked_unless_a_domain_decodes_them(tmp_path: Path) -> None:
    layers = make_town(ENGLISH)
    layers["LINE_SEGMENTS"]["PHASES"] = [7, 4, 2, 1, *[7] * 8]
    made, source, file = draft_town(tmp_path, layers)
    assert [question.name for question in made.questions] == ["PHASES"]
    with pytest.raises(SourceError, match=r"\[phases\], mask, bits, A: not answered yet"):
        gridtwin.read(source, mapping=file)
    draft_town(tmp_path, layers, {"PHASES": "A1 B2 C4"})
    bits = tomllib.loads(file.read_text())["phases"]["mask"]["bits"]
    assert bits == {"A": 1, "B": 2, "C": 4}
    add_domain(source, "LINE_SEGMENTS", "PHASES", {"4": "A", "2": "B", "1": "C", "7": "A, B, C"})
    made, _, file = draft_town(tmp_path, layers)
    assert made.questions == []
    bits = tomllib.loads(file.read_text())["phases"]["mask"]["bits"]
    assert bits == {"A": 4, "B": 2, "C": 1}


def test_codes_of_phases_that_are_no_bits(tmp_path: Path) -> None:
    layers = make_town(ENGLISH)
    layers["LINE_SEGMENTS"]["PHASES"] = [9, 1, 2, 3, *[9] * 8]
    source = write_source(tmp_path / "town.gpkg", layers)
    add_domain(source, "LINE_SEGMENTS", "PHASES", {"9": "ABC", "1": "A", "2": "B", "3": "C"})
    _, source, file = draft_town(tmp_path, layers)
    codes = tomllib.loads(file.read_text())["phases"]["codes"]["codes"]
    assert codes == {"9": "ABC", "1": "A", "2": "B", "3": "C"}
    assert gridtwin.read(source, mapping=file).equipment["phases"].tolist()[:4] == [
        *("ABC", "A", "B", "C")
    ]


def test_key_is_a_guid_before_a_text_before_the_number_of_the_format(tmp_path: Path) -> None:
    layers = make_town(ENGLISH)
    guids = [f"{{{row:08X}-0000-4000-8000-000000000000}}" for row in range(12)]
    layers["LINE_SEGMENTS"]["GLOBALID"] = guids
    layers["CUSTOMERS"]["ASSET_ID"] = ["C1"] * 6
    _, _, file = draft_town(tmp_path, layers)
    keys = tomllib.loads(file.read_text())["ids"]["key"]
    assert keys == {"*": "ASSET_ID", "LINE_SEGMENTS": "GLOBALID", "CUSTOMERS": "fid"}
    assert "WARNING: no column is filled and unique but fid" in file.read_text().replace(
        "\n# ", " "
    )


def test_a_key_that_repeats_keeps_the_row_in_service(tmp_path: Path) -> None:
    layers = make_town(ENGLISH)
    homes = [(f"C{row}", "n7", "active") for row in range(20)] + [("C3", "n8", "inactive")]
    layers["CUSTOMERS"] = {
        "ASSET_ID": [home[0] for home in homes],
        "NODE": [home[1] for home in homes],
        "STATUS": [home[2] for home in homes],
    }
    _, source, file = draft_town(tmp_path, layers)
    assert blocks_of(file)["CUSTOMERS"]["prefer"] == "STATUS = 'active'"
    assert len(gridtwin.read(source, mapping=file).usage_points) == 20


def test_lengths_are_in_the_unit_that_the_drawing_shows(tmp_path: Path) -> None:
    layers = make_town(ENGLISH)
    drawn = np.array([each.length for each in layers["LINE_SEGMENTS"]["geometry"]])
    layers["LINE_SEGMENTS"]["LENGTH"] = (drawn / 0.3048).tolist()
    _, source, file = draft_town(tmp_path, layers)
    assert blocks_of(file)["LINE_SEGMENTS"]["length_m"] == "LENGTH * 0.3048"
    lengths = gridtwin.read(source, mapping=file).equipment["length_m"].dropna()
    assert lengths.to_numpy()[:12] == pytest.approx(drawn, rel=1e-5)


PLACED = {
    "PRI_LINES": {
        "ID": ["P1", "P2", "P3"],
        "geometry": [
            line((0, 0), (100, 0)),
            line((100.08, 0), (150, 0), (200, 0)),
            line((150, 0.05), (150, 90)),
        ],
    },
    "SEC_LINES": {
        "ID": ["S1", "S2"],
        "geometry": [line((200, 0), (230, 0)), line((150, 90), (170, 90))],
    },
    "SWITCHES": {"ID": ["SW1"], "POS": ["CLOSED"], "geometry": [at(100)]},
    "TRANSFORMERS": {
        "ID": ["T1", "T2"],
        "geometry": [at(200), at(150, 90)],
    },
    "METERS": {"ID": ["M1", "M2"], "geometry": [at(230), at(170, 90)]},
    "FEEDERS": {"ID": ["F1"], "DEVICE": ["SW1"]},
}  # fmt: skip


def test_lines_that_meet_by_place(tmp_path: Path) -> None:
    made, source, file = draft_town(tmp_path, PLACED)
    document = tomllib.loads(file.read_text())
    assert 0.08 < document["connect"]["tolerance_m"] <= 1.0
    blocks = blocks_of(file)
    assert blocks["PRI_LINES"]["ends"] == "line_and_vertices"
    assert (blocks["SEC_LINES"]["ends"], blocks["SEC_LINES"]["class"]) == ("line", "secondary")
    assert blocks["TRANSFORMERS"]["sides"] == {"a": "primary", "b": "secondary"}
    assert blocks["FEEDERS"]["at"] == "DEVICE"
    twin = gridtwin.open(gridtwin.read(source, mapping=file))
    assert set(twin.blast_radius("PRI_LINES:P2").usage_points) == {"METERS:M1", "METERS:M2"}
    assert twin.blast_radius("PRI_LINES:P3").usage_points == ["METERS:M2"]
    assert made.tolerance_m == document["connect"]["tolerance_m"]


def test_tolerance_is_the_knee_of_the_distances() -> None:
    rng = np.random.default_rng(1)
    meets, rest = rng.uniform(0, 0.02, 500), rng.uniform(4.0, 60.0, 100)
    assert 0.02 < find_knee(np.concatenate([meets, rest])) < 4.0
    assert find_knee(np.zeros(10)) == 0.1


def test_coordinates_without_a_system_are_asked_for(tmp_path: Path) -> None:
    source = write_source(tmp_path / "town.gpkg", make_town(ENGLISH), crs=None)
    made = draft(source)
    if not made.questions:  # GDAL may state an undefined system as one
        pytest.fail(made.write())
    assert [question.name for question in made.questions] == ["crs"]
    _, _, file = draft_town(tmp_path, {}, {"crs": "EPSG:32616"})
    assert list_losses(source, file) == LOSSES


def test_persons_are_marked_and_not_kept(tmp_path: Path) -> None:
    layers = make_town(ENGLISH)
    layers["CUSTOMERS"] |= {
        "OWNER_NAME": [f"Person {row}" for row in range(6)],
        "REMARK": [f"p{row}@example.org" for row in range(6)],
        "TARIFF": ["T1"] * 6,
    }
    made, source, file = draft_town(tmp_path, layers)
    text = made.write().replace("\n# ", " ")
    assert "PERSONAL, not kept unless it is named here: OWNER_NAME (a name of a person" in text
    assert "example.org" not in text
    customers = gridtwin.read(source, mapping=file).usage_points
    assert "TARIFF" in customers
    assert not {"OWNER_NAME", "REMARK"} & set(customers)


def test_names_of_a_source_are_no_program(tmp_path: Path) -> None:
    evil = 'x"\n[source]\ncrs = "none'
    layers = make_town(ENGLISH)
    layers["LINE_SEGMENTS"][evil] = ["1"] * 12
    layers["LINE_SEGMENTS"]['say "hi"'] = ["1"] * 12
    layers["SWITCHES"]['T"YPE\n'] = ["a\n[connect]\n", "b", "c"]
    _, source, file = draft_town(tmp_path, layers)
    assert "source" not in tomllib.loads(file.read_text(encoding="utf-8"))
    assert evil not in blocks_of(file)["LINE_SEGMENTS"]["keep"]  # the model takes no such name
    assert list_losses(source, file) == LOSSES


def test_layer_that_does_not_open_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "csv"
    folder.mkdir()
    for name, columns in make_town(ENGLISH).items():
        rows = {key: values for key, values in columns.items() if key != "geometry"}
        lines = [
            ",".join(rows),
            *(",".join(map(str, row)) for row in zip(*rows.values(), strict=True)),
        ]
        (folder / f"{name}.csv").write_text("\n".join(lines))
    (folder / "broken.parquet").write_bytes(b"PAR1 and no more")
    profile = SourceProfiler(folder).profile
    assert list(profile.broken) == ["broken"]
    text = draft(folder).write()
    assert "Does not open: broken" in text


def test_source_without_feeders_says_how_to_name_them(tmp_path: Path) -> None:
    layers = make_town(ENGLISH)
    del layers["FEEDERS"]
    made, source, file = draft_town(tmp_path, layers)
    assert "Where feeders begin is not recorded" in made.write()
    assert gridtwin.read(source, mapping=file).feeders.empty


def test_source_without_layers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="there is no such file or folder"):
        SourceProfiler(tmp_path / "nothing.gdb")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match=r"none of its layers|cannot be read"):
        draft(tmp_path / "empty")

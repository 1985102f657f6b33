"""A utility's own layers, read as a mapping says: columns, codes, positions, heads and checks."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import gridtwin
from gridtwin.errors import CrsError, SourceError
from mapped_sources import COLUMNS, at, line, read_street, street, write_source


def equipment_of(network: gridtwin.Network) -> dict[str, dict[str, Any]]:
    frame = network.equipment.set_index("mrid")
    return {str(mrid): dict(row) for mrid, row in frame.iterrows()}


def rules_of(network: gridtwin.Network) -> list[str]:
    return [notice.rule for notice in network.notices]


def refusal(tmp_path: Path, mapping: str, layers: dict[str, dict[str, Any]] | None = None) -> str:
    with pytest.raises(SourceError) as caught:
        read_street(tmp_path, layers, mapping)
    return str(caught.value)


def test_street(tmp_path: Path) -> None:
    network = read_street(tmp_path)
    found = equipment_of(network)
    assert set(found) == {"LINES:L1", "LINES:L2", "LINES:L3", "DEVICES:S1", "DEVICES:T1"}
    assert found["DEVICES:S1"]["kind"] == "disconnector"
    assert found["DEVICES:T1"]["rated_va"] == 50_000
    assert found["LINES:L1"]["phases"] == "ABC"
    assert found["LINES:L1"]["length_m"] == pytest.approx(100, rel=1e-3)
    assert list(network.feeders["mrid"]) == ["F1"]
    assert list(network.feeders["head"]) == ["LINES:L1"]
    assert rules_of(network) == []
    twin = gridtwin.open(network)
    assert set(twin.blast_radius("DEVICES:T1").usage_points) == {"METERS:M1"}
    assert set(twin.blast_radius("DEVICES:S1").usage_points) == {"METERS:M1", "METERS:M2"}


def test_lines_run_from_a_to_b_whichever_way_they_were_drawn(tmp_path: Path) -> None:
    layers = street()
    layers["LINES"]["geometry"][1] = line((100, 0), (200, 0))  # one drawn the other way
    network = read_street(tmp_path, layers)
    places = network.nodes.set_index("mrid")["geometry"]
    for row in network.equipment[network.equipment["kind"] == "ac_line_segment"].itertuples():
        ends = row.geometry.coords[0], row.geometry.coords[-1]
        assert ends[0] == pytest.approx(places[row.node_a].coords[0], abs=1e-7)
        assert ends[1] == pytest.approx(places[row.node_b].coords[0], abs=1e-7)


def test_ends_that_lie_apart_are_told(tmp_path: Path) -> None:
    layers = street()
    layers["LINES"]["FROM_NODE"][1] = "n1"
    layers["LINES"]["geometry"][1] = line((200, 0), (140, 0))
    (notice,) = read_street(tmp_path, layers).notices
    assert notice.rule == "ends_apart"
    assert "1 nodes" in notice.evidence


def test_a_node_without_any_geometry_takes_the_place_of_its_neighbor(tmp_path: Path) -> None:
    layers = street()
    layers["LINES"]["geometry"][2] = None
    network = read_street(tmp_path, layers)
    places = network.nodes.set_index("mrid")["geometry"]
    assert places["n5"].equals(places["n4"])


def test_guids_stay_as_they_are(tmp_path: Path) -> None:
    layers = street()
    guids = [f"{{9EC433AC-4209-556F-9F1D-D90CFEA9004{n}}}" for n in range(2)]
    layers["METERS"]["ID"] = guids
    assert list(read_street(tmp_path, layers).usage_points["mrid"]) == guids


def test_unlisted_code_is_told_and_left_out(tmp_path: Path) -> None:
    layers = street()
    layers["DEVICES"]["TYPE"][0] = 9
    network = read_street(tmp_path, layers)
    assert "DEVICES:S1" not in equipment_of(network)
    notice = next(each for each in network.notices if each.rule == "unmapped_code")
    assert "[[layer]] 2 (DEVICES), kind: DEVICES has '9' (1 rows)" in notice.evidence
    source = tmp_path / "utility.gpkg"
    with pytest.raises(SourceError, match="unmapped_code"):
        gridtwin.read(source, mapping=tmp_path / "utility.toml", strict=True)


def test_else_takes_every_other_code(tmp_path: Path) -> None:
    layers = street()
    layers["DEVICES"]["TYPE"][0] = 9
    mapping = COLUMNS.replace(
        '2 = "power_transformer" }', '2 = "power_transformer", else = "jumper" }'
    )
    network = read_street(tmp_path, layers, mapping)
    assert equipment_of(network)["DEVICES:S1"]["kind"] == "jumper"
    assert "unmapped_code" not in rules_of(network)


def test_position_that_is_not_listed_is_refused(tmp_path: Path) -> None:
    layers = street()
    layers["DEVICES"]["POS"][0] = "X"
    message = refusal(tmp_path, COLUMNS, layers)
    assert "[[layer]] 2 (DEVICES), normal_open: DEVICES has 'X' (1 rows)" in message


@pytest.mark.parametrize(
    ("position", "opened"), [((0, 0, 0), "ABC"), ((0, 1, 2), "A"), ((1, 1, 1), "")]
)
def test_positions_of_each_pole(
    tmp_path: Path, position: tuple[int, int, int], opened: str
) -> None:
    layers = street()
    for phase, value in zip("ABC", position, strict=True):
        layers["DEVICES"][f"POS_{phase}"] = [value, 1]
    mapping = COLUMNS.replace(
        'normal_open = { column = "POS", open = "O", closed = ["C", ""] }',
        'normal_open = { A = "POS_A", B = "POS_B", C = "POS_C", open = 0, closed = 1, absent = 2 }',
    )
    network = read_street(tmp_path, layers, mapping)
    assert equipment_of(network)["DEVICES:S1"]["normal_open"] == opened


@pytest.mark.parametrize(
    ("decoder", "codes", "phases"),
    [
        ("bits = { A = 4, B = 2, C = 1 }", [7, 3, 4], ["ABC", "BC", "A"]),
        (
            'letters = { R = "A", Y = "B", B = "C", N = "N" }',
            ["RYB", "BRN", "Y"],
            ["ABC", "ACN", "B"],
        ),
        (
            'letters = { L1 = "A", L2 = "B", L3 = "C" }',
            ["L1L2L3", "L3 L1", "L2"],
            ["ABC", "AC", "B"],
        ),
        ('codes = { "1" = "A", "12" = "AB", "9" = "ABC" }', ["9", "12", None], ["ABC", "AB", ""]),
    ],
)
def test_decoders_of_phases(
    tmp_path: Path, decoder: str, codes: list[Any], phases: list[str]
) -> None:
    layers = street()
    layers["LINES"]["PHASES"] = codes
    mapping = COLUMNS.replace('phases = "PHASES"', "phases = \"phases('mine', PHASES)\"")
    network = read_street(tmp_path, layers, f"[phases.mine]\n{decoder}\n{mapping}")
    found = equipment_of(network)
    assert [found[f"LINES:L{row}"]["phases"] for row in (1, 2, 3)] == phases


@pytest.mark.parametrize(
    ("decoder", "codes", "told"),
    [
        ("bits = { A = 4, B = 2, C = 1 }", [7, 8, 4], "'8' (1 rows)"),
        ('letters = { R = "A", S = "B", T = "C" }', ["RST", "RX", "T"], "'RX' (1 rows)"),
        ('codes = { "1" = "A" }', ["1", "1", "2"], "'2' (1 rows)"),
    ],
)
def test_phases_that_no_decoder_knows_are_refused(
    tmp_path: Path, decoder: str, codes: list[Any], told: str
) -> None:
    layers = street()
    layers["LINES"]["PHASES"] = codes
    mapping = COLUMNS.replace('phases = "PHASES"', "phases = \"phases('mine', PHASES)\"")
    message = refusal(tmp_path, f"[phases.mine]\n{decoder}\n{mapping}", layers)
    assert "[[layer]] 1 (LINES), phases" in message
    assert told in message


def test_filter_and_join(tmp_path: Path) -> None:
    layers = street()
    layers["UNITS"] = {"OF": ["T1", "T1", "X"], "RATED": [25.0, 10.0, 7.0]}
    layers["METERS"]["ACTIVE"] = [1, 0]
    mapping = COLUMNS.replace('rated_va = "KVA"', 'rated_va = "sum(u.RATED)"').replace(
        'from = "DEVICES"',
        'from = "DEVICES"\njoin = [{ table = "UNITS", as = "u", on = "u.OF = own.ID" }]',
    )
    mapping = mapping.replace('from = "METERS"', 'from = "METERS"\nwhere = "ACTIVE = 1"')
    network = read_street(tmp_path, layers, mapping)
    assert equipment_of(network)["DEVICES:T1"]["rated_va"] == 35_000
    assert list(network.usage_points["mrid"]) == ["METERS:M1"]


def test_joined_row_that_is_not_gathered_is_refused(tmp_path: Path) -> None:
    layers = street()
    layers["UNITS"] = {"OF": ["T1", "T1"], "RATED": [25.0, 10.0]}
    mapping = COLUMNS.replace('rated_va = "KVA"', 'rated_va = "u.RATED"').replace(
        'from = "DEVICES"',
        'from = "DEVICES"\njoin = [{ table = "UNITS", as = "u", on = "u.OF = own.ID" }]',
    )
    message = refusal(tmp_path, mapping, layers)
    assert "[[layer]] 2 (DEVICES), rated_va" in message
    assert "RATED" in message


def test_repeated_keys_need_a_rule(tmp_path: Path) -> None:
    layers = street()
    layers["METERS"] = {
        "ID": ["M1", "M1", "M2"],
        "NODE": ["n2", "n5", "n2"],
        "CIRCUIT": ["F1"] * 3,
        "ACTIVE": [0, 1, 1],
    }
    message = refusal(tmp_path, COLUMNS, layers)
    assert (
        "[[layer]] 3 (METERS), key: 2 rows share their key with others, such as METERS:M1"
        in message
    )
    mapping = COLUMNS.replace('to = "usage_points"', 'to = "usage_points"\nprefer = "ACTIVE = 1"')
    (tmp_path / "utility.toml").write_text(mapping)
    network = gridtwin.read(tmp_path / "utility.gpkg", mapping=tmp_path / "utility.toml")
    points = network.usage_points.set_index("mrid")
    assert points.loc["METERS:M1", "node"] == "n5"
    assert rules_of(network) == ["repeated_key"]


def test_recorded_feeder_that_is_not_traced_is_told(tmp_path: Path) -> None:
    layers = street()
    layers["METERS"]["CIRCUIT"] = ["F1", "F2"]
    (notice,) = read_street(tmp_path, layers).notices
    assert notice.rule == "recorded_feeder"
    assert "1 of 2 rows" in notice.evidence
    assert "METERS:M2 records F2 and hangs on F1" in notice.evidence


def test_open_device_is_rejoined_with_the_line_at_its_place(tmp_path: Path) -> None:
    layers = street()
    layers["DEVICES"]["POS"][0] = "O"
    layers["DEVICES"]["TO_NODE"][0] = "own of S1"
    apart = equipment_of(read_street(tmp_path, layers))["DEVICES:S1"]
    assert {apart["node_a"], apart["node_b"]} == {"n1", "own of S1"}
    (tmp_path / "utility.toml").write_text(f"[connect]\nrejoin_open = true\n{COLUMNS}")
    network = gridtwin.read(tmp_path / "utility.gpkg", mapping=tmp_path / "utility.toml")
    device, beyond = (equipment_of(network)[mrid] for mrid in ("DEVICES:S1", "LINES:L2"))
    assert device["node_b"] == beyond["node_a"]
    assert "rejoined_open" in rules_of(network)


def test_device_of_three_nodes_is_a_star(tmp_path: Path) -> None:
    layers = street()
    layers["DEVICES"]["THIRD"] = ["0", "n6"]
    layers["METERS"]["NODE"][1] = "n6"
    mapping = COLUMNS.replace(
        'rated_va = "KVA"', 'rated_va = "KVA"\nnode_c = "nullif(THIRD, \'0\')"'
    )
    twin = gridtwin.open(read_street(tmp_path, layers, mapping))
    assert set(twin.blast_radius("DEVICES:T1").usage_points) == {"METERS:M1", "METERS:M2"}
    assert set(twin.blast_radius("DEVICES:T1#3").usage_points) == {"METERS:M2"}


def test_places_by_columns_and_nodes_by_rows(tmp_path: Path) -> None:
    for name, columns in street().items():
        rows = [",".join(key for key in columns if key != "geometry")]
        rows += [
            ",".join("" if value is None else str(value) for value in row)
            for row in zip(*(columns[key] for key in columns if key != "geometry"), strict=True)
        ]
        (tmp_path / f"{name}.csv").write_text("\n".join(rows))
    places = "\n".join(f"n{n},{-87 + n / 1000},36,12.47" for n in range(6))
    (tmp_path / "BUSES.csv").write_text(f"NAME,LON,LAT,KV\n{places}\n")
    mapping = (
        '[source]\ncrs = "EPSG:4326"\n'
        + COLUMNS.replace("[units]", '[units]\nnominal_v = "kV"')
        + '\n[[layer]]\nfrom = "BUSES"\nto = "nodes"\nmrid = "NAME"\nends = "columns"\n'
        'node = "NAME"\nnominal_v = "KV"\nx = "LON"\ny = "LAT"\n'
    )
    (tmp_path / "utility.toml").write_text(mapping)
    network = gridtwin.read(tmp_path, mapping=tmp_path / "utility.toml")
    nodes = network.nodes.set_index("mrid")
    assert nodes.loc["n3", "geometry"].coords[0] == pytest.approx((-86.997, 36))
    assert nodes.loc["n3", "nominal_v"] == 12_470


def write_domain(source: Path) -> None:
    """Let a GeoPackage say what the codes of ``DEVICES.TYPE`` stand for."""
    with closing(sqlite3.connect(source)) as connection, connection:
        connection.executescript(
            """
            create table gpkg_data_columns (table_name text not null, column_name text not null,
              name text, title text, description text, mime_type text, constraint_name text,
              primary key (table_name, column_name));
            create table gpkg_data_column_constraints (constraint_name text not null,
              constraint_type text not null, value text, min numeric, min_is_inclusive boolean,
              max numeric, max_is_inclusive boolean, description text);
            insert into gpkg_data_columns (table_name, column_name, constraint_name)
              values ('DEVICES', 'TYPE', 'types');
            insert into gpkg_data_column_constraints
              (constraint_name, constraint_type, value, description)
              values ('types', 'enum', '1', 'Knife'), ('types', 'enum', '2', 'Transformer');
            """
        )


def test_what_codes_stand_for_in_the_source(tmp_path: Path) -> None:
    source = write_source(tmp_path / "utility.gpkg", street())
    mapping = COLUMNS.replace(
        'kind = { column = "TYPE", 1 = "disconnector", 2 = "power_transformer" }',
        'kind = { column = "domain(TYPE)", Knife = "disconnector",'
        ' Transformer = "power_transformer" }',
    )
    assert mapping != COLUMNS
    (tmp_path / "utility.toml").write_text(mapping)
    with pytest.raises(SourceError, match=r"\(DEVICES\), kind: .*the domain of \"TYPE"):
        gridtwin.read(source, mapping=tmp_path / "utility.toml")
    write_domain(source)
    network = gridtwin.read(source, mapping=tmp_path / "utility.toml")
    assert equipment_of(network)["DEVICES:S1"]["kind"] == "disconnector"
    plain = tmp_path / "plain.toml"
    plain.write_text(COLUMNS)  # a code stays a code
    assert equipment_of(gridtwin.read(source, mapping=plain))["DEVICES:T1"]["kind"] == (
        "power_transformer"
    )


def test_layer_that_states_no_coordinate_system(tmp_path: Path) -> None:
    source = write_source(tmp_path / "utility.gpkg", street(), crs=None)
    (tmp_path / "utility.toml").write_text(COLUMNS)
    with pytest.raises(CrsError, match=r"\[\[layer\]\] 1 .*LINES.*crs = "):
        gridtwin.read(source, mapping=tmp_path / "utility.toml")
    network = gridtwin.read(source, mapping=tmp_path / "utility.toml", crs="none")
    assert network.crs is None


def test_two_layers_of_one_name(tmp_path: Path) -> None:
    for name in ("lines.csv", "LINES.csv"):
        (tmp_path / name).write_text("ID\n1\n")
    (tmp_path / "utility.toml").write_text(COLUMNS)
    with pytest.raises(SourceError, match="two layers of one name"):
        gridtwin.read(tmp_path, mapping=tmp_path / "utility.toml")


def test_mapping_of_another_source(tmp_path: Path) -> None:
    source = write_source(tmp_path / "utility.gpkg", street())
    with pytest.raises(SourceError) as caught:
        gridtwin.read(source, mapping="bdgd")
    assert "bdgd.toml: [[layer]] 1 (SSDMT, SSDBT, RAMLIG), from" in str(caught.value)
    assert "has no layer SSDMT" in str(caught.value)


def test_layer_that_may_be_missing(tmp_path: Path) -> None:
    mapping = COLUMNS + '\n[[layer]]\nfrom = "MORE"\nto = "substations"\n'
    assert "has no layer MORE" in refusal(tmp_path, mapping)
    (tmp_path / "utility.toml").write_text(mapping + "optional = true\n")
    gridtwin.read(tmp_path / "utility.gpkg", mapping=tmp_path / "utility.toml")


def test_head_where_there_is_nothing(tmp_path: Path) -> None:
    layers = street()
    layers["CIRCUITS"]["START"] = ["n99"]
    message = refusal(tmp_path, COLUMNS, layers)
    assert "[[heads]] 1 (CIRCUITS), node: feeder F1 begins at 'n99'" in message


def test_names_of_layers_and_columns_may_hold_blanks_and_quotes(tmp_path: Path) -> None:
    layers = street()
    layers['my "lines"; x'] = layers.pop("LINES")
    layers['my "lines"; x']["Phase code (A'C)"] = layers['my "lines"; x'].pop("PHASES")
    mapping = COLUMNS.replace('from = "LINES"', "from = 'my \"lines\"; x'").replace(
        'phases = "PHASES"', 'phases = """"Phase code (A\'C)" """'
    )
    network = read_street(tmp_path, layers, mapping)
    assert equipment_of(network)['my "lines"; x:L3']["phases"] == "A"


def test_a_mapping_takes_no_other_words(tmp_path: Path) -> None:
    write_source(tmp_path / "utility.gpkg", street())
    (tmp_path / "utility.toml").write_text(COLUMNS)
    with pytest.raises(SourceError, match="leave those out"):
        gridtwin.read(
            tmp_path / "utility.gpkg", mapping=tmp_path / "utility.toml", columns={"A": "kind"}
        )


def test_kept_columns_reach_the_frames(tmp_path: Path) -> None:
    mapping = COLUMNS.replace('phases = "PHASES"', 'phases = "PHASES"\nkeep = ["CIRCUIT"]')
    network = read_street(tmp_path, None, mapping)
    kept = network.equipment.set_index("mrid")["CIRCUIT"]
    assert kept["LINES:L1"] == "F1"


def test_point_of_a_line_at_one_place(tmp_path: Path) -> None:
    layers = street()
    layers["DEVICES"]["geometry"] = [at(100), at(200)]
    assert len(read_street(tmp_path, layers).nodes) == 6

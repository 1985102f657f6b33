"""How switches stand now, and by which ways ends meet."""

from __future__ import annotations

from pathlib import Path

import pytest

import gridtwin
from gridtwin.errors import SourceError
from gridtwin.sources.mapping.mapping_file import parse_mapping
from mapped_sources import COLUMNS, at, line, read_street, street

NOW = 'current_open = { column = "NOW", open = "O", closed = "C" }\nrated_va'


def with_current(positions: list[str | None], mapping: str = NOW) -> tuple[dict, str]:  # type: ignore[type-arg]
    layers = street()
    layers["DEVICES"]["NOW"] = positions
    return layers, COLUMNS.replace('rated_va = "KVA"', f'{mapping} = "KVA"')


def test_current_position_becomes_the_current_state(tmp_path: Path) -> None:
    layers, mapping = with_current(["O", "C"])
    network = read_street(tmp_path, layers, mapping)
    assert network.operated == {"DEVICES:S1": True}
    twin = gridtwin.open(network)
    assert twin.store.states.read_state().deviations == {"DEVICES:S1": "ABC"}
    assert not twin.explain("LINES:L2").supplied
    assert twin.explain("LINES:L2", state="normal").supplied
    kept = twin.save(tmp_path / "x.twin")
    assert kept.store.states.read_state().deviations == {"DEVICES:S1": "ABC"}
    (event,) = kept.store.states.list_events(0)
    assert event.actor == "source"


def test_current_position_by_pole(tmp_path: Path) -> None:
    layers = street()
    layers["DEVICES"] |= {"A": [0, 1], "B": [1, 1], "C": [1, 1]}
    poles = 'current_open = { A = "A", B = "B", C = "C", open = 0, closed = 1 }\nrated_va'
    mapping = COLUMNS.replace('rated_va = "KVA"', f'{poles} = "KVA"')
    assert read_street(tmp_path, layers, mapping).operated == {"DEVICES:S1": "A"}


def test_nothing_recorded_stands_as_designed(tmp_path: Path) -> None:
    layers, _ = with_current([None, None])
    layers["DEVICES"]["POS"] = ["O", None]
    now = "current_open = \"case NOW when 'O' then true when 'C' then false end\"\nrated_va"
    _, mapping = with_current([], now)
    network = read_street(tmp_path, layers, mapping)
    assert network.operated == {}
    assert network.equipment.set_index("mrid").loc["DEVICES:S1", "normal_open"] == "ABC"


def test_position_that_is_not_listed_is_refused(tmp_path: Path) -> None:
    layers, mapping = with_current(["X", "C"])
    with pytest.raises(SourceError, match=r"\(DEVICES\), current_open: DEVICES has 'X' \(1 rows\)"):
        read_street(tmp_path, layers, mapping)


ORDER = '[connect]\norder = ["columns", "place"]\n'


def test_end_without_a_node_takes_the_one_at_its_place(tmp_path: Path) -> None:
    layers = street()
    layers["LINES"]["TO_NODE"][1] = None
    layers["LINES"]["FROM_NODE"][2] = None
    layers["LINES"]["geometry"][2] = line((200, 0), (250, 0))
    layers["DEVICES"]["FROM_NODE"][1] = None
    layers["DEVICES"]["TO_NODE"][1] = None
    layers["DEVICES"]["geometry"][1] = at(200)
    del layers["DEVICES"]["ID"][1]
    layers["DEVICES"] = {name: values[:1] for name, values in layers["DEVICES"].items()}
    network = read_street(tmp_path, layers, COLUMNS + ORDER)
    ends = network.equipment.set_index("mrid")[["node_a", "node_b"]]
    assert ends.loc["LINES:L2", "node_b"] == ends.loc["LINES:L3", "node_a"]
    assert ends.loc["LINES:L2", "node_a"] == "n2"
    (told,) = [notice for notice in network.notices if notice.rule == "unnamed_end"]
    assert "2 ends name no node" in told.evidence
    assert gridtwin.open(network).blast_radius("LINES:L2").usage_points == ["METERS:M1"]


def test_end_where_two_nodes_lie_is_refused(tmp_path: Path) -> None:
    layers = street()
    layers["LINES"]["FROM_NODE"][1] = None  # at the switch, whose sides are two nodes
    with pytest.raises(SourceError, match="L2 names no node, and 2 nodes lie at its end"):
        read_street(tmp_path, layers, COLUMNS + ORDER)


def test_end_without_a_node_is_refused_without_an_order(tmp_path: Path) -> None:
    layers = street()
    layers["LINES"]["TO_NODE"][1] = None
    with pytest.raises(gridtwin.GridtwinError, match="node_b"):
        read_street(tmp_path, layers, COLUMNS)


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ('["place", "columns"]', r"\[connect\], order: say some of columns, associations"),
        ('["columns", "columns"]', r"\[connect\], order: say some of"),
        ('["columns", "magic"]', r"\[connect\], order: say some of"),
        ('["place"]', r'\[\[layer\]\] 1 \(LINES\), ends: "columns" needs "columns"'),
    ],
)
def test_order_that_cannot_be_is_refused(tmp_path: Path, order: str, reason: str) -> None:
    with pytest.raises(SourceError, match=rf"utility\.toml: {reason}"):
        read_street(tmp_path, None, f"{COLUMNS}[connect]\norder = {order}\n")


OTHER_WAYS = """
[connect]
order = {order}

[[layer]]
from = "DEVICE"
to = "equipment"
kind = "fuse"
ends = "point"
sides = "terminal"

[[associations]]
from = "JOINTS"
a = "A"
b = "B"
"""


@pytest.mark.parametrize(
    ("order", "sides", "joints"),
    [
        ('["associations", "terminals", "place"]', "terminal", 1),
        ('["terminals", "place"]', "terminal", 0),
        ('["associations", "place"]', "two", 1),
        ('["place"]', "two", 0),
    ],
)
def test_what_an_order_leaves_out_is_not_used(order: str, sides: str, joints: int) -> None:
    plan = parse_mapping(OTHER_WAYS.format(order=order), "m.toml")
    assert (plan.layers[0].sides, len(plan.associations)) == (sides, joints)


def test_current_position_becomes_the_state_of_a_database(tmp_path: Path, database: str) -> None:
    layers, mapping = with_current(["O", "C"])
    kept = gridtwin.open(read_street(tmp_path, layers, mapping)).save(database)
    assert kept.store.states.read_state().deviations == {"DEVICES:S1": "ABC"}

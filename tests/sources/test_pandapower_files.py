"""A pandapower file of any version is read by pandapower, and can do nothing but state a net."""

from __future__ import annotations

import contextlib
import json
import sys
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import gridtwin
from gridtwin.errors import SourceError
from gridtwin.sources import read
from pandapower_oracle import quiet, saved

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what pandapower warns of at import is its own affair
    pp = pytest.importorskip("pandapower")

Json = dict[str, Any]


@cache
def text_of_a_net() -> str:
    with quiet():
        net = pp.create_empty_network()
        for place in range(3):
            pp.create_bus(net, 20.0, geodata=(7.0 + place / 10, 50.0))
        for a in range(2):
            pp.create_line(net, a, a + 1, 1.0, "NA2XS2Y 1x95 RM/25 12/20 kV")
        pp.create_load(net, 0, p_mw=0.1, name="Mill")
        pp.create_load(net, 2, p_mw=0.1, name="Shop")
        pp.create_ext_grid(net, 0)
    return json.dumps(saved(net))


def written(path: Path) -> Json:
    """Write a net of three buses in a row with a load at each end, and return its JSON."""
    path.write_text(text_of_a_net())
    found: Json = json.loads(text_of_a_net())
    return found


def table(columns: Json, *, module: str = "pandas", kind: str = "DataFrame") -> Json:
    names = list(columns)
    rows = [list(row) for row in zip(*columns.values(), strict=True)]
    text = json.dumps({"columns": names, "index": list(range(len(rows))), "data": rows})
    return {"_module": module, "_class": kind, "_object": text, "orient": "split"}


OLD = {
    "version": 1.2,
    "f_hz": 50.0,
    "name": "",
    "sn_kva": 1000.0,
    "converged": False,
    "std_types": {"line": {}, "trafo": {}, "trafo3w": {}},
    "bus": {
        "name": {"0": "A", "1": "B"},
        "vn_kv": {"0": 20.0, "1": 20.0},
        "type": {"0": "b", "1": "b"},
        "zone": {"0": None, "1": None},
        "in_service": {"0": True, "1": True},
    },
    "line": {
        "name": {"0": "West"},
        "std_type": {"0": None},
        "from_bus": {"0": 0},
        "to_bus": {"0": 1},
        "length_km": {"0": 1.5},
        "r_ohm_per_km": {"0": 0.1},
        "x_ohm_per_km": {"0": 0.1},
        "c_nf_per_km": {"0": 0.0},
        "imax_ka": {"0": 0.2},
        "df": {"0": 1.0},
        "parallel": {"0": 1},
        "type": {"0": "ol"},
        "in_service": {"0": True},
    },
    "load": {
        "name": {"0": "Mill"},
        "bus": {"0": 1},
        "p_kw": {"0": 100.0},
        "q_kvar": {"0": 0.0},
        "scaling": {"0": 1.0},
        "in_service": {"0": True},
    },
    "ext_grid": {"name": {"0": None}, "bus": {"0": 0}, "in_service": {"0": True}},
    "gen": {"bus": {}, "p_kw": {}, "in_service": {}},
    "sgen": {"bus": {}, "p_kw": {}, "q_kvar": {}, "in_service": {}, "type": {}},
}


def test_a_net_saved_before_tables_had_classes(tmp_path: Path) -> None:
    path = tmp_path / "old.json"
    path.write_text(json.dumps(OLD))
    network = read(path)
    assert network.usage_points[["name", "peak_w"]].to_numpy().tolist() == [["Mill", 100_000.0]]
    line = network.equipment.iloc[0]
    assert (line["name"], line.length_m) == ("West", 1500)
    assert line.rated_a == pytest.approx(200)
    assert not network.notices


def test_coordinates_of_old_nets_are_kept_and_what_they_are_in_is_told(tmp_path: Path) -> None:
    path = tmp_path / "old.json"
    places = {"x": {"0": 7.0, "1": 7.1}, "y": {"0": 50.0, "1": 50.1}}
    path.write_text(json.dumps(OLD | {"bus_geodata": places}))
    network = read(path)
    assert [point.x for point in network.nodes.geometry] == [7.0, 7.1]
    assert [notice.rule for notice in network.notices] == ["coordinate_system"]
    assert not read(path, crs="EPSG:4326").notices


@pytest.mark.parametrize("document", [[], 3, {"bus": []}, {"bus": 1}, {"nodes": {}}, {"bus": {}}])
def test_json_that_holds_no_buses(document: Any, tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    path.write_text(json.dumps(document))
    with pytest.raises(SourceError, match=r"net\.json: .*(no pandapower net|no bus|cannot read)"):
        read(path)


def test_a_net_of_a_newer_pandapower_says_so(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    document = written(path)
    document["_object"] |= {"version": "99.0.0", "format_version": "99.0.0"}
    path.write_text(json.dumps(document))
    with pytest.raises(SourceError, match=r"net\.json: pandapower cannot read .*newer"):
        read(path)


def test_a_byte_order_mark_and_a_name_in_any_script(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    written(path)
    path.write_text(path.read_text().replace("Mill", "Mühle 水"), encoding="utf-8-sig")
    assert read(path).usage_points["name"].tolist() == ["Mühle 水", "Shop"]


# ------------------------------------------------------------------ a net is untrusted


MODULE = "named_by_a_net"


@pytest.fixture
def trap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file that a module on the path writes as soon as anybody imports it."""
    told = tmp_path / "imported"
    source = f"open({str(told)!r}, 'w').close()\ndef touch(*_, **__): pass\nclass Thing: pass\n"
    (tmp_path / f"{MODULE}.py").write_text(source)
    monkeypatch.syspath_prepend(str(tmp_path))
    return told


def evil(kind: str) -> Json:
    return {"_module": MODULE, "_class": kind, "_object": "touch"}


def placed(document: Json, where: str) -> None:
    """Put an object that names our module somewhere into the JSON of a net."""
    net = document["_object"]
    if where == "attribute":
        net["extra"] = evil("Thing")
    elif where == "function":
        net["extra"] = evil("function")
    elif where == "deep in an attribute":
        net["extra"] = {"a": [{"b": evil("Thing")}]}
    elif where == "cell":
        net["mine"] = table({"bus": [0], "what": [evil("function")]})
    elif where == "controller":
        net["controller"] = table({"object": [evil("Thing")], "in_service": [True]})
    elif where == "text of a table":
        net["bus"]["_object"] = json.dumps(evil("Thing"))
    elif where == "text of a net":
        inner = {"_module": "pandapower.auxiliary", "_class": "pandapowerNet"}
        net["extra"] = inner | {"_object": json.dumps({"x": evil("function")})}
    elif where == "text of the net":
        document["_object"] = json.dumps(net | {"extra": evil("function")})
    elif where == "table of a class":
        net["load"]["_module"] = MODULE
    elif where == "version":
        net["version"] = evil("Thing")


@pytest.mark.parametrize(
    "where",
    [
        *("attribute", "function", "deep in an attribute", "cell", "controller"),
        *("text of a table", "text of a net", "text of the net", "table of a class", "version"),
    ],
)
def test_no_module_is_imported_that_a_net_names(where: str, trap: Path, tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    document = written(path)
    placed(document, where)
    path.write_text(json.dumps(document))
    with contextlib.suppress(SourceError):  # in words, for there is no table then
        assert len(read(path).nodes) == 3
    assert not trap.exists()
    assert MODULE not in sys.modules


def test_pandapower_alone_would_import_it(trap: Path, tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    document = written(path)
    placed(document, "function")
    path.write_text(json.dumps(document))
    with quiet():
        try:
            pp.from_json(str(path))
        finally:
            sys.modules.pop(MODULE, None)
    assert trap.exists()


def test_objects_in_the_cells_of_a_table_are_left_empty_and_told(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    document = written(path)
    document["_object"]["mine"] = table({"bus": [0], "what": [evil("Thing")]})
    path.write_text(json.dumps(document))
    told = {notice.rule: notice.evidence for notice in read(path).notices}
    assert f"1 of class {MODULE}.Thing" in told["object_not_read"]
    assert "mine (1)" in told["left_out"]
    with pytest.raises(SourceError, match=r"things a strict reading refuses: .*object_not_read"):
        read(path, strict=True)


def test_a_table_is_no_address_to_read_from(tmp_path: Path) -> None:
    path, other = tmp_path / "net.json", tmp_path / "other.json"
    document = written(path)
    other.write_text(document["_object"]["load"]["_object"])
    document["_object"]["load"]["_object"] = str(other)
    path.write_text(json.dumps(document))
    with pytest.raises(SourceError, match="pandapower cannot read this net"):
        read(path)


def test_a_net_with_measurements_and_controllers_is_read_without_a_notice(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    written(path)
    with quiet():
        net = pp.from_json(str(path))
        pp.create_measurement(net, "v", "bus", 1.0, 0.01, element=0)
        pp.control.ConstControl(net, "load", "p_mw", 0)
        pp.create_poly_cost(net, 0, "ext_grid", cp1_eur_per_mw=1)
        pp.to_json(net, str(path))
    network = read(path, strict=True)
    assert gridtwin.open(network).explain("load.1").supplied

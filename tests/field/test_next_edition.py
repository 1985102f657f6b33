"""Load the next edition of a real utility over the one before, and hold the report to the edits."""

from __future__ import annotations

import os
from pathlib import Path

import networkx as nx
import pandas as pd
import pyogrio
import pytest
import shapely

import gridtwin
from gridtwin.analysis.edition.edition_report import EditionReport, FrameChanges
from gridtwin.model.network import Network

pytestmark = pytest.mark.field

ROOT = Path(os.environ.get("GRIDTWIN_FIELD_DATA", Path(__file__).parents[2] / "../shared/data"))
SOURCE = ROOT / "networks/gis/Mux_Energia_401_2024-12-31_V11_20250806-1857.gdb.zip"
LAYERS = [
    *("SSDMT", "SSDBT", "RAMLIG", "UNSEMT", "UNSEBT", "UNSEAT", "UNTRMT", "UNREMT"),
    *("UCBT_tab", "UCMT_tab", "SUB", "CTMT"),
]
EMPTY_LAYERS = ("UNSEBT", "UNSEAT")  # points, of which there are none
Edition = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def first() -> Edition:
    assert SOURCE.exists(), f"{SOURCE} is not there: set GRIDTWIN_FIELD_DATA"
    return {name: pyogrio.read_dataframe(SOURCE, layer=name) for name in LAYERS}


@pytest.fixture(scope="module")
def before() -> Network:
    return gridtwin.read(SOURCE, mapping="bdgd")


def write(edition: Edition, path: Path) -> Path:
    for name, frame in edition.items():
        kind = {"geometry_type": "Point"} if name in EMPTY_LAYERS else {}
        pyogrio.write_dataframe(frame, path, layer=name, driver="OpenFileGDB", **kind)
    return path


def list_single(frame: pd.DataFrame) -> pd.Index:
    """Return the rows whose id no other row has."""
    return frame.index[~frame["COD_ID"].duplicated(keep=False)]


def edit(first: Edition) -> tuple[Edition, dict[str, set[str]]]:
    """Return an edition some years later, and the ids of what was done to it."""
    edition = {name: frame.copy() for name, frame in first.items()}
    done: dict[str, set[str]] = {}

    def note(what: str, layer: str, rows: pd.Index, frame: pd.DataFrame) -> None:
        done.setdefault(what, set()).update(f"{layer}:{each}" for each in frame.loc[rows, "COD_ID"])

    meters = edition["UCBT_tab"]
    single = list_single(meters)
    gone, moved = single[100:500:10], single[1000:1020]
    note("gone", "UCBT_tab", gone, meters)
    note("moved", "UCBT_tab", moved, meters)
    meters.loc[moved, "PAC"] = meters.loc[single[9000], "PAC"]
    new = meters.loc[single[2000:2030]].copy()
    new["COD_ID"] = [f"NEW{row}" for row in range(30)]
    note("new", "UCBT_tab", new.index, new)
    edition["UCBT_tab"] = pd.concat([meters.drop(index=gone), new], ignore_index=True)

    devices = edition["UNSEMT"]
    closed = devices.index[devices["P_N_OPE"] == "F"]
    switched, coded = closed[20:23], closed[40:42]
    note("switched", "UNSEMT", switched, devices)
    note("coded", "UNSEMT", coded, devices)
    devices.loc[switched, "P_N_OPE"] = "A"
    devices.loc[coded, "TIP_UNID"] = "99"

    services = edition["SSDBT"]
    phased = services.index[services["FAS_CON"] == "ABCN"][:5]
    note("phased", "SSDBT", phased, services)
    services.loc[phased, "FAS_CON"] = "AN"
    mains = edition["SSDMT"]
    bent = mains.index[:4]
    note("bent", "SSDMT", bent, mains)
    for row in bent:  # all lines are of two points
        one, other = shapely.get_coordinates(mains.geometry[row])
        corner = (one + other) / 2 + 1e-5
        mains.loc[row, "geometry"] = shapely.MultiLineString([[one, corner, other]])
    for name in ("SSDMT", "SSDBT", "RAMLIG"):
        edition[name] = edition[name].rename(columns={"CONJ": "CONJUNTO"})
    return edition, done


def flood(network: Network) -> dict[str, str]:
    """Return the feeder of each usage point, by walking over what is closed from its head."""
    equipment = network.equipment.set_index("mrid")
    heads = network.feeders.set_index("head")["mrid"].to_dict()
    graph = nx.Graph()
    graph.add_nodes_from(network.nodes["mrid"])
    closed = equipment[(equipment["normal_open"] == "") & equipment["in_service"]]
    rest = closed[~closed.index.isin(list(heads))]
    graph.add_edges_from(zip(rest["node_a"], rest["node_b"], strict=True))
    sources = set(network.sources["node"])
    feeder_of: dict[str, str] = {}
    for head, feeder in heads.items():
        ends = equipment.loc[head, ["node_a", "node_b"]].tolist()
        start = ends[1] if ends[0] in sources else ends[0]
        feeder_of |= dict.fromkeys(nx.node_connected_component(graph, start), feeder)
    points = network.usage_points
    return {m: feeder_of.get(n, "") for m, n in zip(points["mrid"], points["node"], strict=True)}


def frame_of(report: EditionReport, name: str) -> FrameChanges:
    return next(each for each in report.frames if each.frame == name)


@pytest.fixture(params=["local", "postgis"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "local":
        return str(tmp_path / "mux.twin")
    return str(request.getfixturevalue("database"))


def test_the_report_of_the_next_edition_is_exact(
    first: Edition, before: Network, place: str, tmp_path: Path
) -> None:
    edition, done = edit(first)
    source = write(edition, tmp_path / "Mux_2027.gdb")
    gridtwin.open(before).save(place)
    twin = gridtwin.open(place)
    second = twin.read_again(source)
    assert any("'99' (2 rows)" in notice.evidence for notice in second.notices)
    loaded = twin.load_again(second)
    report = loaded.report

    points, equipment = frame_of(report, "usage_points"), frame_of(report, "equipment")
    assert (points.added, points.changed, points.removed) == (30, 20, 40)
    assert points.columns == {"node": 20, "geometry": 20}
    assert (equipment.added, equipment.changed, equipment.removed) == (0, 3 + 5 + 4, 2)
    assert equipment.columns == {"normal_open": 3, "phases": 5, "geometry": 4}
    assert equipment.own_removed == ("CONJ",)
    assert set(equipment.first_removed) == done["coded"]
    counted = {(each.frame, each.layer): each for each in report.layers}
    assert counted["usage_points", "UCBT_tab"].removed == 40
    assert counted["equipment", "SSDMT"].changed == 4
    assert counted["equipment", "SSDBT"].changed == 5
    devices = counted["equipment", "UNSEMT"]
    assert (devices.added, devices.changed, devices.removed) == (0, 3, 2)

    one, other = flood(before), flood(second)
    both = one.keys() & other.keys()
    moved = {mrid for mrid in both if one[mrid] != other[mrid]}
    assert moved
    assert report.feeders.usage_points == len(moved)
    assert {each.mrid for each in report.feeders.first} <= moved
    kept = gridtwin.open(place)
    origins = kept.store.network.data.usage_points
    fresh = {mrid.decode() for mrid in origins.mrid[origins.origins.load == 2].tolist()}
    assert fresh == done["new"] | done["moved"]
    if loaded.tables:
        written = {each.table: each for each in loaded.tables}
        row = written["usage_points"]
        assert (row.inserted, row.deleted) == (30, 40)
        assert row.updated < 100, "the moved ones, and those that fill the places of the removed"


def test_an_edition_without_a_change_writes_nothing(
    first: Edition, before: Network, database: str, tmp_path: Path
) -> None:
    source = write(first, tmp_path / "same.gdb")
    gridtwin.open(before).save(database)
    twin = gridtwin.open(database)
    loaded = twin.load_again(twin.read_again(source))
    assert (loaded.report.added, loaded.report.changed, loaded.report.removed) == (0, 0, 0)
    assert sum(each.differing_rows for each in loaded.tables) == 0


def test_another_utility_is_no_next_edition(before: Network, tmp_path: Path) -> None:
    place = tmp_path / "mux.twin"
    gridtwin.open(before).save(place)
    other = gridtwin.read(
        ROOT / "networks/gis/arcfm_like_8500.gdb.zip", mapping="esri-geometric-network"
    )
    with pytest.raises(gridtwin.errors.EditionError, match="is not what this twin"):
        gridtwin.open(str(place)).load_again(other, most_vanished_percent=100)

"""Hold who goes dark in GridLAB-D and CYME models against floods, and against their circuits."""

from __future__ import annotations

import csv
import json
import os
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import pytest

import gridtwin
from gridtwin.model.network import Network

pytestmark = pytest.mark.field

GLM = ("ieee123", "R1-12.47-1", "R1-25.00-1", "R3-12.47-2")
CIRCUITS = {"13": "13Bus/IEEE13Nodeckt.dss", "123": "123Bus/IEEE123Master.dss"}
CASES_COMPARED = {"13": 8, "123": 110}  # at least: lines whose two buses both files name


@pytest.fixture(scope="module")
def root() -> Path:
    root = Path(os.environ.get("GRIDTWIN_FIELD_DATA", Path(__file__).parents[2] / "../shared/data"))
    assert (root / "networks").is_dir(), f"the models are not at {root}: set GRIDTWIN_FIELD_DATA"
    return root


@pytest.mark.parametrize("name", GLM)
def test_glm_blast_radius_equals_the_flood(root: Path, name: str) -> None:
    expected = json.loads((root / "networks" / "expected" / f"glm_{name}.json").read_text())
    network = gridtwin.read(root / "networks" / "planning" / "glm" / f"{name}.glm")
    rows = network.equipment
    assert (len(rows), len(network.usage_points)) == (expected["elements"], expected["loads"])
    assert network.sources.mrid.tolist() == expected["sources"]
    assert sorted(rows.mrid[rows.normal_open != ""]) == sorted(expected["open"])
    assert {notice.rule for notice in network.notices} == {"no_places"}
    assert network.usage_points.peak_w.notna().all()
    twin = gridtwin.open(network)
    for mrid, case in expected["cases"].items():
        assert set(twin.blast_radius(mrid).usage_points.tolist()) == set(case["lost"]), mrid


def read_again(folder: Path) -> dict[str, list[dict[str, str]]]:
    """Read CYME text a second way: by the csv module, under the names as they are written."""
    tables: dict[str, list[dict[str, str]]] = defaultdict(list)
    for file in sorted(folder.glob("*.txt")):
        section, columns = "", [""]
        with file.open(newline="", encoding="utf-8") as stream:
            for cells in csv.reader(stream):
                first = cells[0] if cells else ""
                if first.startswith("["):
                    section = first
                elif first.startswith("FORMAT_"):
                    word, _, name = first.partition("=")
                    if word != "FORMAT_FEEDER":
                        columns = [name, *cells[1:]]
                elif cells and not first.startswith("FEEDER="):
                    tables[section].append(dict(zip(columns, cells, strict=False)))
    return tables


class CymeFlood:
    """Who is dark when a device is out, phase by phase, from the text alone."""

    def __init__(self, folder: Path) -> None:
        tables = read_again(folder)
        self.source = tables["[SOURCE]"][0]["NodeID"]
        self.edges: dict[str, tuple[str, str, set[str]]] = {}
        on = defaultdict(list)
        for name, rows in tables.items():
            for row in rows:
                if not name.endswith("SETTING]") or "CAPACITOR" in name:
                    continue
                word = "line" if "OVERHEAD" in name else name[1:].split()[0].lower()
                place = {"S": 0, "M": 1, "L": 3}[row["Location"]] if word != "line" else 2
                shut = row.get("ClosedPhase", "ABC").replace("NONE", "")
                on[row["SectionID"]].append((place, f"{word}.{row['DeviceNumber']}", set(shut)))
        self.ends = {}
        for row in tables["[SECTION]"]:
            section, a, b = row["SectionID"], row["FromNodeID"], row["ToNodeID"]
            self.ends[section] = (a, b)
            devices = sorted(on[section]) or [(0, f"section.{section}", set("ABC"))]
            nodes = [a, *(f"{section}/{at}" for at in range(1, len(devices))), b]
            for (_, device, shut), (near, far) in zip(devices, pairwise(nodes), strict=True):
                self.edges[device] = (near, far, shut & set(row["Phase"]))
        self.loads: dict[str, tuple[str, set[str]]] = {}
        delta = {"A": "AB", "B": "BC", "C": "AC"}
        for row in tables["[LOADS]"]:
            section = row["SectionID"]
            used: set[str] = set()
            for part in tables["[CUSTOMER LOADS]"]:
                if part["DeviceNumber"] == row["DeviceNumber"] and float(part["Value1"]):
                    letter = part["LoadPhase"]
                    used |= set(delta[letter] if row["Connection"] == "2" else letter)
            node = self.ends[section][0 if row["Location"] == "0" else 1]
            self.loads[f"load.{row['DeviceNumber']}"] = (node, used)

    def count_live(self, out: str = "") -> dict[str, int]:
        """Return how many of its phases each load has without one device."""
        reached = {(self.source, phase) for phase in "ABC"}
        while True:
            more = {
                (there, phase)
                for device, (a, b, shut) in self.edges.items()
                if device != out
                for here, there in ((a, b), (b, a))
                for phase in shut
                if (here, phase) in reached
            }
            if more <= reached:
                break
            reached |= more
        return {
            load: sum((node, phase) in reached for phase in used)
            for load, (node, used) in self.loads.items()
        }


@pytest.mark.parametrize("name", ["13", "123"])
def test_cyme_blast_radius_equals_the_flood(root: Path, name: str) -> None:
    folder = root / "networks" / "planning" / f"cyme{name}"
    network = gridtwin.read(folder, crs="none")
    flood = CymeFlood(folder)
    rows = network.equipment
    assert {notice.rule for notice in network.notices} == {"bare_section"}
    assert set(rows.mrid) == set(flood.edges)
    assert set(network.usage_points.mrid) == set(flood.loads)
    assert set(rows.mrid[rows.normal_open != ""]) == {
        device for device, (_, _, shut) in flood.edges.items() if not shut
    }
    assert network.nodes.nominal_v.isin([4160.0, 480.0]).all()
    whole = flood.count_live()
    twin = gridtwin.open(network)
    for mrid in rows.mrid:
        live, blast = flood.count_live(mrid), twin.blast_radius(mrid)
        dark = {load for load, count in live.items() if whole[load] and not count}
        partial = {load for load, count in live.items() if 0 < count < whole[load]}
        assert set(blast.usage_points.tolist()) == dark, mrid
        assert set(blast.partial.tolist()) == partial, mrid


def find_dark_nodes(network: Network) -> dict[frozenset[str], set[str]]:
    """Return the nodes with a load that goes dark, by the two nodes of each single line."""
    twin = gridtwin.open(network)
    node_of = dict(zip(network.usage_points.mrid, network.usage_points.node, strict=True))
    lines = network.equipment[network.equipment.kind == "ac_line_segment"]
    ends = [frozenset(pair) for pair in zip(lines.node_a, lines.node_b, strict=True)]
    single = {pair for pair, count in Counter(ends).items() if count == 1}
    return {
        pair: {node_of[point] for point in twin.blast_radius(mrid).usage_points.tolist()}
        for pair, mrid in zip(ends, lines.mrid, strict=True)
        if pair in single
    }


@pytest.mark.parametrize("name", ["13", "123"])
def test_cyme_equals_the_circuit_of_the_same_feeder(root: Path, name: str) -> None:
    planned = gridtwin.read(root / "networks" / "planning" / f"cyme{name}", crs="none")
    circuit = gridtwin.read(root / "feeders" / CIRCUITS[name], crs="none")
    ours, theirs = find_dark_nodes(planned), find_dark_nodes(circuit)
    shared = set(ours) & set(theirs)
    assert len(shared) >= CASES_COMPARED[name]
    differing = {tuple(sorted(pair)) for pair in shared if ours[pair] != theirs[pair]}
    assert differing == set()


def test_glm_equals_the_circuit_of_the_same_feeder(root: Path) -> None:
    written = gridtwin.read(root / "networks" / "planning" / "glm" / "ieee123.glm")
    circuit = gridtwin.read(root / "feeders" / CIRCUITS["123"], crs="none")
    ours, theirs = find_dark_nodes(written), find_dark_nodes(circuit)
    shared = set(ours) & set(theirs)
    assert len(shared) > 100
    assert {tuple(sorted(pair)) for pair in shared if ours[pair] != theirs[pair]} == set()
    drawn = written.usage_points.groupby("node").peak_w.sum()
    stated = circuit.usage_points.groupby("node").peak_w.sum()
    assert set(drawn.index) == set(stated.index)
    assert (drawn - stated.reindex(drawn.index)).abs().max() < 5  # W, of what currents are rounded

"""Hold who goes dark in real CIM models against independent floods, and merged nodes against TP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tracemalloc
import zipfile
from collections import Counter
from pathlib import Path

import pytest

import gridtwin
from gridtwin.sources.cim.cim_frames import load_model

pytestmark = pytest.mark.field

NAMES = {
    "cim": (
        "ACEP_PSIL", "IEEE13", "IEEE13_Assets", "IEEE37", "IEEE123", "IEEE123_PV", "ieee13_cim16",
        "j1red", "opendss_13Bus", "opendss_34Bus", "opendss_8500-unbal",
        "opendss_LVTestCaseNorthAmerican",
    ),
    "cgmes": ("CIGRE_MV", "SimBench_1-HVMV-mixed_cgmes2415", "SimBench_1-HVMV-mixed_cgmes30"),
}  # fmt: skip
MICRO_GRID = "CGMES_v2.4.15_MicroGridTestConfiguration_T4_BE_NB_Complete_v2"


@pytest.fixture(scope="module")
def networks() -> Path:
    root = Path(os.environ.get("GRIDTWIN_FIELD_DATA", Path(__file__).parents[2] / "../shared/data"))
    folder = root / "networks"
    assert folder.is_dir(), f"the CIM models are not at {folder}: set GRIDTWIN_FIELD_DATA"
    return folder


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind in NAMES for name in NAMES[kind]])
def test_blast_radius_equals_the_flood(networks: Path, kind: str, name: str) -> None:
    expected = json.loads((networks / "expected" / f"{kind}_{name}.json").read_text())
    crs = "none" if kind == "cim" else None
    network = gridtwin.read(networks / kind / expected["files"][0], crs=crs)
    assert len(network.usage_points) == expected["loads"]
    opened = network.equipment.mrid[network.equipment.normal_open != ""].tolist()
    known = expected["open_normal"]
    assert (len(opened) if isinstance(known, int) else sorted(opened)) == (
        known if isinstance(known, int) else sorted(known)
    )
    twin = gridtwin.open(network)
    for mrid, case in expected["cases"].items():
        blast = twin.blast_radius(mrid)
        assert set(blast.usage_points.tolist()) == set(case.get("dark", case["lost"])), mrid
        if "partial" in case:
            assert set(blast.partial.tolist()) == set(case["partial"]), mrid


@pytest.mark.parametrize(
    ("name", "groups"), [("SimBench_1-HVMV-mixed_cgmes2415", 164), (MICRO_GRID, 7)]
)
def test_merging_nodes_over_closed_switches_gives_the_topological_nodes(
    networks: Path, name: str, groups: int
) -> None:
    path = networks / "cgmes" / f"{name}.zip"
    network, model = gridtwin.read(path), load_model(path)
    rows = network.equipment
    closed = rows[(rows.normal_open == "") & rows.control.isin(["manual", "remote"])]
    root: dict[str, str] = {}

    def find(node: str) -> str:
        while root.get(node, node) != node:
            node = root[node]
        return node

    for a, b in zip(closed.node_a, closed.node_b, strict=True):
        root[find(a)] = find(b)
    stated = dict(model["connectivity_node"].iterate_pairs("TopologicalNode"))
    pairs = Counter((find(node), stated[node]) for node in network.nodes.mrid if node in stated)
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs}) == groups


def test_a_missing_boundary_set_is_named(networks: Path) -> None:
    network = gridtwin.read(networks / "cgmes" / f"{MICRO_GRID}.zip")
    rules = Counter(notice.rule for notice in network.notices)
    assert {"missing_model", "dangling_reference", "no_supply"} <= set(rules)
    assert any("2399cbd0-9a39-11e0-aa80-0800200c9a66" in each.evidence for each in network.notices)


def test_an_ssh_profile_alone_is_a_state(networks: Path, tmp_path: Path) -> None:
    path = networks / "cgmes" / "SimBench_1-HVMV-mixed_cgmes2415.zip"
    with zipfile.ZipFile(path) as archive:
        archive.extract("_ssh.xml", tmp_path)
    twin = gridtwin.open(gridtwin.read(path))
    loaded = twin.load_state(tmp_path / "_ssh.xml", "exported")
    assert (loaded.switches, loaded.open, list(loaded.notices)) == (625, 184, [])


def test_peak_memory_of_a_process_that_loads_a_large_feeder(networks: Path) -> None:
    path = networks / "cim" / "opendss_8500-unbal.xml.zip"
    code = "import sys, gridtwin; gridtwin.read(sys.argv[1], crs='none')\n"
    code += "print(open('/proc/self/status').read().partition('VmHWM:')[2].split()[0])"
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 300_000  # kB


def test_memory_of_reading_a_large_feeder(networks: Path) -> None:
    path = networks / "cim" / "opendss_8500-unbal.xml.zip"
    tracemalloc.start()
    try:
        model = load_model(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(model["equipment"]) > 4_881
    assert peak < 100e6  # bytes, of a file of 36 MB

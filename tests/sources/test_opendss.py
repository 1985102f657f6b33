"""An OpenDSS master file becomes a network; the engine's habits stay inside the reader."""

from pathlib import Path

import pytest

import gridtwin

MASTER = """
Clear
New Circuit.small basekv=12.47 pu=1.0 phases=3 bus1=head
New Line.trunk bus1=head.1.2.3 bus2=mid.1.2.3 phases=3 length=1 units=km
New Line.tap bus1=mid.2 bus2=end.2 phases=1 length=0.5 units=km
New Line.tie bus1=mid.1.2.3 bus2=far.1.2.3 phases=3 switch=yes
New Load.home bus1=end.2 phases=1 kv=7.2 kw=10
New Load.mill bus1=far.1.2.3 phases=3 kv=12.47 kw=100
Open Line.tie 1
Set voltagebases=[12.47]
CalcVoltageBases
"""

COORDINATES = "head, 0, 0\nmid, 1000, 0\nend, 1000, 500\nfar, 2000, 0\n"


@pytest.fixture
def feeder(tmp_path: Path) -> Path:
    folder = tmp_path / "feeder"
    folder.mkdir()
    (folder / "Master.dss").write_text(MASTER)
    (folder / "BusCoords.dat").write_text(COORDINATES)
    return folder


def test_names_phases_and_positions_are_those_of_the_circuit(feeder: Path) -> None:
    network = gridtwin.read(feeder / "Master.dss", crs="none")
    equipment = network.equipment.set_index("mrid")
    assert equipment.loc["line.tap", "phases"] == "B"
    assert equipment.loc["line.trunk", "phases"] == "ABC"
    assert {"load.home", "load.mill"} == set(network.usage_points["mrid"])
    twin = gridtwin.open(network)
    assert twin.blast_radius("line.trunk").customers == 1  # the mill is dark already


def test_coordinates_beside_the_master_are_found_from_a_relative_path(
    feeder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(feeder.parent)
    network = gridtwin.read("feeder/Master.dss", crs="none")
    nodes = network.nodes.set_index("mrid")
    assert (nodes.loc["end", "geometry"].x, nodes.loc["end", "geometry"].y) == (1000.0, 500.0)
    assert Path.cwd() == feeder.parent

"""Open single poles of real feeders, and hold who is out against OpenDSS's own conductors."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

import gridtwin
from conductors import Conductors
from gridtwin.analysis.supply import OUT, PARTIAL
from gridtwin.model.network import Network
from gridtwin.twin import Twin

pytestmark = pytest.mark.field

DRAWN = 100
MASTERS = (
    "123Bus/IEEE123Master.dss",
    "13Bus/IEEE13Nodeckt.dss",
    "34Bus/ieee34Mod1.dss",
    "37Bus/ieee37.dss",
    "8500-Node/Master.dss",
    "ckt5/Master_ckt5.dss",
    "J1/Master_noPV.dss",
    "LVTestCaseNorthAmerican/Master.dss",
    "NEV/NEVMASTER.DSS",
    "SmartDS/Master.dss",
    "iowa240/network.iowa240.dss",
)


@pytest.fixture(scope="module")
def feeders() -> Path:
    root = Path(os.environ.get("GRIDTWIN_FIELD_DATA", Path(__file__).parents[2] / "../shared/data"))
    folder = root / "feeders"
    assert folder.is_dir(), f"the real feeders are not at {folder}: set GRIDTWIN_FIELD_DATA"
    return folder


def with_poles(network: Network) -> Twin:
    """Return a twin whose every line can be opened, pole by pole."""
    equipment = network.equipment
    lines = equipment["kind"].isin(["ac_line_segment", "jumper"])
    equipment.loc[lines, "kind"] = "load_break_switch"
    tables = ("nodes", "usage_points", "sources", "substations", "feeders")
    frames = {table: getattr(network, table) for table in tables}
    return gridtwin.open(Network.from_frames(equipment=equipment, crs="none", **frames))


def out_of(twin: Twin) -> tuple[set[str], set[str]]:
    points = twin.supply().points
    names = [name.decode() for name in twin.situation().data.usage_points.mrid]
    found = [
        {name for name, at in zip(names, points, strict=True) if at == how}
        for how in (OUT, PARTIAL)
    ]
    return found[0], found[1]


@pytest.mark.parametrize("master", MASTERS)
def test_who_is_out_when_a_pole_opens_is_what_the_conductors_say(
    feeders: Path, master: str, tmp_path: Path
) -> None:
    circuit = Conductors(feeders / master, tmp_path)
    twin = with_poles(gridtwin.read(feeders / master, crs="none"))
    table = twin.network.equipment.set_index("mrid")
    assert out_of(twin) == circuit.dark()
    poles = [
        (line, pole, "ABC"[node % 10 - 1])  # a second circuit of NEV is 21, 22, 23
        for line, nodes in sorted(circuit.lines.items())
        for pole, node in enumerate(nodes)
        if line in table.index and node % 10 in {1, 2, 3}
    ]
    can = [pole for pole in poles if pole[2] in set(table.phases[pole[0]])]
    for line, pole, phase in random.Random(13).sample(can, min(DRAWN, len(can))):
        piece = line if pole < 3 else f"{line}#{pole // 3 + 1}"  # one for every circuit of a line
        if phase in table.normal_open[piece]:
            continue
        twin.switch(piece, open=True, phases=phase)
        assert out_of(twin) == circuit.dark((line, pole)), (piece, phase)
        twin.switch(piece, open=False, phases=phase)

"""Open single poles of real feeders, and hold who is out against OpenDSS's own conductors."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

import gridtwin
from conductors import Conductors
from gridtwin.analysis.state.supply_state import OUT, PARTIAL
from gridtwin.analysis.state.supply_tracker import SupplyTracker
from gridtwin.model import phases
from gridtwin.model.network import Network
from gridtwin.twin import Twin

if TYPE_CHECKING:
    import numpy as np

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


def names_of(twin: Twin, rows: np.ndarray) -> set[str]:
    return {name.decode() for name in twin.situation().data.usage_points.mrid[rows]}


def out_of(twin: Twin) -> tuple[set[str], set[str]]:
    points = twin.supply().points
    names = [name.decode() for name in twin.situation().data.usage_points.mrid]
    found = [
        {name for name, at in zip(names, points, strict=True) if at == how}
        for how in (OUT, PARTIAL)
    ]
    return found[0], found[1]


def drawn_poles(circuit: Conductors, network: Network) -> list[tuple[str, int, str, str]]:
    """Return poles of lines to open: the line, which of its poles, the equipment, the phase."""
    table = network.equipment.set_index("mrid")
    poles = [
        (line, pole, "ABC"[node % 10 - 1])  # a second circuit of NEV is 21, 22, 23
        for line, nodes in sorted(circuit.lines.items())
        for pole, node in enumerate(nodes)
        if line in table.index and node % 10 in {1, 2, 3}
    ]
    can = [pole for pole in poles if pole[2] in set(table.phases[pole[0]])]
    drawn = random.Random(13).sample(can, min(DRAWN, len(can)))
    pieces = [
        (line, pole, line if pole < 3 else f"{line}#{pole // 3 + 1}", phase)  # one a circuit
        for line, pole, phase in drawn
    ]
    return [piece for piece in pieces if piece[3] not in table.normal_open[piece[2]]]


@pytest.mark.parametrize("master", MASTERS)
def test_who_is_out_when_a_pole_opens_is_what_the_conductors_say(
    feeders: Path, master: str, tmp_path: Path
) -> None:
    circuit = Conductors(feeders / master, tmp_path)
    twin = with_poles(gridtwin.read(feeders / master, crs="none"))
    table = twin.network.equipment.set_index("mrid")
    before, _ = out_of(twin)
    assert (before, out_of(twin)[1]) == circuit.dark()
    for line, pole, piece, phase in drawn_poles(circuit, twin.network):
        expected, partial = circuit.dark((line, pole))
        asked = {piece: table.normal_open[piece] + phase}
        assert names_of(twin, twin.what_if(asked).out) == expected - before, (piece, phase)
        twin.switch(piece, open=True, phases=phase)
        assert out_of(twin) == (expected, partial), (piece, phase)
        for load in sorted(expected - before)[:2] + sorted(partial)[:2]:
            assert twin.explain(load).supplied == (load not in expected), (piece, phase, load)
        went = SupplyTracker(twin.situation())
        row = int(twin.situation().network.ids.find_element(piece).row)
        _, came = went.operate_equipment(row, phases.parse_phases(table.normal_open[piece]))
        assert names_of(twin, came) == expected - before, (piece, phase)
        twin.switch(piece, open=False, phases=phase)


@pytest.mark.parametrize("master", ["13Bus/IEEE13Nodeckt.dss", "123Bus/IEEE123Master.dss"])
def test_a_database_says_the_same_of_every_pole(
    feeders: Path, master: str, tmp_path: Path, database: str
) -> None:
    circuit = Conductors(feeders / master, tmp_path)
    network = with_poles(gridtwin.read(feeders / master, crs="none")).network
    gridtwin.open(network).save(database)
    with psycopg.connect(database, autocommit=True) as sql:
        for line, pole, piece, phase in drawn_poles(circuit, network)[:30]:
            expected, _ = circuit.dark((line, pole))
            sql.execute("SELECT gridtwin.operate(%s, true, %s)", (piece, phase))
            dark = sql.execute("SELECT mrid FROM grid.usage_points_now WHERE NOT energized")
            assert {mrid for (mrid,) in dark} == expected, (piece, phase)
            for mrid in sorted(expected)[:1]:
                told = sql.execute("SELECT supplied FROM gridtwin.explain(%s)", (mrid,))
                assert told.fetchall() == [(False,)], (piece, phase, mrid)
            sql.execute("SELECT gridtwin.operate(%s, false, %s)", (piece, phase))

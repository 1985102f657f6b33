"""Real feeders written as a Utility Network are read again with the losses they had."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import gridtwin
from gridtwin.publish.esri.esri_writer import choose_all, write_esri

pytestmark = pytest.mark.field

ROOT = Path(os.environ.get("GRIDTWIN_FIELD_DATA", Path(__file__).parents[2] / "../shared/data"))
UTILITY_NETWORK = "esri-utility-network"


@pytest.mark.parametrize(
    ("source", "mapping", "pieces"),
    [
        ("un_like_8500.gdb.zip", UTILITY_NETWORK, 5_559),
        ("Mux_Energia_401_2024-12-31_V11_20250806-1857.gdb.zip", "bdgd", 14_052),
    ],
)
def test_real_feeders_keep_their_losses(
    source: str, mapping: str, pieces: int, tmp_path: Path
) -> None:
    twin = gridtwin.open(gridtwin.read(ROOT / "networks/gis" / source, mapping=mapping))
    normal = twin.situation("normal")
    write_esri(tmp_path / "again.gdb", normal, normal, choose_all(normal))
    again = gridtwin.open(gridtwin.read(tmp_path / "again.gdb", mapping=UTILITY_NETWORK))
    # What has a GUID keeps it; all else is called by its mRID.
    key = "mrid" if mapping == UTILITY_NETWORK else "name"
    called = again.network.equipment.set_index("mrid")[key] if key == "name" else None
    read = again.sweep(state="normal").set_index("mrid")["usage_points"]
    if called is not None:
        read.index = read.index.map(called)
    expected = twin.sweep(state="normal").set_index("mrid")["usage_points"]
    assert len(expected) == pieces
    assert read.to_dict() == expected.to_dict()

"""Small networks to keep: a radial feeder with a tie, and a ring."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from shapely import Point

from gridtwin.model.network import Network
from gridtwin.store.local import LocalStore
from gridtwin.topology.index import build

if TYPE_CHECKING:
    from pathlib import Path


def make_network(*, meshed: bool = False) -> Network:
    nodes = ["BUS", "N1", "N2", "N3"]
    return Network.from_frames(
        nodes={"mrid": nodes, "geometry": [Point(-95 + i / 100, 29.7) for i in range(4)]},
        equipment={
            "mrid": ["BRK-1", "FUSE-ü", "LINE-1", "TIE-1"],
            "kind": ["breaker", "fuse", "ac_line_segment", "load_break_switch"],
            "node_a": ["BUS", "N1", "N2", "N3"],
            "node_b": ["N1", "N2", "N3", "N1"],
            "phases": ["ABC", "ABC", "AB", "ABC"],
            "normal_open": ["", "", "", "" if meshed else "ABC"],
        },
        usage_points={
            "mrid": ["M1", "M2"],
            "node": ["N2", "N3"],
            "name": ["Mühle", ""],
            "customers": [1, 4],
        },
        sources={"mrid": ["GRID"], "node": ["BUS"]},
        feeders={"mrid": ["F1"], "name": ["Feeder 1"], "head": ["BRK-1"]},
    )


def keep(path: Path, *, meshed: bool = False, overwrite: bool = False) -> LocalStore:
    network = make_network(meshed=meshed)
    index = build(network.data, network.data.equipment.normal_open)
    return LocalStore.create(path, network, index, overwrite=overwrite)


@pytest.fixture
def twin(tmp_path: Path) -> Path:
    return keep(tmp_path / "small.twin").path

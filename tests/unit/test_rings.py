"""Transformers in a ring have no top and no bottom, unless voltages say so."""

from __future__ import annotations

from typing import Any

import pytest
from shapely import Point

from gridtwin.errors import NetworkError
from gridtwin.model.network import Network

RING = {
    "mrid": ["T1", "T2", "T3"],
    "kind": ["power_transformer"] * 3,
    "node_a": ["A", "B", "C"],
    "node_b": ["B", "C", "A"],
}


def network(**columns: Any) -> Network:
    places = [Point(-95 - at / 10, 29) for at in range(3)]
    return Network.from_frames(
        nodes={"mrid": ["A", "B", "C"], "geometry": places, **columns},
        equipment=RING,
        sources={"mrid": ["GRID"], "node": ["A"]},
    )


def test_a_ring_of_transformers_without_voltages_is_refused_by_name() -> None:
    with pytest.raises(NetworkError, match=r"\(T1\): transformers form a ring \(T1, T2, T3\)"):
        network()


def test_voltages_settle_a_ring() -> None:
    assert len(network(nominal_v=[138_000.0, 34_500.0, 12_470.0]).equipment) == 3

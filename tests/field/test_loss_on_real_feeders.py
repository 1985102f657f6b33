"""Disable elements of real feeders, and hold who goes dark against OpenDSS's solved voltages."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import gridtwin

pytestmark = pytest.mark.field

MASTERS = {
    "123Bus": "IEEE123Master.dss",
    "J1": "Master_noPV.dss",
    "LVTestCaseNorthAmerican": "Master.dss",
}


@pytest.fixture(scope="module")
def feeders() -> Path:
    root = Path(os.environ.get("GRIDTWIN_FIELD_DATA", Path(__file__).parents[2] / "../shared/data"))
    folder = root / "feeders"
    assert folder.is_dir(), f"the real feeders are not at {folder}: set GRIDTWIN_FIELD_DATA"
    return folder


@pytest.mark.parametrize("name", MASTERS)
def test_blast_radius_equals_the_solved_circuit(feeders: Path, name: str) -> None:
    twin = gridtwin.open(gridtwin.read(feeders / name / MASTERS[name], crs="none"))
    expected = json.loads((feeders / "expected" / f"{name}.json").read_text())
    for mrid, case in expected["cases"].items():
        dark = set(case.get("dark", case["lost"]))
        assert set(twin.blast_radius(mrid).usage_points.tolist()) == dark, mrid


@pytest.mark.parametrize("name", MASTERS)
def test_sweep_counts_what_blast_radius_finds(feeders: Path, name: str) -> None:
    twin = gridtwin.open(gridtwin.read(feeders / name / MASTERS[name], crs="none"))
    sweep = twin.sweep().set_index("mrid")
    for mrid in sweep.index[::7]:
        blast = twin.blast_radius(mrid)
        assert sweep.customers[mrid] == blast.customers, mrid
        assert sweep.usage_points[mrid] == len(blast), mrid

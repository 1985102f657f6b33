"""Simulate outages on real feeders, and hold what is inferred against the truth and the roll-up."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import gridtwin
from gridtwin.analysis.inference.device_tree import build_device_tree
from gridtwin.analysis.inference.evidence import summarize_events
from gridtwin.analysis.inference.likelihood import Assumptions
from gridtwin.analysis.inference.streaming import Inference
from inference_score import score
from percentage_rule import RolledUp, roll_up
from reported_outages import simulate, world_of

pytestmark = pytest.mark.field

MASTERS = {"ckt5": "Master_ckt5.dss", "J1": "Master_noPV.dss"}
LARGE = 5  # usage points


@pytest.fixture(scope="module")
def feeders() -> Path:
    root = Path(os.environ.get("GRIDTWIN_FIELD_DATA", Path(__file__).parents[2] / "../shared/data"))
    folder = root / "feeders"
    assert folder.is_dir(), f"the real feeders are not at {folder}: set GRIDTWIN_FIELD_DATA"
    return folder


@pytest.mark.parametrize("name", MASTERS)
def test_a_fifth_of_the_gasps_lost_is_better_explained_than_by_roll_up(
    feeders: Path, name: str
) -> None:
    situation = gridtwin.open(gridtwin.read(feeders / name / MASTERS[name], crs="none")).situation()
    devices = build_device_tree(situation, Assumptions())
    near, ours, rolled = [], [], []
    for seed in range(500, 512):
        world = world_of(situation, outages=5, singles=0, momentary=1, loss=0.2)
        run = simulate(situation, devices, world, seed=seed)
        inference = Inference(situation, devices=devices)
        inference.add_events(run.heard)
        named = [
            RolledUp(one.suspect.equipment, one.suspect.point, one.out)
            for one in inference.infer_outages(run.now_s).outages
        ]
        found = score(situation, devices, run.truth, named)
        near += found.near[[len(one.out) >= LARGE for one in run.truth]].tolist()
        ours.append(found.f1)
        evidence, _ = summarize_events(run.heard, Assumptions().momentary_s)
        rolled.append(
            max(
                score(
                    situation, devices, run.truth, roll_up(situation, devices, evidence, share)
                ).f1
                for share in (50.0, 60.0, 70.0)
            )
        )
    assert np.mean(near) > 0.85
    assert np.mean(ours) > 0.9
    assert np.mean(ours) > np.mean(rolled) + 0.02


def test_no_single_device_is_named_on_a_meshed_secondary_network(feeders: Path) -> None:
    path = feeders / "LVTestCaseNorthAmerican/Master.dss"
    twin = gridtwin.open(gridtwin.read(path, crs="none"))
    situation = twin.situation()
    devices = build_device_tree(situation, Assumptions())
    largest = devices.count_points(np.arange(len(devices.node), dtype=np.int32))
    assert len(devices.node) < 20  # what darkens anybody alone lies above the network
    assert largest.max() == len(twin.network.usage_points)

"""Random numbers belong to devices: no order, priority or neighbor changes them."""

from __future__ import annotations

import numpy as np
import pytest

import gridtwin
from gridtwin.analysis.storm.repair_plan import RepairPlan, plan_repairs
from gridtwin.analysis.storm.response import Response
from gridtwin.analysis.storm.storm_simulation import draw_work, simulate_storm
from gridtwin.analysis.storm.storm_situation import StormSituation

RESPONSE = Response(crews=6)


@pytest.fixture(scope="module")
def storm() -> RepairPlan:
    situation = gridtwin.open(gridtwin.synthesize("houston", meters=10_000, seed=1)).situation()
    damaged = np.flatnonzero(situation.data.equipment.kind == 0)[::60].astype(np.int32)
    return plan_repairs(StormSituation(situation), damaged, RESPONSE)


def test_a_device_draws_the_same_whatever_the_order_of_the_list(storm: RepairPlan) -> None:
    jobs = np.arange(len(storm.mean_s), dtype=np.int32)
    first = draw_work(storm, RESPONSE, jobs, draws=9, seed=1).repair
    other = draw_work(storm, RESPONSE, jobs[::-1], draws=9, seed=1).repair
    assert np.array_equal(first, other[::-1])


def test_no_two_devices_draw_the_same(storm: RepairPlan) -> None:
    jobs = np.arange(len(storm.mean_s), dtype=np.int32)
    assert len(storm.zones) > 1
    drawn = draw_work(storm, RESPONSE, jobs, draws=9, seed=1)
    numbers = np.concatenate([drawn.repair / storm.mean_s[:, None], drawn.finding / 1800])
    assert len(np.unique(numbers.round(12))) == numbers.size


def test_another_seed_draws_other_numbers(storm: RepairPlan) -> None:
    first, other = (simulate_storm(storm, RESPONSE, draws=5, seed=seed).done for seed in (1, 2))
    assert not np.isclose(first, other).any()


def test_repairs_have_the_mean_and_the_spread_of_the_table(storm: RepairPlan) -> None:
    jobs = np.arange(len(storm.mean_s), dtype=np.int32)
    repair = draw_work(storm, RESPONSE, jobs, draws=4_000, seed=1).repair
    assert repair.mean() / storm.mean_s.mean() == pytest.approx(1.0, rel=0.02)
    assert np.log(repair).std(axis=1).mean() == pytest.approx(0.95, rel=0.02)

"""One figure is fitted to one figure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import gridtwin
from calibrated_storms import calibrate
from gridtwin.analysis.storm.repair_plan import RepairPlan, plan_repairs
from gridtwin.analysis.storm.response import Response
from gridtwin.analysis.storm.restoration_curves import find_share_times
from gridtwin.analysis.storm.storm_simulation import simulate_storm
from gridtwin.analysis.storm.storm_situation import StormSituation
from gridtwin.errors import InputError

RESPONSE = Response(crews=3, rest_h=0.0, night_factor=1.0)
HOUR_S = 3600.0


@pytest.fixture(scope="module")
def storm() -> RepairPlan:
    situation = gridtwin.open(gridtwin.synthesize("houston", meters=2_000, seed=1)).situation()
    damaged = np.flatnonzero(situation.data.equipment.kind == 0)[::25].astype(np.int32)
    return plan_repairs(StormSituation(situation), damaged, RESPONSE)


@pytest.mark.parametrize("hours", [6.0, 20.0])
def test_half_are_back_when_they_were(storm: RepairPlan, hours: float) -> None:
    fitted = calibrate(storm, RESPONSE, hours * HOUR_S, draws=50)
    back = simulate_storm(storm, fitted, draws=50).back
    half = np.median(find_share_times(back, storm.groups.customers, (0.5,))) / HOUR_S
    assert half == pytest.approx(hours, rel=0.02)
    assert fitted == replace(RESPONSE, repair_factor=fitted.repair_factor)


def test_what_no_repair_time_explains_is_refused(storm: RepairPlan) -> None:
    with pytest.raises(InputError, match="no repair factor"):
        calibrate(storm, RESPONSE, 1.0, draws=20)

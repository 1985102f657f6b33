"""
Roll the readings of one interval up to what is kept of it: loads by transformer and by feeder.

Which transformer serves whom, and which feeder feeds it, is that of the switch state the situation
holds: what is kept stays true when switches move later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.ami import voltage_ranges
from gridtwin.analysis.ami.interval_load import (
    MeterSlices,
    list_equipment,
    spread_by_point,
    sum_load,
)
from gridtwin.model.interval_loads import FeederLoads, TransformerLoads

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation


@dataclass(frozen=True, slots=True)
class IntervalRollUp:
    """Rolls up any number of intervals in which the switches stood the same."""

    points: int  # usage points of the network
    transformers: MeterSlices
    feeder: NDArray[np.int32]  # (transformers,)
    feeders: MeterSlices

    @classmethod
    def from_situation(cls, situation: Situation) -> IntervalRollUp:
        """Find what hangs on every transformer and feeder of a situation."""
        every = MeterSlices.from_situation(situation, list_equipment(situation, "transformer"))
        serving = every.select_rows(np.flatnonzero(every.meters > 0))
        feeder, _ = situation.feeder_of_nodes
        return cls(
            len(situation.data.usage_points.node),
            serving,
            feeder[situation.index.child[serving.equipment]],
            MeterSlices.from_situation(situation, list_equipment(situation, "feeder")),
        )

    def roll_up(
        self,
        rows: NDArray[np.int32],
        kwh: NDArray[np.float32],
        voltage_v: NDArray[np.float32],
    ) -> tuple[TransformerLoads, FeederLoads]:
        """
        Roll one interval up.

        Parameters
        ----------
        rows
            The usage point of each reading, in any order; -1 for one that is not of this network.
        kwh, voltage_v
            What was read; NaN where it was not given.
        """
        energy = spread_by_point(self.points, rows, kwh)
        volts = spread_by_point(self.points, rows, voltage_v)
        served, fed = sum_load(self.transformers, energy), sum_load(self.feeders, energy)
        judged = voltage_ranges.judge_voltages(volts)
        below_b, above_b = judged == voltage_ranges.BELOW_B, judged == voltage_ranges.ABOVE_B
        count = self.feeders.count_marked
        return TransformerLoads(
            row=self.transformers.equipment,
            feeder=self.feeder,
            kwh=served.kwh.astype(np.float32),
            meters=self.transformers.meters,
            missing=served.missing,
            v_min=self.transformers.find_least(volts),
            v_max=self.transformers.find_largest(volts),
        ), FeederLoads(
            row=np.arange(len(fed.kwh), dtype=np.int32),
            kwh=fed.kwh,
            meters=self.feeders.meters,
            missing=fed.missing,
            below_a=count(below_b | (judged == voltage_ranges.BELOW_A)),
            above_a=count(above_b | (judged == voltage_ranges.ABOVE_A)),
            below_b=count(below_b),
            above_b=count(above_b),
            v_min=self.feeders.find_least(volts),
            v_max=self.feeders.find_largest(volts),
        )

"""
Roll the readings of one interval up to what is kept of it: loads by transformer and by feeder.

Which transformer serves whom, and which feeder feeds it, is that of the switch state the situation
holds: what is kept stays true when switches move later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.ami import voltage
from gridtwin.analysis.ami.load import Slices, by_point, equipment_of, load
from gridtwin.model.interval_loads import FeederLoads, TransformerLoads

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation


@dataclass(frozen=True, slots=True)
class RollUp:
    """Rolls up any number of intervals in which the switches stood the same."""

    points: int  # usage points of the network
    transformers: Slices
    feeder: NDArray[np.int32]  # (transformers,)
    feeders: Slices

    @classmethod
    def of(cls, situation: Situation) -> RollUp:
        """Find what hangs on every transformer and feeder of a situation."""
        every = Slices.of(situation, equipment_of(situation, "transformer"))
        serving = every.taken(np.flatnonzero(every.meters > 0))
        feeder, _ = situation.feeder_of_nodes
        return cls(
            len(situation.data.usage_points.node),
            serving,
            feeder[situation.index.child[serving.equipment]],
            Slices.of(situation, equipment_of(situation, "feeder")),
        )

    def interval(
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
        energy = by_point(self.points, rows, kwh)
        volts = by_point(self.points, rows, voltage_v)
        served, fed = load(self.transformers, energy), load(self.feeders, energy)
        judged = voltage.judged(volts)
        below_b, above_b = judged == voltage.BELOW_B, judged == voltage.ABOVE_B
        count = self.feeders.counts
        return TransformerLoads(
            row=self.transformers.equipment,
            feeder=self.feeder,
            kwh=served.kwh.astype(np.float32),
            meters=self.transformers.meters,
            missing=served.missing,
            v_min=self.transformers.least(volts),
            v_max=self.transformers.largest(volts),
        ), FeederLoads(
            row=np.arange(len(fed.kwh), dtype=np.int32),
            kwh=fed.kwh,
            meters=self.feeders.meters,
            missing=fed.missing,
            below_a=count(below_b | (judged == voltage.BELOW_A)),
            above_a=count(above_b | (judged == voltage.ABOVE_A)),
            below_b=count(below_b),
            above_b=count(above_b),
            v_min=self.feeders.least(volts),
            v_max=self.feeders.largest(volts),
        )

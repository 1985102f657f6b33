"""Hold estimates of restoration: of an outage, of each usage point in it, and of a storm zone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from numpy.typing import NDArray

STAGES = ("remote", "manual", "repair")  # what brings a usage point back, the fastest first


@dataclass(frozen=True, slots=True)
class Estimate:
    """When an outage ends; times are in UTC, None = not known."""

    outage: str
    issued_at: datetime
    inputs_at: datetime  # of the newest input
    p10: datetime | None = None  # one in ten such outages ends before
    p50: datetime | None = None
    p80: datetime | None = None
    p90: datetime | None = None
    p95: datetime | None = None
    etr: datetime | None = None  # what is promised; None = still being assessed
    source: str = "model"  # what decided: manual, crew, zone, model or table
    model: str = ""
    reason: str = ""
    stage: str = "repair"  # of those who come back by this; repair = of the outage
    usage_points: int = 0  # how many those are


@dataclass(frozen=True, slots=True)
class PointEstimates:
    """When usage points come back, as columns of one length; times in unix seconds, NaN = none."""

    usage_point: NDArray[np.object_]  # mRIDs
    outage: NDArray[np.object_]  # ids
    stage: NDArray[np.object_]  # of STAGES
    source: NDArray[np.object_]
    p50_s: NDArray[np.float64]
    p80_s: NDArray[np.float64]
    p95_s: NDArray[np.float64]
    etr_s: NDArray[np.float64]

    @classmethod
    def from_rows(cls, rows: Sequence[Sequence[Any]]) -> PointEstimates:
        """Return rows, their values in the order of the fields, as columns; None becomes NaN."""
        columns = list(zip(*rows, strict=True)) or [()] * 8
        kinds = (object,) * 4 + (np.float64,) * 4
        return cls(*(np.array(each, dtype=kind) for each, kind in zip(columns, kinds, strict=True)))

    def list_columns(self) -> list[list[Any]]:
        """Return the columns as lists; NaN becomes None."""
        names = [self.usage_point, self.outage, self.stage, self.source]
        times = [self.p50_s, self.p80_s, self.p95_s, self.etr_s]
        return [each.tolist() for each in names] + [
            [None if math.isnan(at) else at for at in each.tolist()] for each in times
        ]

    def take_rows(self, rows: NDArray[np.bool_]) -> PointEstimates:
        """Return some of them."""
        return PointEstimates(
            self.usage_point[rows],
            self.outage[rows],
            self.stage[rows],
            self.source[rows],
            self.p50_s[rows],
            self.p80_s[rows],
            self.p95_s[rows],
            self.etr_s[rows],
        )

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.usage_point)


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the estimation; a run of one id is written once."""

    id: str
    started_at: datetime  # what it estimated for
    model: str
    state_version: int
    outages: int  # open
    usage_points: int  # in them, still out
    published: int  # outages whose estimate became another


@dataclass(frozen=True, slots=True)
class Zone:
    """What is promised for a part of the territory in a storm."""

    zone: str  # mRID of a feeder or substation; empty = the whole territory
    issued_at: datetime
    expires_at: datetime
    p50: datetime
    p80: datetime
    p95: datetime
    model: str = ""
    actor: str = ""

"""Hold what is kept of the readings of one interval: loads by transformer and by feeder."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.model import cim

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.tables import NetworkData


@dataclass(frozen=True, slots=True)
class TransformerLoads:
    """What each transformer that served somebody carried in one interval; arrays of one length."""

    row: NDArray[np.int32]  # of the equipment table, rising
    feeder: NDArray[np.int32]  # row of the feeder that fed it; -1 above the feeders
    kwh: NDArray[np.float32]  # below 0 where energy flowed back
    meters: NDArray[np.int32]  # usage points it fed
    missing: NDArray[np.int32]  # of those, without a reading
    v_min: NDArray[np.float32]  # volts on a 120 V base; NaN where no voltage was read
    v_max: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class FeederLoads:
    """What each feeder carried in one interval, and its voltages; arrays of one length."""

    row: NDArray[np.int32]  # of the feeder table, rising
    kwh: NDArray[np.float64]  # NaN where its head was on a loop
    meters: NDArray[np.int32]
    missing: NDArray[np.int32]
    below_a: NDArray[np.int32]  # usage points below Range A, those below Range B included
    above_a: NDArray[np.int32]
    below_b: NDArray[np.int32]
    above_b: NDArray[np.int32]
    v_min: NDArray[np.float32]
    v_max: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Nameplates:
    """Transformers by row, and their ratings in kVA; arrays of one length."""

    row: NDArray[np.int32]  # of the equipment table, rising
    rated_kva: NDArray[np.float64]

    @classmethod
    def from_network(cls, data: NetworkData) -> Nameplates:
        """Return those of all transformers of a network."""
        row = np.flatnonzero(data.equipment.kind == cim.TRANSFORMER).astype(np.int32)
        return cls(row, data.equipment.rated_va[row] / 1000)

    def find_ratings(self, rows: NDArray[np.int32]) -> NDArray[np.float64]:
        """Return the rating of each row; NaN where there is none."""
        place = np.minimum(np.searchsorted(self.row, rows), len(self.row) - 1)
        return np.where(self.row[place] == rows, self.rated_kva[place], np.nan)

    @property
    def digest(self) -> str:
        """A digest of all of them."""
        return hashlib.blake2b(self.row.tobytes() + self.rated_kva.tobytes()).hexdigest()


LOAD_TABLES = {"load": TransformerLoads, "feeder_load": FeederLoads}  # by the name of their table

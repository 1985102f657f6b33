"""Hold a switch state: which phases of which equipment stand open, under which name and version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.errors import NotFoundError
from gridtwin.model import phases

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gridtwin.model.network import Network

NORMAL = "normal"
CURRENT = "current"


@dataclass(frozen=True, slots=True)
class State:
    """
    One resolved state of a network's switches; states are layers and are never mixed.

    Only what differs from the design is kept: ``deviations`` maps an mRID to the phases that stand
    open, an empty text meaning closed.
    """

    name: str
    version: int
    deviations: Mapping[str, str]

    def open_mask(self, network: Network) -> NDArray[np.uint8]:
        """
        Return the phases that stand open, one byte per row of the network's equipment.

        Raises
        ------
        NotFoundError
            If the state names equipment that the network does not have.
        """
        mask = network.data.equipment.normal_open
        if not self.deviations:
            return mask
        mask = np.array(mask)
        for mrid, open_phases in self.deviations.items():
            try:
                row = network.ids.find_element(mrid, ("equipment",)).row
            except NotFoundError as error:
                what = f"equipment named by state {self.name!r}"
                raise NotFoundError(what, mrid, error.matches) from error
            mask[row] = phases.parse_phases(open_phases)
        return mask


@dataclass(frozen=True, slots=True)
class SwitchEvent:
    """One operation, as it was logged."""

    version: int  # of the current state afterwards
    at: str  # UTC, ISO 8601
    mrid: str
    from_phases: str  # that stood open before
    to_phases: str  # that stood open afterwards
    actor: str


def choose_log_time(at: datetime | None) -> str:
    """Return the time an operation is logged with: now by default, and at the latest."""
    now = datetime.now(UTC)
    return (now if at is None else min(now, at.astimezone(UTC))).isoformat()


def every_phase(network: Network, row: int) -> int:
    """Return all phases a piece of equipment can open: those recorded, or A, B and C."""
    return int(network.data.equipment.phases[row]) or phases.ABC

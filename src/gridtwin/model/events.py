"""Hold what meters and customers report: last gasps, restored power, readings, pings, calls."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.model.tables import Strings, encode_texts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

EVENT_KINDS: tuple[str, ...] = ("last_gasp", "power_restored", "call", "reading", "ping")
EVENT_CODE: dict[str, int] = {name: code for code, name in enumerate(EVENT_KINDS)}
LAST_GASP, POWER_RESTORED, CALL, READING, PING = range(len(EVENT_KINDS))
# A meter that says any of these has power when it says so.
IS_ON: NDArray[np.bool_] = np.array([False, True, False, True, True])


@dataclass(frozen=True, slots=True)
class MeterEvents:
    """
    Events of usage points, in any order.

    A *ping* is one that was answered; a meter that does not answer has said nothing.
    """

    mrid: Strings  # of the usage point
    kind: NDArray[np.uint8]  # row of `EVENT_KINDS`
    at_s: NDArray[np.float64]  # seconds since 1970-01-01 UTC
    phases: NDArray[np.uint8]  # that the event speaks of; 0 = not stated

    @classmethod
    def from_lists(
        cls,
        mrid: Iterable[str],
        kind: Iterable[str],
        at_s: Iterable[float],
        phases: Iterable[int] | None = None,
    ) -> MeterEvents:
        """Return events from plain lists; `kind` are names of `EVENT_KINDS`."""
        names = encode_texts(mrid)
        stated = np.zeros(len(names), np.uint8) if phases is None else phases
        return cls(
            names,
            np.array([EVENT_CODE[name] for name in kind], dtype=np.uint8),
            np.asarray(list(at_s), dtype=np.float64),
            np.asarray(stated, dtype=np.uint8),
        )

    def take_rows(self, rows: NDArray[Any]) -> MeterEvents:
        """Return the events at rows, or where a mask is true."""
        return replace(
            self,
            mrid=self.mrid[rows],
            kind=self.kind[rows],
            at_s=self.at_s[rows],
            phases=self.phases[rows],
        )

    def __len__(self) -> int:
        """Return how many events there are."""
        return len(self.kind)

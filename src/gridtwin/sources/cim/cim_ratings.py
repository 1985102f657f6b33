"""Read what equipment carries, and whether a line is overhead or a cable."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gridtwin.sources.cim.cim_merging import CimModel
    from gridtwin.sources.cim.cim_rows import CimUnits
    from gridtwin.sources.cim.cim_terminals import CimEnd


class CimRatings:
    """
    The limits of a model by what they are of.

    Parameters
    ----------
    model
        The merged model.
    units
        What its numbers are in.
    """

    def __init__(self, model: CimModel, units: CimUnits) -> None:
        self._model, self._units = model, units
        self._limits: dict[str, float] = {}  # the lowest of each set
        for mrid, of in model["current_limit"].iterate_pairs("OperationalLimitSet"):
            value = model.read_amount("current_limit", mrid, "value")
            if value > 0:
                self._limits[of] = min(value, self._limits.get(of, math.inf))
        self._sets: dict[str, list[str]] = {}
        for column in ("Terminal", "Equipment"):
            for mrid, of in model["limit_set"].iterate_pairs(column):
                self._sets.setdefault(of, []).append(mrid)

    def read_amperes(self, mrid: str, ends: Iterable[CimEnd]) -> float:
        """Return the rated current: that of a switch, else its lowest limit; NaN if not known."""
        rated = self._model.read_amount("equipment", mrid, "ratedCurrent")
        if rated > 0:
            return rated
        sets = [*self._sets.get(mrid, ())]
        for end in ends:
            sets.append(self._model["terminal"].read_text(end.terminal, "OperationalLimitSet"))
            sets += self._sets.get(end.terminal, ())
        return min((self._limits[each] for each in sets if each in self._limits), default=math.nan)

    def tell_placement(self, mrid: str, parts: Iterable[str]) -> str:
        """Return whether a line is overhead or underground; empty where nothing tells."""
        wires = self._model["wire"]
        cable = self._model.read_flag(
            "wire", self._model["equipment"].read_text(mrid, "WireSpacingInfo"), "isCable"
        )
        if cable is not None:
            return "underground" if cable else "overhead"
        kinds = {
            wires.read_class(self._model["phase"].read_text(part, "WireInfo")) for part in parts
        } - {""}
        if not kinds:
            return ""
        return "overhead" if kinds == {"OverheadWireInfo"} else "underground"

"""Read phases: from the phase objects of equipment, else from its terminals."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gridtwin.model import phases
from gridtwin.sources.cim.cim_classes import PHASE_OWNERS

if TYPE_CHECKING:
    from gridtwin.sources.cim.cim_merging import CimModel
    from gridtwin.sources.cim.cim_terminals import CimTerminals

EVERY_PHASE = phases.ABC  # what CIM means where no phase is recorded
_PHASE_TOKEN = re.compile(r"s12|s1|s2|[ABCN]|XY|X")


class CimPhases:
    """
    The phases of all that has some, as bits.

    Parameters
    ----------
    model
        The merged model.
    terminals
        Its terminals, where old files write the phases; None where they are of no concern.
    """

    def __init__(self, model: CimModel, terminals: CimTerminals | None) -> None:
        self._model, self._terminals = model, terminals
        self._of: dict[str, list[str]] = {}  # phase objects by their owner
        table = model["phase"]
        for column in (*PHASE_OWNERS, "Switch"):
            for mrid, owner in table.iterate_pairs(column):
                self._of.setdefault(owner, []).append(mrid)

    def find_parts(self, mrid: str) -> list[str]:
        """Return the ids of the phase objects of a piece of equipment."""
        return self._of.get(mrid, [])

    def read_mask(self, mrid: str) -> int:
        """Return the phases of equipment that is no transformer; ABC where none are said."""
        mask = 0
        for part in self.find_parts(mrid):
            mask |= self._read_part(mrid, part)
        if mask or self._terminals is None:
            return mask or EVERY_PHASE
        for end in self._terminals.of.get(mrid, ()):
            code = self._model["terminal"].read_text(end.terminal, "phases")
            mask |= self.read_code("terminal", end.terminal, code)
        return mask or EVERY_PHASE

    def _read_part(self, mrid: str, part: str) -> int:
        table = self._model["phase"]
        near, far = (table.read_text(part, f"phaseSide{side}") for side in (1, 2))
        code = near or far or table.read_text(part, "phase")
        if near and far and near != far:
            kind = self._model["equipment"].read_class(mrid)
            self._model.add_notice(
                "phase_conflict",
                f"{kind} {mrid} joins phase {near} to phase {far}: it counts as {near}",
                "mend its phases unless the phases are transposed there",
            )
        return self.read_code("phase", part, code)

    def read_code(self, table: str, mrid: str, code: str) -> int:
        """Return a code such as ``AN``, ``s12N`` or ``none`` as bits; what is no phase is noted."""
        if not code or code == "none":
            return 0
        mask, rest = 0, _PHASE_TOKEN.sub("", code)
        if rest:
            kind = self._model[table].read_class(mrid)
            self._model.add_notice(
                "odd_value",
                f"{kind} {mrid}: {code[:60]!r} is no phase: left out",
                "use the codes of CIM, such as ABC or s12N",
            )
            return 0
        for token in _PHASE_TOKEN.findall(code):
            mask |= 0 if token in {"X", "XY"} else phases.parse_phases(token)
        return mask

    def read_open(self, mrid: str, mask: int) -> int:
        """Return which of its phases a switch has open by design, else as it stands."""
        opened = self._find_open(mrid, mask, "normalOpen", "normalOpen")
        if opened is None:
            opened = self.read_current_open(mrid, mask)
        return opened or 0

    def read_current_open(self, mrid: str, mask: int) -> int | None:
        """Return which of its phases a switch has open as it stands; None where nothing says it."""
        return self._find_open(mrid, mask, "open", "closed")

    def _find_open(self, mrid: str, mask: int, whole: str, pole: str) -> int | None:
        """Return the open phases: each pole as it says itself, else as the whole switch."""
        model = self._model
        stands = model.read_flag("equipment", mrid, whole)
        known, found = stands is not None, 0
        for part in self.find_parts(mrid):
            said = model.read_flag("phase", part, pole)
            known = known or said is not None
            opened = stands if said is None else said != (pole == "closed")
            found |= self._read_part(mrid, part) if opened else 0
        if not known:
            return None
        if not self.find_parts(mrid):
            found = mask if stands else 0
        return found & mask

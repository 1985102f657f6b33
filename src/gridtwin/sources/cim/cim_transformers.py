"""Turn power transformers into equipment: three-phase ends, or tanks joined per pair of nodes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from gridtwin.model import phases
from gridtwin.sources.cim.cim_phases import EVERY_PHASE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gridtwin.sources.cim.cim_merging import CimModel
    from gridtwin.sources.cim.cim_phases import CimPhases
    from gridtwin.sources.cim.cim_rows import CimUnits
    from gridtwin.sources.cim.cim_terminals import CimEnd, CimTerminals
    from gridtwin.sources.frame_rows import FrameRows

WITHOUT_NEUTRAL = ~phases.N


class CimWinding(NamedTuple):
    """One end of a transformer, or of one of its tanks."""

    node: str
    mask: int
    voltage: str  # what tells its voltage from that of another end
    rated_va: float


class CimTransformers:
    """
    The equipment that power transformers become.

    Between two nodes a transformer is one row, however many tanks it has; a center tap has two
    ends at one node. Where its ends stand at three nodes or more it is a star: the row with the
    transformer's id leads to the star, the others are called ``ID#2`` and so on.

    Parameters
    ----------
    model, terminals, recorded
        The merged model, its terminals and its phases.
    units
        What its numbers are in.
    """

    def __init__(
        self, model: CimModel, terminals: CimTerminals, recorded: CimPhases, units: CimUnits
    ) -> None:
        self.stars: dict[str, str] = {}  # node in the middle: a node beside it
        self.voltages: dict[str, str] = {}  # node: the BaseVoltage its end names
        self._model, self._terminals, self._phases = model, terminals, recorded
        self._units = units
        self._regulated = {end for _, end in model["tap_changer"].iterate_pairs("TransformerEnd")}
        self._ends: dict[str, list[str]] = {}
        for column in ("PowerTransformer", "TransformerTank"):
            for end, owner in model["end"].iterate_pairs(column):
                self._ends.setdefault(owner, []).append(end)
        self._tanks: dict[str, list[str]] = {}
        for tank, owner in model["tank"].iterate_pairs("PowerTransformer"):
            self._tanks.setdefault(owner, []).append(tank)
        self._ratings = self._find_tank_ratings()

    def _find_tank_ratings(self) -> dict[str, float]:
        found: dict[str, float] = {}
        for info, of in self._model["end_info"].iterate_pairs("TransformerTankInfo"):
            rated = self._model.read_amount("end_info", info, "ratedS", self._units.watts)
            if rated > found.get(of, 0.0):
                found[of] = rated
        return found

    def forget_ends(self) -> None:
        """Let go of what only `add_rows` reads."""
        self._ends, self._tanks, self._ratings, self._regulated = {}, {}, {}, set()

    def add_rows(self, mrid: str, rows: FrameRows, *, in_service: bool) -> None:
        """Add what one power transformer becomes; one that joins nothing is noted."""
        parts = [self._ends.get(tank, []) for tank in self._tanks.get(mrid, [])]
        parts = [part for part in (self._ends.get(mrid, []), *parts) if part]
        tanks = [self._read_windings(mrid, ends) for ends in parts]
        if not any(tanks):  # nothing tells its ends apart
            ends = self._terminals.of.get(mrid, [])
            tanks = [[CimWinding(end.node, EVERY_PHASE, "", math.nan) for end in ends]]
        sides: dict[str, int] = {}
        for tank in tanks:
            for winding in tank:
                sides[winding.node] = sides.get(winding.node, 0) | winding.mask
        if len(sides) < 2:
            loops = sum(len(tank) for tank in tanks) > 1
            where = next(iter(sides), "no node")
            self._model.add_notice(
                "one_sided",
                f"PowerTransformer {mrid} stands at {where} alone:"
                f" {'it joins nothing' if loops else 'left out'}",
                "give its ends the terminals of both sides",
            )
            if not loops:
                return
        shared = {
            "owner": mrid,
            "kind": self._tell_kind(parts, tanks),
            "name": self._model["equipment"].read_text(mrid, "name"),
            "rated_va": self._sum_ratings(mrid, tanks),
            "in_service": in_service,
            "vector_group": self._model["equipment"].read_text(mrid, "vectorGroup"),
        }
        self._join(mrid, tanks, sides, shared, rows)

    def _join(
        self,
        mrid: str,
        tanks: list[list[CimWinding]],
        sides: dict[str, int],
        shared: dict[str, object],
        rows: FrameRows,
    ) -> None:
        nodes = list(sides)
        if len(nodes) <= 2:
            mask = _unite_tanks(tanks, regulates=shared["kind"] == "voltage_regulator")
            a, b = nodes[0], nodes[-1]
            rows.add_row(mrid=mrid, node_a=a, node_b=b, phases=phases.format_phases(mask), **shared)
            return
        star = f"{mrid}#star"
        self.stars[star] = nodes[0]
        for at, node in enumerate(nodes, 1):
            name = mrid if at == 1 else f"{mrid}#{at}"
            row = {"mrid": name, "node_a": node, "node_b": star, **shared}
            rows.add_row(phases=phases.format_phases(sides[node]), **row)

    def _read_windings(self, mrid: str, ends: Iterable[str]) -> list[CimWinding]:
        table = self._model["end"]
        numbers = {end: self._model.read_number("end", end, "endNumber") for end in ends}
        found = []
        for end in sorted(numbers, key=lambda end: numbers[end] if numbers[end] > 0 else math.inf):
            at = self._find_end(mrid, end, numbers[end])
            if at is None:
                self._model.add_notice(
                    "dangling_reference",
                    f"{table.read_class(end)} {end} of PowerTransformer {mrid} names no terminal of"
                    " the files: left out",
                    "add the file that defines the terminal",
                )
                continue
            base = table.read_text(end, "BaseVoltage")
            if base:
                self.voltages.setdefault(at.node, base)
            code = table.read_text(end, "orderedPhases") or table.read_text(end, "phases")
            mask = self._phases.read_code("end", end, code) & WITHOUT_NEUTRAL
            rated = self._model.read_amount("end", end, "ratedS", self._units.watts)
            voltage = base or table.read_text(end, "ratedU")
            found.append(CimWinding(at.node, mask or EVERY_PHASE, voltage, rated))
        return found

    def _find_end(self, mrid: str, end: str, number: float) -> CimEnd | None:
        """Return the terminal an end names; else that of the transformer with the same number."""
        named = self._terminals.at.get(self._model["end"].read_text(end, "Terminal"))
        if named is not None:
            return named
        of = self._terminals.of.get(mrid, [])
        at = int(number) - 1 if number == number else -1  # noqa: PLR0124 - no NaN
        whole = not self._tanks.get(mrid)
        return of[at] if whole and 0 <= at < len(of) else None

    def _tell_kind(self, parts: list[list[str]], tanks: list[list[CimWinding]]) -> str:
        """Return the kind: what changes taps between equal voltages is a regulator."""
        voltages = {winding.voltage for tank in tanks for winding in tank}
        changes = any(end in self._regulated for part in parts for end in part)
        equal = len(voltages) == 1 and "" not in voltages
        return "voltage_regulator" if changes and equal else "power_transformer"

    def _sum_ratings(self, mrid: str, tanks: list[list[CimWinding]]) -> float:
        table = self._model["tank"]
        infos = [table.read_text(tank, "TransformerTankInfo") for tank in self._tanks.get(mrid, [])]
        if infos and all(info in self._ratings for info in infos):
            return sum(self._ratings[info] for info in infos)
        stated = [
            max((winding.rated_va for winding in tank if winding.rated_va > 0), default=math.nan)
            for tank in tanks
        ]
        return sum(stated) if stated else math.nan


def _unite_tanks(tanks: list[list[CimWinding]], *, regulates: bool) -> int:
    """
    Return the phases of tanks between the same two nodes.

    A regulator hands on what both sides share. A transformer has the letters of both, and the legs
    of a center tap beside the phase that feeds them.
    """
    mask = 0
    for tank in tanks:
        every, common = 0, ~0
        for node in {winding.node for winding in tank}:
            side = 0
            for winding in tank:
                side |= winding.mask if winding.node == node else 0
            every, common = every | side, common & side
        mask |= common if regulates and common else every
    return mask

"""Turn conducting equipment into rows: by closed lists of classes, and what is unknown told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridtwin.model import phases
from gridtwin.sources.cim.cim_classes import (
    CIM_PAIR_KINDS,
    CIM_SWITCH_KINDS,
    CONSUMER_CLASSES,
    FEEDING_CLASSES,
    GROUNDING_CLASSES,
    SINGLE_NODE_CLASSES,
)
from gridtwin.sources.cim.cim_consumers import is_in_service
from gridtwin.sources.cim.cim_phases import CimPhases
from gridtwin.sources.cim.cim_places import draw_course
from gridtwin.sources.cim.cim_ratings import CimRatings
from gridtwin.sources.cim.cim_terminals import CimTerminals
from gridtwin.sources.cim.cim_transformers import CimTransformers
from gridtwin.sources.frame_rows import make_equipment_rows

if TYPE_CHECKING:
    from gridtwin.sources.cim.cim_merging import CimModel
    from gridtwin.sources.cim.cim_places import CimPlaces
    from gridtwin.sources.cim.cim_rows import CimUnits

EVERY_POLE = True
STANDING_ALONE = CONSUMER_CLASSES | FEEDING_CLASSES | SINGLE_NODE_CLASSES


class EquipmentDraft:
    """
    The equipment of a model, row by row.

    Parameters
    ----------
    model
        The merged model.
    places
        Where its objects lie.
    units
        What its numbers are in.
    """

    def __init__(self, model: CimModel, places: CimPlaces, units: CimUnits) -> None:
        self.rows = make_equipment_rows()
        self.geometry: list[Any] = []
        self.terminals = CimTerminals(model)
        self.recorded = CimPhases(model, self.terminals)
        self.transformers = CimTransformers(model, self.terminals, self.recorded, units)
        self._ratings = CimRatings(model, units)
        self._model, self._places, self._units = model, places, units
        table = model["equipment"]
        for mrid, row in table.rows.items():
            self._add(mrid, table.kinds[row])

    def forget_parts(self) -> None:
        """Let go of what only equipment, consumers and feeders are read from."""
        parts = ("phase", "tank", "end", "end_info", "current_limit", "limit_set", "wire")
        self._model.forget_tables(*parts, "terminal", "usage_point")
        del self.recorded, self._ratings
        self.transformers.forget_ends()

    def _add(self, mrid: str, kind: str) -> None:
        if kind == "PowerTransformer":
            serves = is_in_service(self._model, mrid)
            self.transformers.add_rows(mrid, self.rows, in_service=serves)
        elif kind in CIM_PAIR_KINDS:
            self._add_pair(mrid, kind, CIM_PAIR_KINDS[kind])
        elif kind in GROUNDING_CLASSES:
            self._model.add_notice(
                "grounding",
                f"{kind} {mrid} grounds when it is closed, and joins nothing: left out",
                "nothing needs to be done",
            )
        elif kind in STANDING_ALONE:
            self._note_more_ends(mrid, kind, 1)
            self._note_tap(mrid, kind)
        elif len(self.terminals.of.get(mrid, ())) > 1:
            self._model.add_notice(
                "unknown_class",
                f"{kind} {mrid} is of a class gridtwin does not know: its two terminals are taken"
                " as joined",
                "leave it out of the model if nothing flows through it",
            )
            self._add_pair(mrid, kind, "ac_line_segment")
        self.geometry += [None] * (len(self.rows) - len(self.geometry))

    def _add_pair(self, mrid: str, kind: str, becomes: str) -> None:
        ends = self.terminals.of.get(mrid, [])
        if len(ends) < 2:
            self._model.add_notice(
                "one_sided",
                f"{kind} {mrid} has {len(ends)} terminals, not two: left out",
                "add the file that defines its terminals",
            )
            return
        self._note_more_ends(mrid, kind, 2)
        self._note_tap(mrid, kind)
        table = self._model["equipment"]
        mask = self.recorded.read_mask(mrid)
        opened = self.recorded.read_open(mrid, mask) if kind in CIM_SWITCH_KINDS else 0
        line = becomes == "ac_line_segment"
        self.rows.add_row(
            mrid=mrid,
            owner=mrid,
            kind=becomes,
            node_a=ends[0].node,
            node_b=ends[1].node,
            phases=phases.format_phases(mask),
            normal_open=EVERY_POLE if opened == mask else phases.format_phases(opened),
            name=table.read_text(mrid, "name"),
            rated_a=self._ratings.read_amperes(mrid, ends),
            length_m=self._model.read_amount("equipment", mrid, "length", self._units.meters),
            placement=self._ratings.tell_placement(mrid, self.recorded.find_parts(mrid))
            if line
            else "",
            in_service=is_in_service(self._model, mrid),
        )
        self.geometry.append(draw_course(self._places.find_points(mrid)))

    def _note_tap(self, mrid: str, kind: str) -> None:
        line = self._model["equipment"].read_text(mrid, "ACLineSegment")
        if line:
            self._model.add_notice(
                "tap_within_line",
                f"{kind} {mrid} stands within ACLineSegment {line}, which is read as one line from"
                " end to end: it is joined by its own nodes alone",
                "part the line in two where it stands",
            )

    def _note_more_ends(self, mrid: str, kind: str, count: int) -> None:
        ends = self.terminals.of.get(mrid, [])
        if len(ends) > count:
            nodes = ", ".join(end.node for end in ends)
            self._model.add_notice(
                "odd_terminals",
                f"{kind} {mrid} has {len(ends)} terminals ({nodes}): the first {count} count",
                "mend its terminals",
            )

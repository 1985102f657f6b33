"""Put names and live states on the one-line diagram of a feeder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.state.identity import find_place
from gridtwin.analysis.state.supply_state import OUT, SUPPLY_WORDS
from gridtwin.model import cim, phases
from gridtwin.model.ids import Element
from gridtwin.results.documents.document_tags import DocumentTag

if TYPE_CHECKING:
    from gridtwin.analysis.schematic.feeder_layout import DrawnSection, DrawnTie, FeederLayout
    from gridtwin.analysis.state.situation import Situation
    from gridtwin.analysis.state.supply_state import SupplyState
    from gridtwin.results.documents.schematic_documents import (
        SchematicDocument,
        SchematicSection,
        SchematicSwitch,
    )


class FeederSchematic:
    """
    A feeder as a one-line diagram in one state.

    Parameters
    ----------
    layout
        How it is laid out, as designed.
    situation, supply
        The network in the state that is shown, and what has supply in it.
    """

    def __init__(self, layout: FeederLayout, situation: Situation, supply: SupplyState) -> None:
        self.layout = layout
        self.situation = situation
        self.supply = supply

    def document(self) -> SchematicDocument:
        """Return it as the JSON document ``gridtwin.schematic/1``."""
        layout, data = self.layout, self.situation.data
        sections = layout.sections
        return {
            "schema": DocumentTag.SCHEMATIC,
            "feeder": bytes(data.feeders.mrid[layout.feeder]).decode(),
            "state": self.situation.state,
            "version": self.situation.version,
            "columns": layout.columns,
            "rows": layout.rows,
            "sections": [self._describe_section(each) for each in sections],
            "switches": [
                *(self._describe_switch(each, each.before) for each in sections),
                *(self._describe_switch(each, each.section, each) for each in layout.ties),
            ],
        }

    def _describe_section(self, section: DrawnSection) -> SchematicSection:
        nodes = np.array(section.nodes, dtype=np.int32)
        points = self.situation.points_at(nodes)
        out = points[self.supply.points[points] == OUT]
        first, _ = self.situation.feeder_of_nodes
        live = self.situation.is_energized[nodes]
        fed = first[nodes[live]]
        feeder = int(fed[0]) if len(fed) else -1
        return {
            "column": section.column,
            "row": section.row,
            "customers": section.customers,
            "customers_out": self.situation.customers_of(out),
            "customers_behind": section.customers_behind,
            "transformers": section.transformers,
            "length_m": round(section.length_m, 1),
            "energized": "yes" if live.all() else "partial" if live.any() else "no",
            "fed_by": self._name_feeder(feeder),
        }

    def _describe_switch(
        self, drawn: DrawnSection | DrawnTie, before: int, tie: DrawnTie | None = None
    ) -> SchematicSwitch:
        data, row = self.situation.data, drawn.switch
        from_row = self.layout.sections[before].row if before >= 0 else drawn.row
        return {
            "mrid": bytes(data.equipment.mrid[row]).decode(),
            "kind": cim.KIND_NAMES[data.equipment.kind[row]],
            "column": drawn.column,
            "row": drawn.row,
            "from_row": from_row,
            "phases": phases.format_phases(int(data.equipment.phases[row])),
            "open": phases.format_phases(int(self.situation.open_mask[row])),
            "normal_open": phases.format_phases(int(data.equipment.normal_open[row])),
            "energized": SUPPLY_WORDS[self.supply.equipment[row]],
            "tie_to": self._name_feeder_of(tie.other) if tie else None,
            "is_tie": tie is not None,
            "at": find_place(data, Element("equipment", row)),
        }

    def _name_feeder_of(self, node: int) -> str | None:
        first, _ = self.situation.feeder_of_nodes
        return self._name_feeder(int(first[node]))

    def _name_feeder(self, row: int) -> str | None:
        return bytes(self.situation.data.feeders.mrid[row]).decode() if row >= 0 else None

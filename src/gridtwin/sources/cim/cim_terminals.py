"""Say at which node every terminal of every piece of equipment stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from gridtwin.sources.cim.cim_merging import CimModel


class CimEnd(NamedTuple):
    """One end of a piece of equipment."""

    terminal: str
    node: str  # the terminal itself where it stands at none, or is not connected
    attached: bool


class CimTerminals:
    """
    The ends of all equipment, by its id, in the order of their sequence numbers.

    A ConnectivityNode comes first. A TopologicalNode stands in for it only where no
    ConnectivityNode is part of it, since closed switches are merged away within one.

    Parameters
    ----------
    model
        The merged model.
    """

    def __init__(self, model: CimModel) -> None:
        self.of: dict[str, list[CimEnd]] = {}
        self.at: dict[str, CimEnd] = {}  # by terminal
        self.beside: dict[
            str, str
        ] = {}  # private node of a terminal not connected: where it would be
        self._model = model
        self._merged = self._find_merged_nodes()
        self._undefined: dict[str, str] = {}
        table = model["terminal"]
        order: list[tuple[float, int, str]] = []
        for mrid, row in table.rows.items():
            number = model.read_number("terminal", mrid, "sequenceNumber")
            order.append((number if number == number else float("inf"), row, mrid))  # noqa: PLR0124
        for _, row, mrid in sorted(order):
            equipment = table.read_cell(row, "ConductingEquipment")
            end = self._place(mrid, equipment)
            self.at[mrid] = end
            if equipment:
                self.of.setdefault(equipment, []).append(end)
        self._note_undefined()

    def _find_merged_nodes(self) -> set[str]:
        """Return the TopologicalNodes that ConnectivityNodes were merged into."""
        model = self._model
        merged = {node for _, node in model["connectivity_node"].iterate_pairs("TopologicalNode")}
        terminals = model["terminal"]
        return merged | {
            node
            for mrid, node in terminals.iterate_pairs("TopologicalNode")
            if terminals.read_text(mrid, "ConnectivityNode")
        }

    def _place(self, mrid: str, equipment: str) -> CimEnd:
        model = self._model
        exact = model["terminal"].read_text(mrid, "ConnectivityNode")
        node = exact or model["terminal"].read_text(mrid, "TopologicalNode")
        if not exact and node in self._merged:
            node = ""
        kind = model["equipment"].read_class(equipment) or "equipment"
        what = f"terminal {mrid} of {kind} {equipment or '(none)'}"
        if not equipment or equipment not in model["equipment"]:
            if node or not equipment:
                model.add_notice(
                    "dangling_reference",
                    f"{what} belongs to no equipment of the files: left out",
                    "add the file that defines the equipment",
                )
            return CimEnd(mrid, node or mrid, attached=bool(node))
        if not node:
            model.add_notice(
                "terminal_without_node",
                f"{what} stands at no node: it ends there",
                "add the files that hold its ConnectivityNode: the TP profile, or a boundary set",
            )
            return CimEnd(mrid, mrid, attached=False)
        if node not in model["connectivity_node"] and node not in model["topological_node"]:
            self._undefined.setdefault(node, what)
        if model.read_flag("terminal", mrid, "connected") is False:
            self.beside[mrid] = node
            model.add_notice(
                "disconnected_terminal",
                f"{what} is not connected: it ends there",
                "state it as an open switch if it is to be closed again",
            )
            return CimEnd(mrid, mrid, attached=False)
        return CimEnd(mrid, node, attached=True)

    def _note_undefined(self) -> None:
        for node, what in self._undefined.items():
            self._model.add_notice(
                "dangling_reference",
                f"{what} stands at node {node}, which no file defines: a node is made for it",
                "add the boundary set, or the other files of the model",
            )

"""Follow containers: which substation, voltage level and feeder an object belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridtwin.sources.cim.cim_classes import CONSUMER_CLASSES, FEEDER_CLASSES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridtwin.sources.cim.cim_merging import CimModel

UPWARD_COLUMNS = ("NormalEnergizingSubstation", "VoltageLevel", "Substation", "EquipmentContainer")

CONTAINED_COLUMNS = (
    ("equipment", "EquipmentContainer"),
    ("connectivity_node", "ConnectivityNodeContainer"),
    *(("container", column) for column in UPWARD_COLUMNS),
)


class CimContainers:
    """
    The containers of a model.

    Parameters
    ----------
    model
        The merged model.
    """

    def __init__(self, model: CimModel) -> None:
        self._model = model
        self._cyclic: set[str] = set()
        self.feeders = self._find_feeders()
        self._note_undefined()

    def _note_undefined(self) -> None:
        model = self._model
        named: dict[str, str] = {}
        for table, column in CONTAINED_COLUMNS:
            for mrid, container in model[table].iterate_pairs(column):
                named.setdefault(container, f"{model[table].read_class(mrid)} {mrid}")
        for container, what in named.items():
            if container not in model["container"] and container not in model["equipment"]:
                model.add_notice(
                    "dangling_reference",
                    f"{what} lies in {container}, which no file defines: taken as lying in none",
                    "add the boundary set, or the other files of the model",
                )

    def iterate_upward(self, mrid: str) -> Iterator[tuple[str, str]]:
        """Yield the class and id of a container and of those around it; a cycle is noted."""
        table = self._model["container"]
        seen: list[str] = []
        while mrid:
            if mrid in seen:
                self._note_cycle(seen[seen.index(mrid) :])
                return
            seen.append(mrid)
            kind = table.read_class(mrid)
            if not kind:
                return
            yield kind, mrid
            mrid = next(
                (up for column in UPWARD_COLUMNS if (up := table.read_text(mrid, column))), ""
            )

    def _note_cycle(self, ring: list[str]) -> None:
        if self._cyclic.isdisjoint(ring):
            self._cyclic.update(ring)
            names = " in ".join(
                f"{self._model['container'].read_class(each)} {each}" for each in ring
            )
            self._model.add_notice(
                "container_cycle",
                f"{names} lies in itself: nothing further up is read",
                "mend what contains what",
            )

    def container_of(self, equipment: str, node: str = "") -> str:
        """Return the id of what contains a piece of equipment, or else a node."""
        return (
            self._model["equipment"].read_text(equipment, "EquipmentContainer")
            or self._model["connectivity_node"].read_text(node, "ConnectivityNodeContainer")
            or self._model["topological_node"].read_text(node, "ConnectivityNodeContainer")
        )

    def substation_of(self, equipment: str, node: str) -> str:
        """Return the id of the substation that equipment, or else its node, belongs to."""
        for container in (self.container_of(equipment), self.container_of("", node)):
            for kind, mrid in self.iterate_upward(container):
                if kind == "Substation":
                    return mrid
        return ""

    def feeder_of(self, equipment: str) -> str:
        """Return the id of the feeder that equipment is recorded in."""
        kinds = self.iterate_upward(self.container_of(equipment))
        return next((mrid for _, mrid in kinds if mrid in self.feeders), "")

    def voltage_of(self, node: str) -> str:
        """Return the id of the BaseVoltage that a node's containers state."""
        stated = self._model["topological_node"].read_text(node, "BaseVoltage")
        if stated:
            return stated
        for _, mrid in self.iterate_upward(self.container_of("", node)):
            voltage = self._model["container"].read_text(mrid, "BaseVoltage")
            if voltage:
                return voltage
        return ""

    def _find_feeders(self) -> dict[str, str]:
        """Return id and name of every feeder: a Feeder, or where none is a Line with consumers."""
        table = self._model["container"]
        kinds: dict[str, list[str]] = {kind: [] for kind in FEEDER_CLASSES}
        for mrid, row in table.rows.items():
            if table.kinds[row] in kinds:
                kinds[table.kinds[row]].append(mrid)
        found = kinds["Feeder"]
        if not found:
            equipment = self._model["equipment"]
            serving = {
                equipment.read_cell(row, "EquipmentContainer")
                for row, kind in enumerate(equipment.kinds)
                if kind in CONSUMER_CLASSES
            }
            found = [mrid for mrid in kinds["Line"] if mrid in serving]
        return {mrid: table.read_text(mrid, "name") for mrid in found}

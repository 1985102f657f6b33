"""Tell where the switches of a net stand: between two buses, or at an end of an element."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridtwin.sources.pandapower_cells import list_records, read_key, read_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridtwin.sources.pandapower_cells import Key, NetCells, Row

SWITCH_KIND = {"CB": "breaker", "LBS": "load_break_switch", "LS": "load_break_switch"}
SWITCHED_TABLES = {"l": "line", "t": "trafo", "t3": "trafo3w"}
ELEMENT_ENDS = {
    "line": ("from_bus", "to_bus"),
    "trafo": ("hv_bus", "lv_bus"),
    "trafo3w": ("hv_bus", "mv_bus", "lv_bus"),
}
AtEnd = tuple[str, "Key", "Key"]  # table and key of an element, and the bus of one of its ends


class NetSwitches:
    """
    The switches of a net by the place where they stand.

    A switch of a line or a transformer that stands at none of its ends opens it all the same, as
    in pandapower's own topology: it is taken for one at the first end. Of a transformer with three
    windings it opens none there, and none here.

    Parameters
    ----------
    net
        A pandapowerNet.
    cells
        What reads its cells.
    buses
        The buses there are.
    """

    def __init__(self, net: Any, cells: NetCells, buses: Mapping[Key, Any]) -> None:
        self._cells, self._buses = cells, buses
        self._elements = {name: dict(list_records(net, name)) for name in ELEMENT_ENDS}
        self.between: list[tuple[Key, Row, Key, Key]] = []
        self.at_ends: dict[AtEnd, list[tuple[Key, Row]]] = {}
        for key, row in list_records(net, "switch"):
            self._place_switch(key, row)

    def _place_switch(self, key: Key, row: Row) -> None:
        mrid, kind = f"switch.{key}", read_text(row.get("et"))
        bus = self._cells.read_bus(mrid, row, "bus", self._buses)
        if kind == "b":
            other = self._cells.read_bus(mrid, row, "element", self._buses)
            self.between.append((key, row, bus, other))
            return
        table, element = SWITCHED_TABLES.get(kind, kind), read_key(row.get("element"))
        if element not in self._elements.get(table, {}):
            self._cells.note_once(
                "switch_without_element",
                f"{mrid} switches {table}.{element}, which the net does not have: left out",
                "mend or remove it in the net",
            )
            return
        end = self._find_end(mrid, table, element, bus)
        if end is not None:
            self.at_ends.setdefault((table, element, end), []).append((key, row))

    def _find_end(self, mrid: str, table: str, element: Key, bus: Key) -> Key | None:
        """Return the end of its element at which a switch is taken to stand; None for none."""
        ends = [
            read_key(self._elements[table][element].get(column)) for column in ELEMENT_ENDS[table]
        ]
        if bus in ends:
            return bus
        opens = table != "trafo3w"
        taken = f"taken to be at bus {ends[0]}" if opens else "left out, since it opens none of it"
        self._cells.note_once(
            "switch_off_its_element",
            f"{mrid} stands at bus {bus}, which is no end of {table}.{element}: {taken}",
            "mend its bus in the net",
        )
        return ends[0] if opens else None

"""Turn the buses, branches and switches of a pandapower net into rows of the model's frames."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import shapely

from gridtwin.errors import SourceError
from gridtwin.sources import pandapower_places as places
from gridtwin.sources.pandapower_cells import list_records, read_number, read_text
from gridtwin.sources.pandapower_switches import ELEMENT_ENDS, SWITCH_KIND, NetSwitches
from gridtwin.sources.pandapower_tables import find_link_tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gridtwin.sources.pandapower_cells import Key, NetCells, Row

PLACEMENT = {"cs": "underground", "ol": "overhead"}
VECTOR_GROUP = re.compile(r"\b[YDZ]N?[ydz]n?\d{1,2}\b")
WINDING_SIDES = ("hv", "mv", "lv")


class NetRows:
    """
    The nodes and the equipment of a net.

    Parameters
    ----------
    net
        A pandapowerNet.
    cells
        What reads its cells.
    """

    def __init__(self, net: Any, cells: NetCells) -> None:
        self._net, self._cells = net, cells
        buses = dict(list_records(net, "bus"))
        if not buses:
            msg = f"{cells.where}: the net has no bus"
            raise SourceError(msg)
        self._voltage = {
            bus: cells.read_amount(f"bus.{bus}", row, "vn_kv", 1e3) for bus, row in buses.items()
        }
        self._live = {
            bus: cells.read_flag(f"bus.{bus}", row, "in_service") for bus, row in buses.items()
        }
        self.switches = NetSwitches(net, cells, self._voltage)
        self._links = list(find_link_tables(net, cells))
        self.places, self.schematic = places.place_buses(
            places.read_points(net, cells), self._list_buses(), self._list_pairs()
        )
        self.nodes: list[Row] = [
            {"mrid": f"bus.{bus}", "nominal_v": volts, "geometry": self.find_point(bus)}
            for bus, volts in self._voltage.items()
        ]
        self.equipment: list[Row] = []
        self._waiting = dict(self.switches.at_ends)  # at ends that were not drawn yet
        self._add_lines()
        self._add_transformers()
        self._add_stars()
        self._add_links()
        self._add_bus_switches()

    def find_bus(self, mrid: str, row: Row, column: str = "bus") -> Key:
        """Return the bus an element stands at; SourceError if the net does not have it."""
        return self._cells.read_bus(mrid, row, column, self._voltage)

    def find_point(self, bus: Key) -> shapely.Point:
        """Return the place of a bus."""
        return shapely.Point(self.places[bus])

    def find_volts(self, bus: Key) -> float:
        """Return the nominal voltage of a bus, in volts."""
        return self._voltage[bus]

    def is_working(self, mrid: str, row: Row, *buses: Key) -> bool:
        """Return whether an element is in service, and so is every bus it stands at."""
        return self._cells.read_flag(mrid, row, "in_service") and all(
            self._live[bus] for bus in buses
        )

    def _list_buses(self) -> list[Key]:
        """Return every bus, those of the external grids first."""
        heads = [
            self.find_bus(f"ext_grid.{key}", row)
            for key, row in list_records(self._net, "ext_grid")
        ]
        return list(dict.fromkeys([*heads, *self._voltage]))

    def _list_pairs(self) -> list[tuple[Key, Key]]:
        """Return the pairs of buses that anything joins."""
        pairs = [(a, b) for _, _, a, b in self.switches.between]
        tables = [*ELEMENT_ENDS.items(), *((name, columns) for name, columns, _ in self._links)]
        for name, columns in tables:
            for key, row in list_records(self._net, name):
                ends = [self.find_bus(f"{name}.{key}", row, column) for column in columns]
                pairs += [(ends[0], end) for end in ends[1:]]
        return pairs

    def _list_branches(
        self, table: str, columns: Sequence[str]
    ) -> Iterator[tuple[Key, Row, Key, Key]]:
        for key, row in list_records(self._net, table):
            mrid = f"{table}.{key}"
            yield (
                key,
                row,
                self.find_bus(mrid, row, columns[0]),
                self.find_bus(mrid, row, columns[1]),
            )

    def _find_end(self, table: str, key: Key, bus: Key) -> str:
        """Return the node where an element ends: its bus, or the last of the switches before it."""
        node = f"bus.{bus}"
        for switch, row in self._waiting.pop((table, key, bus), ()):
            beyond = f"switch.{switch}.{table}.{key}"
            self.nodes.append(
                {
                    "mrid": beyond,
                    "nominal_v": self.find_volts(bus),
                    "geometry": self.find_point(bus),
                }
            )
            self._add_switch(switch, row, (node, beyond), works=self._live[bus])
            node = beyond
        return node

    def _add_equipment(
        self, mrid: str, row: Row, kind: str, ends: tuple[str, str], *, works: bool, **more: Any
    ) -> None:
        self.equipment.append(
            {
                "mrid": mrid,
                "kind": kind,
                "node_a": ends[0],
                "node_b": ends[1],
                "phases": "ABC",
                "normal_open": "",
                "name": read_text(row.get("name")),
                "in_service": works,
                **more,
            }
        )

    def _add_switch(self, key: Key, row: Row, ends: tuple[str, str], *, works: bool) -> None:
        mrid = f"switch.{key}"
        closed = self._cells.read_flag(mrid, row, "closed")
        self._add_equipment(
            mrid,
            row,
            SWITCH_KIND.get(read_text(row.get("type")), "disconnector"),
            ends,
            works=works,
            normal_open="" if closed else "ABC",
            rated_a=self._cells.read_amount(mrid, row, "in_ka", 1e3),
        )

    def _count_parallel(self, row: Row) -> float:
        """Return how many of the same stand side by side: one, unless it says more."""
        count = read_number(row.get("parallel", 1))
        return count if count > 1 else 1.0

    def _add_lines(self) -> None:
        drawn = {} if self.schematic else places.read_courses(self._net, self._cells)
        for key, row, a, b in self._list_branches("line", ELEMENT_ENDS["line"]):
            mrid = f"line.{key}"
            self._add_equipment(
                mrid,
                row,
                "ac_line_segment",
                (self._find_end("line", key, a), self._find_end("line", key, b)),
                works=self.is_working(mrid, row, a, b),
                length_m=self._cells.read_amount(mrid, row, "length_km", 1e3),
                rated_a=self._cells.read_amount(
                    mrid, row, "max_i_ka", 1e3 * self._count_parallel(row)
                ),
                placement=PLACEMENT.get(read_text(row.get("type")), ""),
                geometry=drawn.get(key),
            )

    def _add_transformers(self) -> None:
        for key, row, high, low in self._list_branches("trafo", ELEMENT_ENDS["trafo"]):
            mrid = f"trafo.{key}"
            self._add_equipment(
                mrid,
                row,
                "power_transformer",
                (self._find_end("trafo", key, high), self._find_end("trafo", key, low)),
                works=self.is_working(mrid, row, high, low),
                rated_va=self._cells.read_amount(
                    mrid, row, "sn_mva", 1e6 * self._count_parallel(row)
                ),
                vector_group=_find_vector_group(row),
            )

    def _add_stars(self) -> None:
        """
        Add every three-winding transformer as three of two windings that meet in a star.

        A bus out of service, like an open switch, takes away its own winding alone.
        """
        for key, row in list_records(self._net, "trafo3w"):
            whole = f"trafo3w.{key}"
            buses = {side: self.find_bus(whole, row, f"{side}_bus") for side in WINDING_SIDES}
            star, high = f"{whole}.star", buses["hv"]
            self.nodes.append(
                {
                    "mrid": star,
                    "nominal_v": self.find_volts(high),
                    "geometry": self.find_point(high),
                }
            )
            for side, bus in buses.items():
                self._add_equipment(
                    f"{whole}.{side}",
                    row,
                    "power_transformer",
                    (self._find_end("trafo3w", key, bus), star),
                    works=self.is_working(whole, row, bus),
                    rated_va=self._cells.read_amount(whole, row, f"sn_{side}_mva", 1e6),
                )

    def _add_links(self) -> None:
        """Add what joins two buses without switches of its own."""
        for table, columns, kind in self._links:
            for key, row, a, b in self._list_branches(table, columns):
                mrid = f"{table}.{key}"
                self._add_equipment(
                    mrid,
                    row,
                    kind if self.find_volts(a) == self.find_volts(b) else "power_transformer",
                    (f"bus.{a}", f"bus.{b}"),
                    works=self.is_working(mrid, row, a, b),
                    rated_va=self._cells.read_amount(mrid, row, "sn_mva", 1e6),
                )

    def _add_bus_switches(self) -> None:
        for key, row, a, b in self.switches.between:
            self._add_switch(
                key, row, (f"bus.{a}", f"bus.{b}"), works=self._live[a] and self._live[b]
            )


def _find_vector_group(row: Row) -> str:
    """Return the vector group a transformer states, or that its standard type is named by."""
    for column in ("vector_group", "std_type"):
        match = VECTOR_GROUP.search(read_text(row.get(column)))
        if match:
            return match.group()
    return ""

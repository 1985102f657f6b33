"""Find the substations of a pandapower net, and the feeders that leave them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridtwin.sources.pandapower_cells import list_records, read_text
from gridtwin.sources.pandapower_switches import ELEMENT_ENDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridtwin.sources.pandapower_cells import Key, NetCells, Row
    from gridtwin.sources.pandapower_rows import NetRows

HIGH_V = 60_000.0  # a transformer from here up to medium voltage makes a substation
LOW_V = 1_000.0


class NetStations:
    """
    The substations of a net, and the feeders that leave them.

    A substation is what the transformers from high to medium voltage and the switches between
    buses join, open or closed. A feeder leaves it by a line that has a breaker at a medium voltage
    bus there and its other end elsewhere; that breaker is its head.
    """

    def __init__(self, net: Any, rows: NetRows, cells: NetCells) -> None:
        self._net, self._rows = net, rows
        transformers = []
        for key, row in list_records(net, "trafo"):
            high, low = (
                rows.find_bus(f"trafo.{key}", row, column) for column in ELEMENT_ENDS["trafo"]
            )
            if rows.find_volts(high) >= HIGH_V and LOW_V < rows.find_volts(low) < HIGH_V:
                transformers.append((key, row, high, low))
        self._root = _join_groups(
            [(high, low) for _, _, high, low in transformers]
            + [(a, b) for _, _, a, b in rows.switches.between]
        )
        names = {bus: read_text(row.get("name")) for bus, row in list_records(net, "bus")}
        self._station: dict[Key, Row] = {}
        for key, row, high, low in transformers:
            station = self._station.setdefault(
                self._root(high),
                {
                    "mrid": f"substation.{low}",
                    "name": read_text(row.get("substation")) or names[low],
                    "rated_va": 0.0,
                    "geometry": rows.find_point(low),
                },
            )
            station["rated_va"] += cells.read_amount(f"trafo.{key}", row, "sn_mva", 1e6)
        self.substations = list(self._station.values())
        self.feeders = self._find_feeders()

    def find_substation(self, bus: Key) -> str:
        """Return the mRID of the substation a bus belongs to; empty if to none."""
        station = self._station.get(self._root(bus))
        return "" if station is None else str(station["mrid"])

    def _find_feeders(self) -> list[Row]:
        lines = dict(list_records(self._net, "line"))
        feeders: dict[Key, Row] = {}
        for (table, line, bus), switches in self._rows.switches.at_ends.items():
            breakers = [key for key, row in switches if row.get("type") == "CB"]
            if table != "line" or not breakers or line in feeders:
                continue
            ends = {
                self._rows.find_bus(f"line.{line}", lines[line], each)
                for each in ELEMENT_ENDS["line"]
            }
            station = self.find_substation(bus)
            leaves = station and all(self.find_substation(end) != station for end in ends - {bus})
            if leaves and self._rows.find_volts(bus) < HIGH_V:
                feeders[line] = {
                    "mrid": f"feeder.{breakers[0]}",
                    "name": read_text(lines[line].get("name")),
                    "substation": station,
                    "head": f"switch.{breakers[0]}",
                }
        return list(feeders.values())


def _join_groups(pairs: list[tuple[Key, Key]]) -> Callable[[Key], Key]:
    """Return the function that names the group of a bus, over all pairs."""
    parent: dict[Key, Key] = {}

    def root(bus: Key) -> Key:
        while parent.get(bus, bus) != bus:
            parent[bus] = parent.get(parent[bus], parent[bus])
            bus = parent[bus]
        return bus

    for a, b in pairs:
        parent[root(b)] = root(a)
    return root

"""Turn the tables of a pandapower net into the rows of the model's frames."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import shapely

from gridtwin.errors import SourceError
from gridtwin.sources import pandapower_places as places

if TYPE_CHECKING:
    from collections.abc import Iterator

Row = dict[str, Any]
SWITCH_KIND = {"CB": "breaker", "LBS": "load_break_switch", "LS": "load_break_switch"}
PLACEMENT = {"cs": "underground", "ol": "overhead"}
TABLE_OF_SWITCH = {"l": "line", "t": "trafo", "t3": "trafo3w"}
VECTOR_GROUP = re.compile(r"\b[YDZ]N?[ydz]n?\d{1,2}\b")
BRANCHES = {
    "line": ("from_bus", "to_bus"),
    "impedance": ("from_bus", "to_bus"),
    "trafo": ("hv_bus", "lv_bus"),
}
LOADS = {"load": "p_mw", "motor": "pn_mech_mw", "ward": "ps_mw", "xward": "ps_mw"}
ASYMMETRIC = {"A": "p_a_mw", "B": "p_b_mw", "C": "p_c_mw"}
GENERATORS = ("gen", "sgen", "storage", "asymmetric_sgen")


def records(net: Any, table: str) -> Iterator[tuple[int, Row]]:
    """Return the index and the columns of each row of a table; nothing if there is none."""
    frame = net.get(table)
    if frame is None or not len(frame):
        return iter(())
    rows = zip(frame.index, frame.to_dict("records"), strict=True)
    return ((int(index), row) for index, row in rows)


def number(value: Any) -> float:
    """Return a cell as a number; NaN where it holds none."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def text(value: Any) -> str:
    """Return a cell as a text; empty where it holds none."""
    return value.strip() if isinstance(value, str) else ""


class NetRows:
    """
    The nodes and the equipment of a net.

    Parameters
    ----------
    net
        A pandapowerNet.
    where
        Where it comes from, for errors.
    """

    def __init__(self, net: Any, where: str) -> None:
        self._net = net
        self._where = where
        self._voltage = {bus: number(row["vn_kv"]) * 1e3 for bus, row in records(net, "bus")}
        self._live = {bus: bool(row["in_service"]) for bus, row in records(net, "bus")}
        self.places, self.schematic = places.bus_places(
            places.geometries(net.bus), self._buses(), self._pairs()
        )
        self.nodes: list[Row] = [
            {"mrid": f"bus.{bus}", "nominal_v": self._voltage[bus], "geometry": self.point(bus)}
            for bus in self._voltage
        ]
        self.equipment: list[Row] = []
        self._end_switches = self._switches_at_ends()
        self._add_lines()
        self._add_transformers()
        self._add_stars()
        self._add_impedances()
        self._add_bus_switches()

    def point(self, bus: int) -> shapely.Point:
        """Return the place of a bus."""
        return shapely.Point(self.places[bus])

    def volts(self, bus: int) -> float:
        """Return the nominal voltage of a bus, in volts."""
        return self._voltage[bus]

    def _buses(self) -> list[int]:
        """Return every bus, those of the external grids first."""
        heads = [int(row["bus"]) for _, row in records(self._net, "ext_grid")]
        return list(dict.fromkeys([*heads, *self._voltage]))

    def _pairs(self) -> list[tuple[int, int]]:
        """Return the pairs of buses that anything joins; an error if it names no bus."""
        pairs = [
            (f"{table}.{index}", row[a], row[b])
            for table, (a, b) in BRANCHES.items()
            for index, row in records(self._net, table)
        ]
        for index, row in records(self._net, "trafo3w"):
            mrid = f"trafo3w.{index}"
            pairs += [(mrid, row["hv_bus"], row[side]) for side in ("mv_bus", "lv_bus")]
        pairs += [
            (f"switch.{index}", row["bus"], row["element"])
            for index, row in records(self._net, "switch")
            if row["et"] == "b"
        ]
        for mrid, *ends in pairs:
            for bus in ends:
                self.require_bus(mrid, bus)
        return [(int(a), int(b)) for _, a, b in pairs]

    def require_bus(self, mrid: str, bus: Any) -> None:
        """Raise SourceError if an element stands at a bus that the net does not have."""
        if bus not in self._voltage:
            msg = f"{self._where}: {mrid} stands at bus {bus}, which the net does not have"
            raise SourceError(msg)

    def _switches_at_ends(self) -> dict[tuple[str, int, int], list[tuple[int, Row]]]:
        ends: dict[tuple[str, int, int], list[tuple[int, Row]]] = {}
        for index, row in records(self._net, "switch"):
            if row["et"] in TABLE_OF_SWITCH:
                self.require_bus(f"switch.{index}", row["bus"])
                key = (TABLE_OF_SWITCH[row["et"]], int(row["element"]), int(row["bus"]))
                ends.setdefault(key, []).append((index, row))
        return ends

    def _end(self, table: str, index: int, bus: int) -> str:
        """Return the node where an element ends: its bus, or the last of the switches before it."""
        node = f"bus.{bus}"
        for switch, row in self._end_switches.get((table, index, bus), ()):
            beyond = f"switch.{switch}.{table}.{index}"
            self.nodes.append(
                {"mrid": beyond, "nominal_v": self.volts(bus), "geometry": self.point(bus)}
            )
            self._add_switch(switch, row, node, beyond)
            node = beyond
        return node

    def _add(
        self,
        table: str,
        index: int,
        row: Row,
        kind: str,
        ends: tuple[str, str],
        **more: Any,
    ) -> None:
        self.equipment.append(
            {
                "mrid": f"{table}.{index}",
                "kind": kind,
                "node_a": ends[0],
                "node_b": ends[1],
                "phases": "ABC",
                "normal_open": "",
                "name": text(row.get("name")),
                "in_service": bool(row.get("in_service", True)),
                **more,
            }
        )

    def _add_switch(self, index: int, row: Row, node_a: str, node_b: str) -> None:
        self._add(
            "switch",
            index,
            row,
            SWITCH_KIND.get(text(row.get("type")), "disconnector"),
            (node_a, node_b),
            normal_open="" if row["closed"] else "ABC",
            rated_a=number(row.get("in_ka")) * 1e3,
        )

    def _works(self, row: Row, *buses: int) -> bool:
        """Return whether an element is in service, and so is every bus it stands at."""
        return bool(row["in_service"]) and all(self._live[bus] for bus in buses)

    def _add_lines(self) -> None:
        drawn = places.geometries(self._net.line)
        for index, row in records(self._net, "line"):
            a, b = int(row["from_bus"]), int(row["to_bus"])
            geometry = drawn.get(index)
            self._add(
                "line",
                index,
                row,
                "ac_line_segment",
                (self._end("line", index, a), self._end("line", index, b)),
                length_m=number(row["length_km"]) * 1e3,
                rated_a=number(row.get("max_i_ka")) * 1e3 * number(row.get("parallel", 1)),
                placement=PLACEMENT.get(text(row.get("type")), ""),
                in_service=self._works(row, a, b),
                geometry=None if self.schematic else geometry,
            )

    def _add_transformers(self) -> None:
        for index, row in records(self._net, "trafo"):
            high, low = int(row["hv_bus"]), int(row["lv_bus"])
            ends = self._end("trafo", index, high), self._end("trafo", index, low)
            self._add(
                "trafo",
                index,
                row,
                "power_transformer",
                ends,
                rated_va=number(row["sn_mva"]) * 1e6 * number(row.get("parallel", 1)),
                vector_group=_vector_group(row),
                in_service=self._works(row, high, low),
            )

    def _add_stars(self) -> None:
        """Add every three-winding transformer as three of two windings that meet in a star."""
        for index, row in records(self._net, "trafo3w"):
            buses = {side: int(row[f"{side}_bus"]) for side in ("hv", "mv", "lv")}
            star = f"trafo3w.{index}.star"
            point = self.point(buses["hv"])
            volts = self.volts(buses["hv"])
            self.nodes.append({"mrid": star, "nominal_v": volts, "geometry": point})
            for side, bus in buses.items():
                self._add(
                    "trafo3w",
                    index,
                    row,
                    "power_transformer",
                    (self._end("trafo3w", index, bus), star),
                    mrid=f"trafo3w.{index}.{side}",
                    rated_va=number(row[f"sn_{side}_mva"]) * 1e6,
                    in_service=self._works(row, *buses.values()),
                )

    def _add_impedances(self) -> None:
        for index, row in records(self._net, "impedance"):
            a, b = int(row["from_bus"]), int(row["to_bus"])
            self._add(
                "impedance",
                index,
                row,
                "series_reactor",
                (f"bus.{a}", f"bus.{b}"),
                rated_va=number(row.get("sn_mva")) * 1e6,
                in_service=self._works(row, a, b),
            )

    def _add_bus_switches(self) -> None:
        for index, row in records(self._net, "switch"):
            if row["et"] == "b":
                a, b = int(row["bus"]), int(row["element"])
                self._add_switch(index, row, f"bus.{a}", f"bus.{b}")
                self.equipment[-1]["in_service"] = self._live[a] and self._live[b]


def _vector_group(row: Row) -> str:
    """Return the vector group a transformer states, or that its standard type is named by."""
    for column in ("vector_group", "std_type"):
        found = VECTOR_GROUP.search(text(row.get(column)))
        if found:
            return found.group()
    return ""


def usage_points(net: Any, rows: NetRows) -> list[Row]:
    """Return the loads of a net; one out of service serves no customer."""
    found: list[Row] = []
    for table in (*LOADS, "asymmetric_load"):
        for index, row in records(net, table):
            mrid = f"{table}.{index}"
            rows.require_bus(mrid, row["bus"])
            megawatts, phases = _demand(table, row)
            serves = bool(row["in_service"])
            found.append(
                {
                    "mrid": mrid,
                    "node": f"bus.{int(row['bus'])}",
                    "phases": phases,
                    "customers": int(serves),
                    "peak_w": max(megawatts, 0.0) * 1e6 if serves else 0.0,
                }
            )
    return found


def _demand(table: str, row: Row) -> tuple[float, str]:
    """Return the megawatts of a load, and the phases it draws them from."""
    if table in LOADS:
        return number(row[LOADS[table]]), "ABC"
    drawn = {phase: number(row[column]) for phase, column in ASYMMETRIC.items()}
    used = "".join(phase for phase, megawatts in drawn.items() if megawatts)
    return sum(drawn.values()), used or "ABC"


def sources(net: Any, rows: NetRows) -> list[Row]:
    """Return the external grids and the generators of a net."""
    found: list[Row] = []
    for table in ("ext_grid", *GENERATORS):
        for index, row in records(net, table):
            mrid = f"{table}.{index}"
            rows.require_bus(mrid, row["bus"])
            found.append(
                {
                    "mrid": mrid,
                    "node": f"bus.{int(row['bus'])}",
                    "phases": "ABC",
                    "kind": "substation" if table == "ext_grid" else "der",
                    "rated_va": abs(number(row.get("sn_mva"))) * 1e6,
                    "in_service": bool(row["in_service"]),
                }
            )
    return found

"""Turn what stands at one bus of a pandapower net into usage points and sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridtwin.sources.pandapower_cells import list_records, read_number, read_text
from gridtwin.sources.pandapower_tables import GENERATOR_TABLES, NET_LOAD_TABLES

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridtwin.sources.pandapower_cells import Key, NetCells, Row
    from gridtwin.sources.pandapower_rows import NetRows

POWER_COLUMN = {"load": "p_mw", "motor": "pn_mech_mw", "ward": "ps_mw", "xward": "ps_mw"}
POWER_BY_PHASE = {"A": "p_a_mw", "B": "p_b_mw", "C": "p_c_mw"}


def build_usage_points(net: Any, rows: NetRows, cells: NetCells) -> list[Row]:
    """Return the loads of a net; one out of service serves no customer."""
    points: list[Row] = []
    for table in NET_LOAD_TABLES:
        for key, row in list_records(net, table):
            mrid = f"{table}.{key}"
            megawatts, phases = _read_demand(table, row)
            serves = cells.read_flag(mrid, row, "in_service")
            known = megawatts == megawatts and abs(megawatts) < 1e30  # noqa: PLR0124 - no NaN
            points.append(
                {
                    "mrid": mrid,
                    "name": read_text(row.get("name")),
                    "node": f"bus.{rows.find_bus(mrid, row)}",
                    "phases": phases,
                    "customers": int(serves),
                    "peak_w": (max(megawatts, 0.0) * 1e6 if known else None) if serves else 0.0,
                }
            )
    return points


def _read_demand(table: str, row: Row) -> tuple[float, str]:
    """Return the megawatts of a load, and the phases it draws them from."""
    if table in POWER_COLUMN:
        return read_number(row.get(POWER_COLUMN[table])), "ABC"
    drawn = {phase: read_number(row.get(column)) for phase, column in POWER_BY_PHASE.items()}
    used = "".join(phase for phase, megawatts in drawn.items() if megawatts)
    return sum(drawn.values()), used or "ABC"


def build_sources(
    net: Any, rows: NetRows, cells: NetCells, station_of: Callable[[Key], str]
) -> list[Row]:
    """
    Return the external grids and the generators of a net.

    As in pandapower's own topology, what sets the voltage supplies: an external grid, a generator
    as slack, a converter of direct current as slack. All other generators are distributed.
    """
    sources: list[Row] = []
    for table in ("ext_grid", *GENERATOR_TABLES, "vsc"):
        for key, row in list_records(net, table):
            mrid = f"{table}.{key}"
            supplies = _is_supplying(table, mrid, row, cells)
            if table == "vsc" and not supplies:
                continue
            bus = rows.find_bus(mrid, row)
            sources.append(
                {
                    "mrid": mrid,
                    "node": f"bus.{bus}",
                    "phases": "ABC",
                    "kind": "substation" if supplies else "der",
                    "substation": station_of(bus) if supplies else "",
                    "rated_va": abs(cells.read_amount(mrid, row, "sn_mva", 1e6)),
                    "in_service": rows.is_working(mrid, row, bus),
                }
            )
    return sources


def _is_supplying(table: str, mrid: str, row: Row, cells: NetCells) -> bool:
    if table == "gen":
        return cells.read_flag(mrid, row, "slack", default=False)
    return table == "ext_grid" or read_text(row.get("control_mode_ac")) == "slack"

"""Turn what stands at one bus of a pandapower net into usage points and sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridtwin.sources.pandapower_cells import as_number, as_text, records
from gridtwin.sources.pandapower_tables import GENERATORS, LOADS

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridtwin.sources.pandapower_cells import Cells, Key, Row
    from gridtwin.sources.pandapower_rows import NetRows

POWER = {"load": "p_mw", "motor": "pn_mech_mw", "ward": "ps_mw", "xward": "ps_mw"}
POWER_BY_PHASE = {"A": "p_a_mw", "B": "p_b_mw", "C": "p_c_mw"}


def usage_points(net: Any, rows: NetRows, cells: Cells) -> list[Row]:
    """Return the loads of a net; one out of service serves no customer."""
    found: list[Row] = []
    for table in LOADS:
        for key, row in records(net, table):
            mrid = f"{table}.{key}"
            megawatts, phases = _demand(table, row)
            serves = cells.flag(mrid, row, "in_service")
            known = megawatts == megawatts and abs(megawatts) < 1e30  # noqa: PLR0124 - no NaN
            found.append(
                {
                    "mrid": mrid,
                    "name": as_text(row.get("name")),
                    "node": f"bus.{rows.bus(mrid, row)}",
                    "phases": phases,
                    "customers": int(serves),
                    "peak_w": (max(megawatts, 0.0) * 1e6 if known else None) if serves else 0.0,
                }
            )
    return found


def _demand(table: str, row: Row) -> tuple[float, str]:
    """Return the megawatts of a load, and the phases it draws them from."""
    if table in POWER:
        return as_number(row.get(POWER[table])), "ABC"
    drawn = {phase: as_number(row.get(column)) for phase, column in POWER_BY_PHASE.items()}
    used = "".join(phase for phase, megawatts in drawn.items() if megawatts)
    return sum(drawn.values()), used or "ABC"


def sources(net: Any, rows: NetRows, cells: Cells, station_of: Callable[[Key], str]) -> list[Row]:
    """
    Return the external grids and the generators of a net.

    As in pandapower's own topology, what sets the voltage supplies: an external grid, a generator
    as slack, a converter of direct current as slack. All other generators are distributed.
    """
    found: list[Row] = []
    for table in ("ext_grid", *GENERATORS, "vsc"):
        for key, row in records(net, table):
            mrid = f"{table}.{key}"
            supplies = _supplies(table, mrid, row, cells)
            if table == "vsc" and not supplies:
                continue
            bus = rows.bus(mrid, row)
            found.append(
                {
                    "mrid": mrid,
                    "node": f"bus.{bus}",
                    "phases": "ABC",
                    "kind": "substation" if supplies else "der",
                    "substation": station_of(bus) if supplies else "",
                    "rated_va": abs(cells.amount(mrid, row, "sn_mva", 1e6)),
                    "in_service": rows.works(mrid, row, bus),
                }
            )
    return found


def _supplies(table: str, mrid: str, row: Row, cells: Cells) -> bool:
    if table == "gen":
        return cells.flag(mrid, row, "slack", default=False)
    return table == "ext_grid" or as_text(row.get("control_mode_ac")) == "slack"

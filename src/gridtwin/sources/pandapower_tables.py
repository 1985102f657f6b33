"""Tell by their columns what the tables of a net hold, those nobody knows by name included."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gridtwin.sources.pandapower_cells import find_table
from gridtwin.sources.pandapower_file import NO_ELEMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridtwin.sources.pandapower_cells import NetCells

BRANCH_ENDS = {("from_bus", "to_bus"): "ac_line_segment", ("hv_bus", "lv_bus"): "power_transformer"}
# Elements that join two buses, beside lines, transformers and switches, and their kind.
LINK_TABLES = {
    "impedance": "series_reactor",
    "tcsc": "series_reactor",
    "dcline": "ac_line_segment",
}
NET_LOAD_TABLES = ("load", "motor", "ward", "xward", "asymmetric_load")
GENERATOR_TABLES = ("gen", "sgen", "storage", "asymmetric_sgen")
KNOWN_TABLES = frozenset(
    (
        "bus",
        "line",
        "trafo",
        "trafo3w",
        "switch",
        "ext_grid",
        *LINK_TABLES,
        *NET_LOAD_TABLES,
        *GENERATOR_TABLES,
    )
)
BUS_COLUMN = re.compile(r"(.*_)?bus(_.*)?")
DIRECT_CURRENT = re.compile(r"(.*_)?bus_dc(_.*)?")


def find_link_tables(net: Any, cells: NetCells) -> Iterator[tuple[str, tuple[str, str], str]]:
    """
    Yield each table of elements between two buses: its name, their columns, the kind to take.

    One that is not known by name is told by its columns, and noted.
    """
    for name, (columns, elements) in _find_element_tables(net).items():
        pair = next((pair for pair in BRANCH_ENDS if columns.issuperset(pair)), None)
        if name in LINK_TABLES:
            yield name, ("from_bus", "to_bus"), LINK_TABLES[name]
        elif pair is not None and name not in KNOWN_TABLES and "mv_bus" not in columns:
            cells.note_once(
                "unknown_table",
                f"{name} ({elements:,}) is not known: what it holds joins {' and '.join(pair)}",
                "take the table out of the net if it joins nothing",
            )
            yield name, pair, BRANCH_ENDS[pair]


def note_left_out(net: Any, cells: NetCells) -> None:
    """Note every table of elements that stand at buses and are not read."""
    for name, (columns, elements) in _find_element_tables(net).items():
        known = name in KNOWN_TABLES or any(columns.issuperset(pair) for pair in BRANCH_ENDS)
        if known and ("mv_bus" not in columns or name == "trafo3w"):
            continue
        if name == "bus_dc" or any(DIRECT_CURRENT.fullmatch(column) for column in columns):
            why = "direct current is left out; a vsc that is slack supplies its bus"
        elif any(BUS_COLUMN.fullmatch(column) for column in columns):
            why = "nothing hangs on it, and it joins no buses"
        else:
            continue
        cells.note_once(
            "left_out", f"{name} ({elements:,}): {why}", "state as a line or load what is needed"
        )


def _find_element_tables(net: Any) -> dict[str, tuple[set[str], int]]:
    """Return the columns of each table that has rows, and how many of them."""
    tables = {
        str(name): find_table(net, name) for name in net if not NO_ELEMENTS.fullmatch(str(name))
    }
    return {
        name: ({str(column) for column in table.columns}, len(table))
        for name, table in tables.items()
        if table is not None
    }

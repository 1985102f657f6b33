"""Tell by their columns what the tables of a net hold, those nobody knows by name included."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gridtwin.sources.pandapower_cells import table_of
from gridtwin.sources.pandapower_file import NO_ELEMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridtwin.sources.pandapower_cells import Cells

PAIRS = {("from_bus", "to_bus"): "ac_line_segment", ("hv_bus", "lv_bus"): "power_transformer"}
# Elements that join two buses, beside lines, transformers and switches, and their kind.
LINKS = {
    "impedance": "series_reactor",
    "tcsc": "series_reactor",
    "dcline": "ac_line_segment",
}
LOADS = ("load", "motor", "ward", "xward", "asymmetric_load")
GENERATORS = ("gen", "sgen", "storage", "asymmetric_sgen")
KNOWN = frozenset(
    ("bus", "line", "trafo", "trafo3w", "switch", "ext_grid", *LINKS, *LOADS, *GENERATORS)
)
BUS_COLUMN = re.compile(r"(.*_)?bus(_.*)?")
DIRECT_CURRENT = re.compile(r"(.*_)?bus_dc(_.*)?")


def link_tables(net: Any, cells: Cells) -> Iterator[tuple[str, tuple[str, str], str]]:
    """
    Yield each table of elements between two buses: its name, their columns, the kind to take.

    One that is not known by name is told by its columns, and noted.
    """
    for name, (columns, elements) in _tables_of_elements(net).items():
        pair = next((pair for pair in PAIRS if columns.issuperset(pair)), None)
        if name in LINKS:
            yield name, ("from_bus", "to_bus"), LINKS[name]
        elif pair is not None and name not in KNOWN and "mv_bus" not in columns:
            cells.note(
                "unknown_table",
                f"{name} ({elements:,}) is not known: what it holds joins {' and '.join(pair)}",
                "take the table out of the net if it joins nothing",
            )
            yield name, pair, PAIRS[pair]


def note_left_out(net: Any, cells: Cells) -> None:
    """Note every table of elements that stand at buses and are not read."""
    for name, (columns, elements) in _tables_of_elements(net).items():
        known = name in KNOWN or any(columns.issuperset(pair) for pair in PAIRS)
        if known and ("mv_bus" not in columns or name == "trafo3w"):
            continue
        if name == "bus_dc" or any(DIRECT_CURRENT.fullmatch(column) for column in columns):
            why = "direct current is left out; a vsc that is slack supplies its bus"
        elif any(BUS_COLUMN.fullmatch(column) for column in columns):
            why = "nothing hangs on it, and it joins no buses"
        else:
            continue
        cells.note(
            "left_out", f"{name} ({elements:,}): {why}", "state as a line or load what is needed"
        )


def _tables_of_elements(net: Any) -> dict[str, tuple[set[str], int]]:
    """Return the columns of each table that has rows, and how many of them."""
    tables = {
        str(name): table_of(net, name) for name in net if not NO_ELEMENTS.fullmatch(str(name))
    }
    return {
        name: ({str(column) for column in table.columns}, len(table))
        for name, table in tables.items()
        if table is not None
    }

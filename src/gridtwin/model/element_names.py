"""Find elements by what people call them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridtwin.errors import InputError
from gridtwin.model.ids import Element

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridtwin.model.origins import RowOrigin
    from gridtwin.model.tables import NetworkData

NAMED = ("equipment", "usage_points", "feeders", "substations")
LISTED = 20  # ids told where several share a name


def find_named(data: NetworkData, name: str, tables: Sequence[str] = NAMED) -> list[Element]:
    """
    Return every element that bears a name, table by table.

    Parameters
    ----------
    data
        The network's tables.
    name
        The name; where nothing is called exactly so, in capitals or small letters.
    tables
        The tables to look in.
    """
    wanted = name.strip().encode()
    if not wanted:
        return []
    columns = [(table, getattr(data, table).name) for table in tables if table in NAMED]
    found = [
        Element(table, int(row))
        for table, names in columns
        for row in np.flatnonzero(names == np.bytes_(wanted))
    ]
    return found or [
        Element(table, int(row))
        for table, names in columns
        for row in np.flatnonzero(np.char.lower(names) == np.bytes_(wanted.lower()))
    ]


def mrid_of(data: NetworkData, element: Element) -> str:
    """Return the mRID of an element."""
    return bytes(getattr(data, element.table).mrid[element.row]).decode()


def find_origin(data: NetworkData, element: Element) -> RowOrigin | None:
    """Return which row of the source an element is made of; None where that is not known."""
    table = getattr(data, element.table)
    if table.origins is None:
        return None
    origin: RowOrigin = table.origins.show(table.mrid, element.row)
    return origin if origin.layer or origin.load else None


def make_ambiguity_error(data: NetworkData, name: str, found: Sequence[Element]) -> InputError:
    """Return the error for a name that several elements bear, where one is asked for."""
    listed = ", ".join(mrid_of(data, element) for element in found[:LISTED])
    more = f" and {len(found) - LISTED:,} more" if len(found) > LISTED else ""
    return InputError(
        f"{len(found):,} elements are called {name!r}: {listed}{more}; give the id of one"
    )

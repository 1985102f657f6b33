"""Say which switches stand otherwise now than they are designed to, as the source records it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridtwin.errors import SourceError
from gridtwin.model import phases
from gridtwin.model.cim import IS_SWITCH
from gridtwin.model.state import every_phase

if TYPE_CHECKING:
    import pandas as pd

    from gridtwin.model.network import Network

CURRENT_OPEN = "current_open"


def find_operated(network: Network, rows: pd.DataFrame, name: str) -> dict[str, bool | str]:
    """
    Return how the switches stand that stand otherwise than designed, by mRID.

    Parameters
    ----------
    network
        The network that was made of the rows.
    rows
        Equipment with its mRID and, where it is recorded, its `CURRENT_OPEN`: True, the phases
        that stand open, or an empty text for closed.
    name
        The mapping file, for messages.

    Returns
    -------
        True for open, False for closed, or the phases that stand open, as `Twin.overlay` takes it.
        Equipment that is no switch in service, or of which nothing is recorded, is not among them.

    Raises
    ------
    SourceError
        If what is recorded names no phases.
    """
    if CURRENT_OPEN not in rows:
        return {}
    operated: dict[str, bool | str] = {}
    equipment = network.data.equipment
    told = rows[rows[CURRENT_OPEN].notna()]
    at = network.ids.find_rows("equipment", told["mrid"])
    for mrid, value, row in zip(told["mrid"], told[CURRENT_OPEN], at, strict=True):
        if not IS_SWITCH[equipment.kind[row]] or not equipment.in_service[row]:
            continue
        every = every_phase(network, row)
        try:
            opened = every if value is True else phases.parse_phases(str(value)) & every
        except ValueError as error:
            msg = f"{name}: {mrid}, {CURRENT_OPEN}: {error}"
            raise SourceError(msg) from error
        if opened != equipment.normal_open[row]:
            whole = opened in {0, every}
            operated[str(mrid)] = bool(opened) if whole else phases.format_phases(opened)
    return operated

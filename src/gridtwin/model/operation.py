"""Resolve one operation of a switch: which of its poles move, and to where."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gridtwin.errors import InputError, NotFoundError
from gridtwin.model import cim, phases
from gridtwin.model.element_names import LISTED, find_named, mrid_of
from gridtwin.model.state import every_phase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridtwin.model.network import Network


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation; phases are bits."""

    mrid: str
    row: int
    open: int  # of the poles that move, those that end up open
    poles: int  # phases that move; the others stay as they are
    normal: int  # phases open as designed

    def compute_after(self, before: int) -> int:
        """Return the phases open afterwards, from those open before."""
        return before & ~self.poles | self.open


def resolve_operation(network: Network, mrid: str, open_phases: str, poles: str = "") -> Operation:
    """
    Return the operation that some words name.

    Parameters
    ----------
    network
        The network.
    mrid
        The equipment.
    open_phases
        The phases that stand open afterwards, among those that move.
    poles
        The phases that move; all of the equipment's by default.

    Raises
    ------
    NotFoundError
        If there is no such equipment.
    InputError
        If it has no such phase.
    """
    row = _row_of(network, mrid)
    mrid = bytes(network.data.equipment.mrid[row]).decode()  # given as equipment:ID, maybe
    every = every_phase(network, row)
    try:
        wanted, moving = phases.parse_phases(open_phases), phases.parse_phases(poles) or every
    except ValueError as error:
        msg = f"{mrid}: {error}"
        raise InputError(msg) from error
    if (wanted | moving) & ~every:
        absent = phases.format_phases((wanted | moving) & ~every)
        msg = f"{mrid} has no phase {absent}: it has {phases.format_phases(every)}"
        raise InputError(msg)
    normal = int(network.data.equipment.normal_open[row])
    return Operation(mrid, row, wanted & moving, moving, normal)


def _row_of(network: Network, mrid: str) -> int:
    """Return the row of equipment; operating takes its id, so a name is told as no more."""
    try:
        return network.ids.find_element(mrid, ("equipment",)).row
    except NotFoundError as error:
        named = find_named(network.data, mrid, ("equipment",))
        if not named:
            raise
        ids = [mrid_of(network.data, element) for element in named[:LISTED]]
        what = "id of equipment"
        raise NotFoundError(what, mrid, ids) from error


def of_switch(network: Network, mrid: str, poles: str = "") -> Operation:
    """
    Return the operation that opens poles of a switch in service; all of them by default.

    Raises
    ------
    NotFoundError
        If there is no such equipment.
    InputError
        If it is no switch, is out of service, or has no such phase.
    """
    operation = resolve_operation(network, mrid, poles, poles)
    if not poles:
        operation = replace(operation, open=operation.poles)
    equipment = network.data.equipment
    if not cim.IS_SWITCH[equipment.kind[operation.row]]:
        kind = cim.KIND_NAMES[equipment.kind[operation.row]]
        msg = f"{mrid} is of kind {kind}, which cannot be switched"
        raise InputError(msg)
    if not equipment.in_service[operation.row]:
        msg = f"{mrid} is out of service, which is not open: it cannot be switched"
        raise InputError(msg)
    return operation


def with_switches(
    network: Network, deviations: Mapping[str, str], switches: Mapping[str, bool | str]
) -> dict[str, str]:
    """
    Return the deviations of a state with some switches in another position.

    Parameters
    ----------
    network
        The network.
    deviations
        mRID to the phases that stand open, for all that differs from the design.
    switches
        mRID to True (open), False (closed), or the phases that stand open.

    Raises
    ------
    NotFoundError
        If there is no such equipment.
    InputError
        If one is no switch, is out of service, or has no such phase.
    """
    changed = dict(deviations)
    for mrid, position in switches.items():
        operation = of_switch(network, mrid, position if isinstance(position, str) else "")
        changed[operation.mrid] = phases.format_phases(operation.poles) if position else ""
    return changed

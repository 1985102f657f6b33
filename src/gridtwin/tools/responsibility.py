"""Hold people to what they may do, and operators to the substations that are theirs."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from gridtwin.errors import NotAllowedError, NotFoundError
from gridtwin.model.ids import MRID_TABLES
from gridtwin.model.state import NORMAL

if TYPE_CHECKING:
    from gridtwin.analysis.state.situation import Situation
    from gridtwin.model.ids import Element
    from gridtwin.model.permissions import Permission
    from gridtwin.model.person import Person
    from gridtwin.tools.shared_twin import SharedTwin


def require_permission(person: Person, permission: Permission) -> None:
    """Refuse, as NotAllowedError, who may not do something."""
    if not person.may(permission):
        msg = f"{person.name or person.role or 'nobody'} may not {permission}"
        raise NotAllowedError(msg)


def check_area(shared: SharedTwin, person: Person, mrid: str) -> None:
    """
    Refuse to write to what lies in the area of somebody else.

    Parameters
    ----------
    shared
        The twin.
    person
        Who writes.
    mrid
        What it is about. A switch between two substations belongs to both; what belongs to no
        substation, or is no element, is for those alone who are limited to none.

    Raises
    ------
    NotAllowedError
        If it is refused.
    """
    if person.substations is None:
        return
    substations = find_substations(shared, mrid)
    foreign = sorted(substations - set(person.substations))
    if foreign or not substations:
        named = ", ".join(foreign) or "no substation"
        msg = f"{mrid} belongs to {named}, and {person.name or 'you'} may not write there"
        raise NotAllowedError(msg)


def check_outage_area(shared: SharedTwin, person: Person, outage: str) -> None:
    """Refuse the same for an outage: it lies where its device does, and those who are in it."""
    if person.substations is None:
        return
    device = shared.twin.outages.get(outage).device
    members = shared.twin.outages.members(outage).usage_point.tolist()
    named = [device] if device else []
    named += [each.decode() if isinstance(each, bytes) else str(each) for each in members]
    for mrid in named or [outage]:
        check_area(shared, person, mrid)


def find_substations(shared: SharedTwin, mrid: str) -> set[str]:
    """Return the substations an element belongs to as designed, also where tables share its id."""
    situation = shared.read_situation(NORMAL)
    rows: set[int] = set()
    for table in MRID_TABLES:
        with suppress(NotFoundError):
            rows |= _find_rows(situation, shared.network.ids.find_element(mrid, (table,)))
    names = situation.data.substations.mrid
    return {bytes(names[row]).decode() for row in rows if row >= 0}


def _find_rows(situation: Situation, element: Element) -> set[int]:
    """Return the rows of the substations of an element; -1 for none."""
    data, (table, row) = situation.data, element
    if table == "substations":
        return {row}
    if table == "sources":
        return {int(data.sources.substation[row])}
    if table == "feeders":
        return {int(data.feeders.substation[row])}
    if table == "equipment":
        nodes = [int(data.equipment.node_a[row]), int(data.equipment.node_b[row])]
    else:
        nodes = [row if table == "nodes" else int(data.usage_points.node[row])]
    first, _ = situation.feeder_of_nodes
    feeders = {int(first[node]) for node in nodes if node >= 0} - {-1}
    return {int(data.feeders.substation[feeder]) for feeder in feeders}

"""
Say what refers to elements that a new edition has no more, and what becomes of it.

A switch that is there no more stands neither open nor closed: its position goes, its operations
stay in the log. A usage point that is there no more has nobody to be restored: it leaves its outage
as of the load, as a step of its own. An outage whose device is there no more stays open as long as
somebody is out in it. Each is noted as evidence of its outage, with the id of what was lost.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gridtwin.analysis.outage.outage_lifecycle import restore_members
from gridtwin.model.outage import Change, Evidence
from gridtwin.model.phases import format_phases, parse_phases
from gridtwin.model.state import every_phase
from gridtwin.model.tables import encode_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from datetime import datetime

    from gridtwin.model.findings import Acceptance
    from gridtwin.model.ids import Ids
    from gridtwin.model.network import Network
    from gridtwin.model.outage import Members, Outage
    from gridtwin.model.state import State

DEVICE_REMOVED, POINTS_REMOVED = "device_removed", "usage_points_removed"
FIRST_LOST = 20


@dataclass(frozen=True, slots=True)
class LostOutage:
    """An open outage that loses its device, or usage points that are out in it."""

    outage: str
    device: str  # that is there no more; empty = it is, or was not known before either
    usage_points: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LostPosition:
    """A position of a switch that is there no more, or has no such pole any more."""

    state: str  # current, or the name of an overlay
    mrid: str
    open_phases: str


@dataclass(frozen=True, slots=True)
class LostElements:
    """What refers to elements that are there no more."""

    outages: tuple[LostOutage, ...] = ()
    positions: tuple[LostPosition, ...] = ()
    acceptances: tuple[Acceptance, ...] = ()  # they stay, should the element come back


def find_lost_outages(
    ids: Ids,
    outages: Iterable[Outage],
    members: Members,
    was_there: Callable[[Collection[str]], Collection[str]],
) -> tuple[LostOutage, ...]:
    """
    Return which open outages lose their device, or who is out in them.

    Parameters
    ----------
    ids
        The mRIDs of the new edition.
    outages, members
        The open outages, and who is out in them.
    was_there
        Returns those of some mRIDs that the former edition has; what it has not either was no
        element of it, and stays.
    """
    points = members.usage_point
    gone = ids.tables["usage_points"].find_rows(encode_texts(points.astype(str))) < 0
    devices = {each.id: each.device for each in outages if each.device}
    away = {name for name in devices.values() if ids.find_first(name) is None}
    wanted = away | set(points[gone].tolist())
    known = set(was_there(sorted(wanted))) if wanted else set()
    lost: dict[str, list[str]] = {}
    for outage, point in zip(members.outage[gone], points[gone], strict=True):
        if point in known:
            lost.setdefault(str(outage), []).append(str(point))
    without = {outage: name for outage, name in devices.items() if name in away & known}
    return tuple(
        LostOutage(outage, without.get(outage, ""), tuple(sorted(lost.get(outage, ()))))
        for outage in sorted(lost.keys() | without.keys())
    )


def find_lost_acceptances(
    ids: Ids,
    accepted: Iterable[Acceptance],
    was_there: Callable[[Collection[str]], Collection[str]],
) -> tuple[Acceptance, ...]:
    """Return which accepted findings are of elements that only the former edition has."""
    gone = [each for each in accepted if ids.find_first(each.key) is None]
    known = set(was_there(sorted({each.key for each in gone}))) if gone else set()
    return tuple(each for each in gone if each.key in known)


def retire_outages(
    lost: Iterable[LostOutage],
    outages: Sequence[Outage],
    members: Members,
    at: datetime,
    *,
    load: int,
    actor: str = "",
) -> list[Change]:
    """
    Return what becomes of open outages that lose their device, or who is out in them.

    Parameters
    ----------
    lost
        What they lose.
    outages, members
        The open outages, and all who are in those concerned, back or not.
    at, load
        When the new edition was loaded, and the number of the load.
    actor
        Who loaded it.
    """
    known = {each.id: each for each in outages}
    changes = []
    for each in lost:
        outage = known[each.outage]
        change = Change(outage)
        if each.usage_points:
            own = members.take_rows(members.outage == each.outage)
            when = max(at.timestamp(), float(own.began_s.max()))
            change = restore_members(
                outage, own, at.fromtimestamp(when, at.tzinfo), back=each.usage_points, actor=actor
            )
        said = []
        if each.device:
            said.append(
                Evidence(each.outage, at, DEVICE_REMOVED, each.device, {"load": load}, actor)
            )
        if each.usage_points:
            detail = {
                "load": load,
                "usage_points": len(each.usage_points),
                "first": list(each.usage_points[:FIRST_LOST]),
            }
            said.append(Evidence(each.outage, at, POINTS_REMOVED, "", detail, actor))
        changes.append(replace(change, evidence=(*said, *change.evidence)))
    return changes


def carry_state(state: State, network: Network) -> tuple[State, tuple[LostPosition, ...]]:
    """
    Return a state as it is of a new edition, and the positions that this has no place for.

    Parameters
    ----------
    state
        A state of the former edition.
    network
        The new one. What now stands so by design is no deviation any more.
    """
    names = list(state.deviations)
    rows = network.ids.tables["equipment"].find_rows(encode_texts(names))
    equipment = network.data.equipment
    kept, lost = {}, []
    for mrid, row in zip(names, rows.tolist(), strict=True):
        text = state.deviations[mrid]
        opened = parse_phases(text)
        stands = opened & every_phase(network, row) if row >= 0 else 0
        if row < 0 or stands != opened:
            lost.append(LostPosition(state.name, mrid, text))
        if row >= 0 and stands != equipment.normal_open[row]:
            kept[mrid] = format_phases(stands)
    return replace(state, deviations=kept), tuple(lost)

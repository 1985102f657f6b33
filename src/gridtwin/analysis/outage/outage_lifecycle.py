"""Work out what becomes of an outage when it is confirmed, restored in part, split or closed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.errors import InputError
from gridtwin.model.moments import read_moment
from gridtwin.model.outage import Change, Evidence, Members, Outage, Status

if TYPE_CHECKING:
    from collections.abc import Collection


NOTE_FIELDS = ("cause", "crew_status", "device", "phases", "planned", "etr_manual", "etr_crew")


def check_notes(fields: dict[str, Any]) -> None:
    """Refuse, as InputError, what is no one's to write of an outage."""
    if wrong := sorted(set(fields) - set(NOTE_FIELDS)):
        msg = f"{wrong[0]} cannot be noted of an outage: note {', '.join(NOTE_FIELDS)}"
        raise InputError(msg)


def open_outage(
    outage: Outage, usage_points: Any, customers: Any, *, actor: str = "", **detail: Any
) -> Change:
    """
    Open an outage.

    Parameters
    ----------
    outage
        The outage; its status says whether it is predicted or confirmed.
    usage_points, customers
        mRIDs of who is in it, and their customers.
    actor, **detail
        Who says so, and why, for the log.

    Raises
    ------
    InputError
        If nobody is in it, or its time names no zone.
    """
    began = read_moment(outage.began_at)
    outage = replace(outage, began_at=began, first_seen_at=outage.first_seen_at or began)
    if not len(usage_points):
        msg = f"outage {outage.id} would have no usage point: name a device that supplies some"
        raise InputError(msg)
    said = Evidence(outage.id, began, outage.status.value, outage.device, detail, actor)
    return Change(
        outage,
        joined=Members.from_points(outage.id, usage_points, customers, began),
        evidence=(said,),
    )


def confirm_outage(outage: Outage, at: datetime, *, actor: str = "", **fields: Any) -> Change:
    """
    Confirm an outage.

    Parameters
    ----------
    outage
        The outage.
    at
        When it was confirmed.
    actor
        Who did.
    **fields
        What else is known now: ``device``, ``cause``, ``crew_status``, ``phases``.
    """
    outage.check_next(Status.CONFIRMED)
    at = read_moment(at)
    first = outage.confirmed_at or at
    after = replace(outage, status=Status.CONFIRMED, confirmed_at=first, **fields)
    return Change(
        after,
        evidence=(Evidence(outage.id, at, "confirmed", after.device, _make_plain(fields), actor),),
    )


def annotate_outage(outage: Outage, at: datetime, *, actor: str = "", **fields: Any) -> Change:
    """Write down what is learned of an outage (cause, crew_status, etr_manual ...)."""
    said = Evidence(outage.id, read_moment(at), "noted", outage.device, _make_plain(fields), actor)
    return Change(replace(outage, **fields), evidence=(said,))


def restore_members(
    outage: Outage,
    members: Members,
    at: datetime,
    *,
    back: Collection[str] | None = None,
    actor: str = "",
) -> Change:
    """
    Bring customers back: one restoration step, or the last.

    Parameters
    ----------
    outage
        The outage.
    members
        All who are in it.
    at
        When they came back.
    back
        The usage points that are back; all of them by default.
    actor
        Who says so.

    Raises
    ------
    InputError
        If nobody of them is out, somebody is not in the outage, or it was before the outage began.
    """
    at = read_moment(at)
    out = members.usage_point[members.is_out]
    wanted = out if back is None else np.array(sorted(set(back)), dtype=object)
    step = out[np.isin(out, wanted)]
    strangers = set(wanted.tolist()) - set(members.usage_point.tolist())
    if strangers:
        msg = f"{min(strangers)} is not in outage {outage.id}: name only who is"
        raise InputError(msg)
    if not len(step):
        msg = f"nobody of them is out in outage {outage.id}: there is nothing to restore"
        raise InputError(msg)
    began = members.began_s[members.is_out & np.isin(members.usage_point, step)].max()
    if at.timestamp() < began:
        msg = (
            f"outage {outage.id} cannot end at {at.isoformat()}, before it began: give the time at"
            " which supply came back"
        )
        raise InputError(msg)
    last = len(step) == len(out)
    status = Status.RESTORED if last else Status.PARTIALLY_RESTORED
    outage.check_next(status)
    ends = members.restored_s[~members.is_out]
    latest = max([at.timestamp(), *ends.tolist()])
    done = datetime.fromtimestamp(latest, UTC) if last else None
    said = Evidence(outage.id, at, status.value, outage.device, {"usage_points": len(step)}, actor)
    return Change(
        replace(outage, status=status, restored_at=done),
        restored=dict.fromkeys(step.tolist(), at.timestamp()),
        evidence=(said,),
    )


def close_outage(outage: Outage, at: datetime, *, actor: str = "") -> Change:
    """Close an outage whose restoration was verified."""
    outage.check_next(Status.CLOSED)
    at = read_moment(at)
    said = Evidence(outage.id, at, "closed", outage.device, {}, actor)
    return Change(replace(outage, status=Status.CLOSED, closed_at=at), evidence=(said,))


def invalidate_outage(outage: Outage, members: Members, at: datetime, *, actor: str = "") -> Change:
    """Say that there was no outage: nobody was in it."""
    outage.check_next(Status.INVALID)
    at = read_moment(at)
    said = Evidence(outage.id, at, "invalid", outage.device, {"usage_points": len(members)}, actor)
    return Change(
        replace(outage, status=Status.INVALID, closed_at=at),
        left=frozenset(members.usage_point.tolist()),
        evidence=(said,),
    )


def revise_outage(
    outage: Outage,
    members: Members,
    usage_points: Any,
    customers: Any,
    at: datetime,
    *,
    actor: str = "",
    **fields: Any,
) -> Change:
    """
    Give an outage another extent, as when its device turns out to be another.

    Parameters
    ----------
    outage, members
        The outage, and who is in it.
    usage_points, customers
        Who is in it from now on; who was not before has been out since it began.
    at, actor, **fields
        When, by whom, and what else is known now.

    Raises
    ------
    InputError
        If customers came back already: then it is split, not revised.
    """
    if not members.is_out.all() or not outage.is_open:
        msg = f"customers of outage {outage.id} are back already: nest what is left in another"
        raise InputError(msg)
    at = read_moment(at)
    wanted = np.asarray(usage_points, dtype=object)
    new = ~np.isin(wanted, members.usage_point)
    gone = frozenset(members.usage_point[~np.isin(members.usage_point, wanted)].tolist())
    detail = {"joined": int(new.sum()), "left": len(gone), **_make_plain(fields)}
    after = replace(outage, **fields)
    return Change(
        after,
        joined=Members.from_points(
            outage.id, wanted[new], np.asarray(customers, np.int32)[new], outage.began_at
        ),
        left=gone,
        evidence=(Evidence(outage.id, at, "revised", after.device, detail, actor),),
    )


def split_outage(
    outage: Outage,
    members: Members,
    child: Outage,
    usage_points: Collection[str],
    at: datetime,
    *,
    actor: str = "",
) -> tuple[Change, Change]:
    """
    Split a part off an outage: it has a fault of its own and comes back on its own.

    Parameters
    ----------
    outage, members
        The outage, and who is in it.
    child
        The new outage; it is made a part of ``outage`` and back-dated to when its customers lost
        their supply.
    usage_points
        Who is in it: of those still out, or of those that were believed to be back.
    at, actor
        When that was found, and by whom.

    Returns
    -------
        What becomes of the outage, and of its part.

    Raises
    ------
    InputError
        If the outage is closed, or would have nobody left, or somebody is not in it.
    """
    at = read_moment(at)
    if outage.status in {Status.CLOSED, Status.INVALID}:
        msg = f"outage {outage.id} is {outage.status}: open a new outage"
        raise InputError(msg)
    moved = np.isin(members.usage_point, np.array(list(usage_points), dtype=object))
    if moved.sum() != len(set(usage_points)) or not moved.any():
        strangers = set(usage_points) - set(members.usage_point)
        msg = f"{min(strangers, default='nobody')} is not in outage {outage.id}: name who is"
        raise InputError(msg)
    if moved.all():
        msg = f"outage {outage.id} would have nobody left: revise it"
        raise InputError(msg)
    began_s = float(members.began_s[moved].min())
    part = members.take_rows(moved)
    began = datetime.fromtimestamp(began_s, UTC)
    child = replace(
        child, parent=outage.id, began_at=began, first_seen_at=child.first_seen_at or at
    )
    names = frozenset(part.usage_point.tolist())
    joined = replace(
        part,
        outage=np.full(len(part), child.id, dtype=object),
        restored_s=np.full(len(part), np.nan),
    )
    detail = {"usage_points": len(names)}
    rest = members.take_rows(~moved)
    return (
        Change(
            _remove_members(outage, rest),
            left=names,
            evidence=(Evidence(outage.id, at, "nested", child.id, detail, actor),),
        ),
        Change(
            child,
            joined=joined,
            evidence=(Evidence(child.id, at, child.status.value, child.device, detail, actor),),
        ),
    )


def _remove_members(outage: Outage, rest: Members) -> Outage:
    """Return an outage without a part of it: the rest may all be back."""
    if rest.is_out.any() or not outage.is_open:
        return outage
    end = float(rest.restored_s.max())
    return replace(
        outage,
        status=Status.RESTORED,
        restored_at=datetime.fromtimestamp(end, UTC),
    )


def _make_plain(fields: dict[str, Any]) -> dict[str, Any]:
    """Return fields as JSON has them."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in fields.items()
    }

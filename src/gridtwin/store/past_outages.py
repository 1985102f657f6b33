"""Derive how outages stood at a past moment, by what is known of them now."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.model.outage import Status

if TYPE_CHECKING:
    from datetime import datetime

    from gridtwin.model.outage import Members, Outage


def derive_past_outage(outage: Outage, members: Members, when: datetime) -> Outage | None:
    """
    Return an outage as it stood at a moment, by what is known of it now.

    Parameters
    ----------
    outage
        The outage.
    members
        All who are in it.
    when
        The moment.

    Returns
    -------
        None if it had not begun. Who was found not to be in it counts as never in it.
    """
    at_s = when.timestamp()
    if outage.began_at > when:
        return None
    began = members.began_s <= at_s
    back = members.restored_s <= at_s  # NaN: never
    status = Status.CLOSED if outage.status is not Status.INVALID else Status.INVALID
    if not (outage.closed_at and outage.closed_at <= when):
        status = _derive_status(outage, when, some_back=bool(back.any()))
    past = replace(
        outage, status=status, customers=int(members.customers[began].sum()),
        customers_out=int(members.customers[began & ~back].sum()),
    )  # fmt: skip
    later: dict[str, Any] = {
        name: None
        for name in ("confirmed_at", "restored_at", "closed_at")
        if (at := getattr(outage, name)) is not None and at > when
    }
    return replace(past, **later)


def _derive_status(outage: Outage, when: datetime, *, some_back: bool) -> Status:
    if outage.restored_at and outage.restored_at <= when:
        return Status.RESTORED
    if some_back:
        return Status.PARTIALLY_RESTORED
    if outage.confirmed_at and outage.confirmed_at <= when:
        return Status.CONFIRMED
    # One that was confirmed without a time was seen at once.
    seen = outage.confirmed_at is None and outage.status is Status.CONFIRMED
    return Status.CONFIRMED if seen else Status.PREDICTED


def derive_past_members(members: Members, when: datetime) -> Members:
    """Return who was in outages at a moment; who came back later is still out."""
    at_s = when.timestamp()
    past = members.take_rows(members.began_s <= at_s)
    return replace(past, restored_s=np.where(past.restored_s > at_s, np.nan, past.restored_s))

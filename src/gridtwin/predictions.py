"""Bring predicted outages in step with what was inferred last."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.analysis import lifecycle
from gridtwin.model.outage import Change, Members, Outage, Status, new_id
from gridtwin.model.state import CURRENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridtwin.publish.inference import InferredOutage
    from gridtwin.store.protocol import Store

    Names = NDArray[np.object_]


def predictions(
    store: Store, inferred: Sequence[InferredOutage], now: datetime, *, actor: str = ""
) -> list[Change]:
    """
    Return what makes the predicted outages of a store those that were inferred.

    Parameters
    ----------
    store
        Where they are kept.
    inferred
        What was inferred, the largest first. Each takes the place of the predicted outage that
        most of its usage points are in, or is a new one.
    now
        When that was found.
    actor
        Who writes it.
    """
    predicted = {each.id: each for each in store.outages.all() if each.status is Status.PREDICTED}
    out = store.outages.members()
    mine = np.isin(out.outage, list(predicted))
    seen, left = out.usage_point[~mine], out.take(mine)
    wanted: dict[str, tuple[InferredOutage, Names]] = {}  # predicted outage -> what it becomes
    fresh: list[tuple[InferredOutage, Names]] = []
    for each in inferred:
        part = each.usage_points.astype(object)
        part = part[~np.isin(part, seen)]
        if len(part):
            match = _best_match(part, left)
            if match:
                wanted[match] = each, part
            else:
                fresh.append((each, part))
            left = left.take((left.outage != match) & ~np.isin(left.usage_point, part))
    taken = np.concatenate([part for _, part in [*wanted.values(), *fresh]] or [seen[:0]])
    members = out.take(mine)
    changes = [
        _retold(store, predicted[name], members, wanted.get(name), taken, now, actor)
        for name in predicted
    ]
    return [each for each in changes if each is not None] + [
        _opened(store, each, part, now, actor) for each, part in fresh
    ]


def _best_match(part: Names, members: Members) -> str:
    """Return the outage that most of some usage points are in; empty if they are in none."""
    names, counts = np.unique(
        members.outage[np.isin(members.usage_point, part)].astype(str), return_counts=True
    )
    return str(names[np.argmax(counts)]) if len(names) else ""


def _retold(
    store: Store,
    outage: Outage,
    members: Members,
    wanted: tuple[InferredOutage, Names] | None,
    taken: Names,
    now: datetime,
    actor: str,
) -> Change | None:
    """Return what a predicted outage becomes; None if it stays as it is."""
    own = members.take(members.outage == outage.id)
    if wanted is None:  # others may explain who is in it
        rest = own.usage_point[~np.isin(own.usage_point, taken)]
        if len(rest) == len(own):
            return None
        if not len(rest):
            return lifecycle.invalid(outage, own, now, actor=actor)
        return lifecycle.revised(outage, own, rest, _customers(store, rest), now, actor=actor)
    inferred, part = wanted
    device, phases = inferred.device.mrid, inferred.phases
    if (device, phases) == (outage.device, outage.phases) and set(part) == set(own.usage_point):
        return None
    return lifecycle.revised(
        outage, own, part, _customers(store, part), now, actor=actor, device=device, phases=phases
    )


def _opened(
    store: Store, inferred: InferredOutage, part: Names, now: datetime, actor: str
) -> Change:
    began = datetime.fromtimestamp(inferred.began_s, UTC)
    outage = Outage(
        new_id(began),
        began,
        device=inferred.device.mrid,
        phases=inferred.phases,
        first_seen_at=now,
        state_version=store.state(CURRENT).version,
    )
    said: dict[str, Any] = {"probability": inferred.device.probability, **inferred.evidence}
    return lifecycle.opened(outage, part, _customers(store, part), actor=actor, **said)


def _customers(store: Store, part: Names) -> NDArray[np.int32]:
    network = store.network
    return network.data.usage_points.customers[network.ids.rows("usage_points", part.tolist())]

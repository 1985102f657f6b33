"""Bring predicted outages in step with what was inferred last."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.analysis.outage import outage_lifecycle
from gridtwin.model.outage import Change, Members, Outage, Status, new_id
from gridtwin.model.state import CURRENT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from numpy.typing import NDArray

    from gridtwin.results.inference_result import InferredOutage
    from gridtwin.store.protocol import Store

    Names = NDArray[np.object_]


def update_predictions(
    store: Store,
    inferred: Sequence[InferredOutage],
    now: datetime,
    *,
    actor: str = "",
    held: Collection[str] = (),
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
    held
        Outages that stay as they are, and keep who is in them.
    """
    predicted = {
        each.id: each
        for each in store.outages.list_outages()
        if each.status is Status.PREDICTED and each.id not in held
    }
    out = store.outages.read_members()
    owner = dict(zip(out.usage_point.tolist(), out.outage.tolist(), strict=True))
    wanted: dict[str, tuple[InferredOutage, Names]] = {}  # predicted outage -> what it becomes
    fresh: list[tuple[InferredOutage, Names]] = []
    taken: set[str] = set()
    open_to = {"", *predicted}  # who is in an outage that was seen stays there
    for each in inferred:
        points = each.usage_points.tolist()
        part = [point for point in points if owner.get(point, "") in open_to]
        if part:
            free = (owner[point] for point in part if point in owner and point not in taken)
            match = _choose_most_frequent(name for name in free if name not in wanted)
            named = each, np.array(part, dtype=object)
            if match:
                wanted[match] = named
            else:
                fresh.append(named)
            taken.update(part)
    rows: dict[str, list[int]] = {name: [] for name in predicted}
    for row, name in enumerate(out.outage.tolist()):
        if name in rows:
            rows[name].append(row)
    changes = [
        _revise_prediction(store, predicted[name], out.take_rows(np.array(own, dtype=np.intp)),
                wanted.get(name), taken, now, actor)
        for name, own in rows.items()
    ]  # fmt: skip
    return [each for each in changes if each is not None] + [
        _open_prediction(store, each, part, now, actor) for each, part in fresh
    ]


def _choose_most_frequent(names: Iterable[str]) -> str:
    """Return the most frequent name, the first in order of several; empty if there is none."""
    counts = Counter(names)
    return min(counts, key=lambda name: (-counts[name], name)) if counts else ""


def _revise_prediction(
    store: Store,
    outage: Outage,
    own: Members,
    wanted: tuple[InferredOutage, Names] | None,
    taken: set[str],
    now: datetime,
    actor: str,
) -> Change | None:
    """Return what a predicted outage becomes; None if it stays as it is."""
    if wanted is None:  # others may explain who is in it
        rest = own.usage_point[[point not in taken for point in own.usage_point.tolist()]]
        if len(rest) == len(own):
            return None
        if not len(rest):
            return outage_lifecycle.invalidate_outage(outage, own, now, actor=actor)
        return outage_lifecycle.revise_outage(
            outage, own, rest, _count_customers(store, rest), now, actor=actor
        )
    inferred, part = wanted
    device, phases = inferred.device.mrid, inferred.phases
    if (device, phases) == (outage.device, outage.phases) and set(part) == set(own.usage_point):
        return None
    return outage_lifecycle.revise_outage(
        outage,
        own,
        part,
        _count_customers(store, part),
        now,
        actor=actor,
        device=device,
        phases=phases,
    )


def _open_prediction(
    store: Store, inferred: InferredOutage, part: Names, now: datetime, actor: str
) -> Change:
    began = datetime.fromtimestamp(inferred.began_s, UTC)
    outage = Outage(
        new_id(began),
        began,
        device=inferred.device.mrid,
        phases=inferred.phases,
        first_seen_at=now,
        state_version=store.states.read_state(CURRENT).version,
    )
    said: dict[str, Any] = {"probability": inferred.device.probability, **inferred.evidence}
    return outage_lifecycle.open_outage(
        outage, part, _count_customers(store, part), actor=actor, **said
    )


def _count_customers(store: Store, part: Names) -> NDArray[np.int32]:
    network = store.network
    return network.data.usage_points.customers[network.ids.find_rows("usage_points", part.tolist())]

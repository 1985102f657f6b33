"""Decide what is promised for each open outage now: from people, storm zones, and the model."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.erm.etr_publication import (
    Origin,
    StandingEtrs,
    choose_by_precedence,
    publish_etrs,
)
from gridtwin.erm.inputs import to_unix_seconds
from gridtwin.model.estimate import Estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridtwin.analysis.erm.etr_publication import PublishedEtrs
    from gridtwin.analysis.erm.open_outages import OpenOutageQuantiles
    from gridtwin.erm.inputs import ErmInputs
    from gridtwin.model.outage import Outage

P80, P95 = 2, 4  # columns of the quantiles
MOVED_S, MOVED_SHARE = 1800.0, 0.2  # a median that moved by so much is written again
SOURCE_NAMES = {
    Origin.MANUAL: "manual",
    Origin.CREW_ON_SITE: "crew",
    Origin.STORM_ZONE: "zone",
    Origin.MODEL: "model",
}
ORIGINS = {source: origin for origin, source in SOURCE_NAMES.items()}


@dataclass(frozen=True, slots=True)
class EtrDecision:
    """What holds for one outage now, and whether that is another than before."""

    estimate: Estimate
    is_new: bool


def decide_etrs(inputs: ErmInputs, scored: OpenOutageQuantiles, now: datetime) -> list[EtrDecision]:
    """
    Decide for every open outage: whose time counts, and what is shown from now on.

    Parameters
    ----------
    inputs
        What people, storm zones and earlier runs say.
    scored
        What the model says.
    now
        The time it is decided for.
    """
    outages = [inputs.outages[each] for each in scored.id]
    if not outages:
        return []
    before = [inputs.standing.get(each.id) for each in outages]
    offer, origin = choose_by_precedence(
        scored.at_s[:, P80],
        now.timestamp(),
        manual_s=to_unix_seconds([each.etr_manual for each in outages]),
        crew_s=to_unix_seconds([each.etr_crew for each in outages]),
        zone_s=to_unix_seconds([inputs.zone_ends[each.id] for each in outages]),
    )
    shown = publish_etrs(
        offer, scored.at_s[:, P95], origin, now.timestamp(),
        standing=_collect_standing(before), evidence=_has_news(outages, before),
    )  # fmt: skip
    return [
        _decide_outage(each.id, row, scored, shown, before[row], now)
        for row, each in enumerate(outages)
    ]


def _decide_outage(
    outage: str,
    row: int,
    scored: OpenOutageQuantiles,
    shown: PublishedEtrs,
    before: Estimate | None,
    now: datetime,
) -> EtrDecision:
    p10, p50, p80, p90, p95 = (datetime.fromtimestamp(at, UTC) for at in scored.at_s[row])
    promise = shown.etr_s[row]
    made = Estimate(
        outage, now, now, p10, p50, p80, p90, p95,
        etr=None if np.isnan(promise) else datetime.fromtimestamp(promise, UTC),
        source=SOURCE_NAMES[Origin(shown.origin[row])],
        model=scored.model_version,
        reason=scored.reason[row],
    )  # fmt: skip
    if before is not None and not shown.changed[row] and _still_holds(before, made, now):
        return EtrDecision(before, is_new=False)
    return EtrDecision(made, is_new=True)


def _still_holds(before: Estimate, made: Estimate, now: datetime) -> bool:
    """Return whether what was written earlier is still to come, and near what is found now."""
    if before.source != made.source:
        return False
    for old, new in ((before.p50, made.p50), (before.p95, made.p95)):
        if old is None or new is None or old <= now:
            return False
        moved = abs((new - old).total_seconds())
        if moved > max(MOVED_S, MOVED_SHARE * (old - now).total_seconds()):
            return False
    return True


def _collect_standing(before: Sequence[Estimate | None]) -> StandingEtrs:
    origin = [Origin.MODEL if each is None else ORIGINS.get(each.source, Origin.MODEL)
              for each in before]  # fmt: skip
    return StandingEtrs(
        to_unix_seconds([None if each is None else each.etr for each in before]),
        to_unix_seconds([None if each is None else each.p95 for each in before]),
        np.array(origin, dtype=np.int8),
    )


def _has_news(outages: Sequence[Outage], before: Sequence[Estimate | None]) -> NDArray[np.bool_]:
    """Return of which outages something was heard since their estimate was issued."""
    return np.array(
        [
            old is None or each.updated_at is None or each.updated_at > old.inputs_at
            for each, old in zip(outages, before, strict=True)
        ]
    )

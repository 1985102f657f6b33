"""Say which usage points of the largest outages come back by switching, before the repair."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.plan.plan_options import PlanOptions
from gridtwin.analysis.plan.restoration_stages import REPAIR, find_restoration_stages
from gridtwin.model.estimate import Estimate
from gridtwin.model.ids import Element
from gridtwin.model.outage import Status
from gridtwin.model.tables import decode_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridtwin.analysis.plan.restoration_stages import RestorationStage
    from gridtwin.model.outage import Members, Outage
    from gridtwin.twin import Twin

MOST_PLANNED = 50  # outages that are planned in one run, the largest first
FEWEST_CUSTOMERS = 50
# A plan's minutes are its planning values; how much longer it takes is an assumption.
P80_FACTOR, P95_FACTOR = 1.5, 2.5
SOON = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SwitchingStage:
    """Usage points of one outage that come back by switching at one time."""

    estimate: Estimate
    usage_points: NDArray[np.object_]


def estimate_switching_stages(
    twin: Twin, outages: Sequence[tuple[Outage, Estimate]], members: Members, now: datetime
) -> list[SwitchingStage]:
    """
    Return who comes back by switching, under the best plan for each of the largest outages.

    Parameters
    ----------
    twin
        The twin; plans are made in its current state.
    outages
        Open outages and what is estimated for them; those whose end a person or a storm zone
        promises are left out.
    members
        Who is out.
    now
        The time it is worked out for. Switching that would be done by now, and is not, counts no
        more: those customers wait for the repair.
    """
    eligible = [
        (outage, whole)
        for outage, whole in outages
        if whole.source == "model"
        and outage.status in {Status.PREDICTED, Status.CONFIRMED}
        and outage.customers_out >= FEWEST_CUSTOMERS
        and outage.device
    ]
    eligible.sort(key=lambda each: (-each[0].customers_out, each[0].id))
    equipment = twin.store.network.ids.tables["equipment"]
    situation, options = twin.situation(), PlanOptions()
    names = twin.store.network.data.usage_points.mrid
    stages = []
    for outage, whole in eligible[:MOST_PLANNED]:
        row = equipment.find_row(outage.device.encode())
        if row < 0:
            continue
        out = members.usage_point[members.outage == outage.id]
        for stage in find_restoration_stages(situation, [Element("equipment", row)], options):
            points = decode_texts(names[stage.points]).astype(object)
            points = points[np.isin(points, out)]
            made = _estimate_stage(outage, whole, stage, len(points), now)
            if made is not None:
                stages.append(SwitchingStage(made, points))
    return stages


def _estimate_stage(
    outage: Outage, whole: Estimate, stage: RestorationStage, count: int, now: datetime
) -> Estimate | None:
    """Return when a stage is done; None if it is the repair, is overdue, or is no earlier."""
    if stage.stage == REPAIR or not count:
        return None
    minutes = timedelta(minutes=stage.minutes)
    p80, p95 = (outage.began_at + factor * minutes for factor in (P80_FACTOR, P95_FACTOR))
    if p80 <= now + SOON or (whole.etr is not None and p95 >= whole.etr):
        return None
    p50 = min(max(outage.began_at + minutes, now + SOON), p80)
    return Estimate(
        outage.id,
        now,
        now,
        p10=None,
        p50=p50,
        p80=p80,
        p90=None,
        p95=p95,
        etr=_ceil_minutes(p80),
        source=whole.source,
        model=whole.model,
        reason=f"{stage.stage} switching, planned to take {stage.minutes:.0f} min",
        stage=stage.stage,
        usage_points=count,
    )


def _ceil_minutes(at: datetime) -> datetime:
    """Return a time rounded up to five minutes."""
    step = timedelta(minutes=5)
    start = datetime.min.replace(tzinfo=UTC)
    return start + -(-(at - start) // step) * step

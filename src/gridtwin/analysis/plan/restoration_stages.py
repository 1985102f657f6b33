"""Say when each group of customers comes back: by remote switching, on site, or with the repair."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridtwin.analysis.plan.plan_options import PlanOptions
from gridtwin.analysis.plan.switching_plan import make_plans

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridtwin.analysis.plan.switching_plan import Plan
    from gridtwin.analysis.state.situation import Situation
    from gridtwin.model.ids import Element

REMOTE, MANUAL, REPAIR = "remote", "manual", "repair"


class RestorationStage(NamedTuple):
    """Usage points that come back together."""

    points: NDArray[np.int32]  # rows of the network's usage points, in rising order
    stage: str  # remote, manual or repair
    minutes: float  # from the fault until they are back; NaN for the repair


def find_restoration_stages(
    situation: Situation, elements: Sequence[Element], options: PlanOptions | None = None
) -> list[RestorationStage]:
    """
    Return the groups of customers that a fault puts out, by when the best plan brings them back.

    Parameters
    ----------
    situation, elements, options
        As for `make_plans`; alternatives are not looked for.

    Returns
    -------
        Groups in order of time, those that wait for the repair last. A usage point is in one group;
        all that are out at the start, or go out on the way, are in some.
    """
    wanted = replace(options or PlanOptions(), alternatives=0)
    return group_by_stage(make_plans(situation, elements, wanted)[0])


def group_by_stage(plan: Plan) -> list[RestorationStage]:
    """Return the groups of customers of a plan; see `find_restoration_stages`."""
    on_site: list[bool] = []
    last: dict[int, int] = {}
    for number, step in enumerate(plan.steps):
        on_site.append(not step.remote or any(on_site[other] for other in step.after))
        last.update(dict.fromkeys(step.restored.tolist(), number))
    repair = set(plan.out.tolist())
    groups: dict[int, list[int]] = {}
    for point, number in last.items():
        if point not in repair:
            groups.setdefault(number, []).append(point)
    stages = [
        RestorationStage(
            np.array(sorted(points), dtype=np.int32),
            MANUAL if on_site[number] else REMOTE,
            plan.steps[number].done_min,
        )
        for number, points in sorted(groups.items())
    ]
    if repair:
        stages.append(RestorationStage(plan.out, REPAIR, math.nan))
    return stages

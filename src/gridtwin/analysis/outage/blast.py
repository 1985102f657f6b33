"""Say who goes dark when things fail: at once, after the trip, while isolated, until repaired."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.plan.switching_plan import find_best_end
from gridtwin.analysis.state.situation import NO_ROWS, Situation
from gridtwin.analysis.trace.fault_isolation import find_trip, isolate_faults
from gridtwin.errors import InputError
from gridtwin.topology.loss import Affected, FaultSet, find_affected, find_loss

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridtwin.model.ids import Element

SCOPES = ("element", "trip", "isolated", "backfed")


@dataclass(frozen=True, slots=True)
class Blast:
    """Who goes dark, as rows of the network's tables."""

    out: NDArray[np.int32]  # usage points without any supply
    partial: NDArray[np.int32]  # usage points that lose some of their phases
    devices: NDArray[np.int32]  # equipment that opens: what trips, or bounds the isolated section
    warnings: tuple[str, ...] = ()


def compute_blast(
    situation: Situation, elements: Sequence[Element], scope: str = "element"
) -> Blast:
    """
    Return who goes dark when elements fail, all at once.

    Parameters
    ----------
    situation
        The network before the faults.
    elements
        What fails.
    scope
        ``element``: the elements alone are gone; ``trip``: the protective devices before them have
        opened; ``isolated``: the switches around them are open; ``backfed``: what stays dark until
        repair, after the best switching plan (`gridtwin.analysis.plan`) is carried out.
    """
    if scope not in SCOPES:
        msg = f"no scope is called {scope!r}: use one of {', '.join(SCOPES)}"
        raise InputError(msg)
    points = np.array([row for table, row in elements if table == "usage_points"], dtype=np.int32)
    others = [element for element in elements if element.table != "usage_points"]
    affected = {
        "element": _blast_element,
        "trip": _blast_trip,
        "isolated": _blast_isolated,
        "backfed": _blast_backfed,
    }[scope](situation, others)
    if not len(points):
        return affected
    served = points[situation.is_served[points]]
    return replace(
        affected,
        out=np.union1d(affected.out, served).astype(np.int32),
        partial=np.setdiff1d(affected.partial, served).astype(np.int32),
    )


def _find_lost(situation: Situation, faults: FaultSet) -> Affected:
    loss = find_loss(situation.index, faults)
    return find_affected(
        situation.index, situation.data.usage_points, loss, strict=situation.strict
    )


def _blast_element(situation: Situation, elements: Sequence[Element]) -> Blast:
    lost = _find_lost(situation, situation.find_faults(elements))
    return Blast(lost.out, lost.partial, NO_ROWS)


def _blast_trip(situation: Situation, elements: Sequence[Element]) -> Blast:
    trip = find_trip(situation, elements)
    lost = _find_lost(situation, trip.faults)
    return Blast(lost.out, lost.partial, trip.devices, trip.warnings)


def _blast_isolated(situation: Situation, elements: Sequence[Element]) -> Blast:
    cut = isolate_faults(situation, elements)
    lost = _find_lost(situation, cut.faults)
    return Blast(lost.out, lost.partial, cut.operate, cut.warnings)


def _blast_backfed(situation: Situation, elements: Sequence[Element]) -> Blast:
    if not elements:
        return Blast(NO_ROWS, NO_ROWS, NO_ROWS)
    end = find_best_end(situation, elements)
    return Blast(end.out, end.partial, end.operated, end.warnings)

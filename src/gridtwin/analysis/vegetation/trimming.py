"""Rank where trimming spares most customer-minutes: spans, and the sections that crews work on."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridtwin.analysis.vegetation.span_faults import count_interrupted
from gridtwin.topology.membership import find_nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation
    from gridtwin.model.vegetation import SpanExposures


class RankedSpans(NamedTuple):
    """Spans at risk, those first where trimming a kilometer spares most."""

    exposure: NDArray[np.int64]  # row of the exposures
    row: NDArray[np.int32]  # row of the equipment
    section: NDArray[np.int32]  # switch that feeds its section; -1 = none
    feeder: NDArray[np.int32]  # -1 = none
    device: NDArray[np.int32]  # protective device that trips; -1 = several, or none
    customers: NDArray[np.int64]
    priority_sites: NDArray[np.int64]
    customers_behind: NDArray[np.int64]
    score: NDArray[np.float64]  # chance of a failure within a year, percent
    customer_minutes: NDArray[np.float64]  # at risk, a year
    minutes_per_km: NDArray[np.float64]  # of these, for each kilometer in areas of risk


class RankedGroups(NamedTuple):
    """Spans at risk by section or by feeder, ranked likewise."""

    group: NDArray[np.int32]  # row of the switch or the feeder; -1 = none
    feeder: NDArray[np.int32]  # -1 = none
    spans: NDArray[np.int64]
    risk: NDArray[np.uint8]  # worst class
    length_m: NDArray[np.float64]  # of its spans at risk
    length_in_risk_m: NDArray[np.float64]
    failures_per_year: NDArray[np.float64]
    customers: NDArray[np.int64]  # most that one fault interrupts
    priority_sites: NDArray[np.int64]  # likewise
    score: NDArray[np.float64]
    customer_minutes: NDArray[np.float64]
    minutes_per_km: NDArray[np.float64]


def rank_spans(
    situation: Situation, exposures: SpanExposures, rows: NDArray[np.int32], restoration_min: float
) -> RankedSpans:
    """
    Return spans by customer-minutes at risk for each kilometer in areas of risk.

    Parameters
    ----------
    situation
        The network in the state that is asked about.
    exposures, rows
        What of the spans lies in areas, and their rows of the equipment.
    restoration_min
        Mean minutes that an interrupted customer is without supply (CAIDI).

    Notes
    -----
    Customer-minutes at risk in a year = failures a year x customers interrupted x CAIDI, the
    expected CMI of IEEE 1366 (CMI = CI x CAIDI). Ties go by mRID.
    """
    faults = count_interrupted(situation, rows)
    minutes = exposures.failures_per_year * faults.customers * restoration_min
    per_km = minutes / (exposures.length_in_risk_m / 1000.0)
    nodes = _find_upper_nodes(situation, rows)
    switches = np.flatnonzero(situation.is_operable & situation.conducts).astype(np.int32)
    section = find_nearest(situation.index, switches)[nodes]
    order = np.lexsort((exposures.mrid.astype(str), -minutes, -per_km))
    return RankedSpans(
        order,
        rows[order],
        section[order],
        situation.feeder_of_nodes[0][nodes][order],
        faults.device[order],
        faults.customers[order],
        faults.priority_sites[order],
        faults.customers_behind[order],
        compute_scores(exposures.failures_per_year)[order],
        minutes[order],
        per_km[order],
    )


def compute_scores(failures_per_year: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Return the chance of a failure within a year, in percent, from the expected number.

    Examples
    --------
    >>> compute_scores(np.array([0.0, 0.1, 2.0])).round(1).tolist()
    [0.0, 9.5, 86.5]
    """
    return -100.0 * np.expm1(-failures_per_year)


def _find_upper_nodes(situation: Situation, rows: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the end of each span that supply comes from."""
    equipment, index = situation.data.equipment, situation.index
    a, b = equipment.node_a[rows], equipment.node_b[rows]
    return np.where(index.feed[a] == rows, b, a)


def group_spans(
    ranked: RankedSpans, exposures: SpanExposures, group: NDArray[np.int32]
) -> RankedGroups:
    """
    Return ranked spans summed up by group.

    Parameters
    ----------
    ranked, exposures
        The spans, and what of them lies in areas.
    group
        Group of each ranked span: a row of the switches or of the feeders; -1 = of none.
    """
    groups, first, place = np.unique(group, return_index=True, return_inverse=True)
    count = len(groups)
    at = ranked.exposure
    failures, length, in_risk, minutes = (
        np.bincount(place, values, count).astype(np.float64)
        for values in (
            exposures.failures_per_year[at],
            exposures.length_m[at],
            exposures.length_in_risk_m[at],
            ranked.customer_minutes,
        )
    )
    risk = np.zeros(count, dtype=np.uint8)
    np.maximum.at(risk, place, exposures.risk[at])
    customers, sites = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    np.maximum.at(customers, place, ranked.customers)
    np.maximum.at(sites, place, ranked.priority_sites)
    made = RankedGroups(
        groups.astype(np.int32),
        ranked.feeder[first],
        np.bincount(place, minlength=count),
        risk,
        length,
        in_risk,
        failures,
        customers,
        sites,
        compute_scores(failures),
        minutes,
        minutes / (in_risk / 1000.0),
    )
    order = np.lexsort((made.group, -made.customer_minutes, -made.minutes_per_km))
    return RankedGroups._make(column[order] for column in made)

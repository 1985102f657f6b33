"""Reckon the reliability indices of IEEE 1366 from interruptions, for groups and for the system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.reliability.indices import (
    Counted,
    Counting,
    Indices,
    is_sustained,
    minutes_of,
    ratio,
    sum_by,
)
from gridtwin.analysis.reliability.interruptions import Interruptions, without_overlaps
from gridtwin.analysis.reliability.major_events import (
    Calendar,
    Threshold,
    major_event_threshold,
    years_before,
)
from gridtwin.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

EARLIEST_S, LATEST_S = -2.2e9, 7.3e9
EARLIER, WITHIN, GIVEN = "earlier days", "the period itself", "given"


@dataclass(frozen=True, slots=True)
class Daily:
    """The days of the period, for the system; what began on a day is that day's to its end."""

    calendar: Calendar
    interruptions: NDArray[np.int64]  # sustained customer interruptions
    customer_minutes: NDArray[np.float64]
    saidi: NDArray[np.float64]  # minutes
    major: NDArray[np.bool_]  # whether it is a major event day


@dataclass(frozen=True, slots=True)
class Reliability:
    """Indices of groups and of the system, with all days and without the major event days."""

    groups: Indices
    system: Indices
    groups_without: Indices
    system_without: Indices
    daily: Daily
    threshold: Threshold
    threshold_from: str  # EARLIER, WITHIN or GIVEN
    still_out: int  # customers still out when the period ends, counted up to its end
    overlaps: int  # rows taken into another of the same usage point


def reliability(
    interruptions: Interruptions,
    served: NDArray[np.int64],
    begin_s: float,
    end_s: float,
    counting: Counting | None = None,
) -> Reliability:
    """
    Return the reliability indices of a period.

    An interruption belongs to the period and to the day in which it began, with all its minutes,
    also those after midnight and after the period's end. One that still lasts is counted up to the
    end of the period, and not at all while it may yet be momentary.

    Parameters
    ----------
    interruptions
        Of the period, and of up to five years before it, from which the threshold of major event
        days is reckoned. Without any before it, the period's own days give the threshold.
    served
        Customers served in each group, (g,); rows of ``group`` -1 count for the system alone.
    begin_s, end_s
        The period, unix seconds.
    counting
        How it is counted.

    Raises
    ------
    InputError
        If the period has no length or a group is unknown.

    Notes
    -----
    IEEE Std 1366-2012, clauses 3 and 3.5. Time and memory are linear in the rows but for one sort.

    Examples
    --------
    A feeder of 100 customers. 40 lose their supply; 30 are back after 60 minutes, 10 after 180. In
    another outage a reclosure lets all 100 flicker for a minute.

    SAIFI = (30 + 10) / 100; SAIDI = (30 * 60 + 10 * 180) / 100; CAIDI = 3600 / 40;
    MAIFI = 100 / 100.

    >>> rows = Interruptions.of([0, 0, 7200], [3600, 10800, 7260], [30, 10, 100])
    >>> found = reliability(rows, np.array([100]), 0, 86400).system
    >>> [float(x[0]) for x in (found.saifi, found.saidi, found.caidi, found.maifi)]
    [0.4, 36.0, 90.0, 1.0]
    """
    counting = counting or Counting()
    if not begin_s < end_s:
        msg = "the period ends before it begins: give a later end"
        raise InputError(msg)
    if not EARLIEST_S < begin_s < end_s < LATEST_S:
        msg = "the period lies before 1900 or after 2200"
        raise InputError(msg)
    if len(interruptions) and not interruptions.group.max() < len(served):
        msg = f"group {interruptions.group.max()} serves nobody: there are {len(served)} groups"
        raise InputError(msg)
    rows, still_out, overlaps = _counted(interruptions, begin_s, end_s, counting)
    days = Calendar.of(begin_s, end_s, counting.zone)
    now = rows.began_s >= begin_s
    current = rows if now.all() else rows.take(now)
    day = days.day_of(current.began_s)
    daily_ci, daily_cmi = _by_day(current, day, len(days), counting)
    total = served.sum()
    saidi = ratio(daily_cmi, total)
    threshold, source = _threshold(rows, begin_s, total, saidi, counting)
    major = saidi > threshold.t_med
    counted = Counted.of(current, counting)
    minutes = (end_s - begin_s) / 60
    everything = counted.indices(served, minutes, counting)
    quiet = counted.only(~major[day]) if major.any() else counted
    without = quiet.indices(served, minutes, counting) if major.any() else everything
    return Reliability(
        *everything,
        *without,
        Daily(days, daily_ci, daily_cmi, saidi, major),
        threshold,
        source,
        still_out,
        overlaps,
    )


def _counted(
    interruptions: Interruptions, begin_s: float, end_s: float, counting: Counting
) -> tuple[Interruptions, int, int]:
    """Return what is counted, ended and without overlaps; customers still out; rows taken in."""
    since = years_before(begin_s, counting.zone)
    wanted = (interruptions.began_s >= since) & (interruptions.began_s < end_s)
    if counting.exclude_planned:
        wanted &= ~interruptions.planned
    rows = interruptions if wanted.all() else interruptions.take(wanted)
    still_out = np.isnan(rows.restored_s)
    # What begins before the period and still lasts is no interruption of the period.
    people = int(rows.customers[still_out & (rows.began_s >= begin_s)].sum())
    undecided = still_out & (end_s - rows.began_s <= counting.sustained_after_s)
    rows = rows.take(~undecided) if undecided.any() else rows
    rows, overlaps = without_overlaps(rows.ended(end_s))
    return rows, people, overlaps


def _by_day(
    rows: Interruptions, day: NDArray[np.int64], count: int, counting: Counting
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return customer interruptions and customer-minutes by the day in which they began."""
    lasting = is_sustained(rows, counting)
    interrupted = sum_by(rows.customers * lasting, day, count).astype(np.int64)
    return interrupted, sum_by(minutes_of(rows) * lasting, day, count)


def _threshold(
    rows: Interruptions,
    begin_s: float,
    total: np.int64,
    saidi: NDArray[np.float64],
    counting: Counting,
) -> tuple[Threshold, str]:
    """Return the threshold of major event days, and what it was reckoned from."""
    if counting.t_med is not None:
        return Threshold(counting.t_med), GIVEN
    before = rows.take(rows.began_s < begin_s)
    if not len(before):
        return major_event_threshold(saidi), WITHIN
    days = Calendar.of(float(before.began_s.min()), begin_s, counting.zone)
    _, minutes = _by_day(before, days.day_of(before.began_s), len(days), counting)
    return major_event_threshold(ratio(minutes, total)), EARLIER

"""Reckon the reliability indices of IEEE 1366 from interruptions, for groups and for the system."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.analysis.interruptions import Interruptions, without_overlaps
from gridtwin.analysis.major_events import (
    Calendar,
    Threshold,
    major_event_threshold,
    years_before,
)
from gridtwin.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

SUSTAINED_AFTER_S = 300.0
EARLIER, WITHIN, GIVEN = "earlier days", "the period itself", "given"


@dataclass(frozen=True, slots=True)
class Counting:
    """How interruptions are counted; IEEE 1366's own way by default."""

    sustained_after_s: float = SUSTAINED_AFTER_S  # sustained is longer than this
    cemi: tuple[int, ...] = (3,)  # CEMI-n: more than n sustained interruptions
    exclude_planned: bool = False
    zone: tzinfo = UTC  # whose midnight begins a day
    t_med: float | None = None  # minutes a day; reckoned by 2.5 beta if None


@dataclass(frozen=True, slots=True)
class Indices:
    """
    What was counted, and the indices it gives: one value for each group.

    Indices are NaN where they have no meaning: nobody is served, nobody was interrupted (CAIDI), or
    usage points are not known (CEMI, MAIFI_E).
    """

    minutes: float  # length of the period
    served: NDArray[np.int64]  # customers served, N_T
    events: NDArray[np.int64]  # outages with a sustained interruption
    interruptions: NDArray[np.int64]  # sustained customer interruptions, CI
    customer_minutes: NDArray[np.float64]  # of sustained interruptions, CMI
    momentary: NDArray[np.int64]  # momentary customer interruptions
    momentary_events: NDArray[np.float64]  # customer interruptions by momentary events
    often: dict[int, NDArray[np.float64]] = field(default_factory=dict)  # n -> customers

    @property
    def saifi(self) -> NDArray[np.float64]:
        """Sustained interruptions per customer served: CI / N_T."""
        return _ratio(self.interruptions, self.served)

    @property
    def saidi(self) -> NDArray[np.float64]:
        """Minutes without supply per customer served: CMI / N_T."""
        return _ratio(self.customer_minutes, self.served)

    @property
    def caidi(self) -> NDArray[np.float64]:
        """Minutes per sustained interruption: CMI / CI = SAIDI / SAIFI."""
        return _ratio(self.customer_minutes, self.interruptions)

    @property
    def asai(self) -> NDArray[np.float64]:
        """Share of the time with supply: 1 - SAIDI / minutes of the period."""
        return 1 - self.saidi / self.minutes

    @property
    def maifi(self) -> NDArray[np.float64]:
        """Momentary interruptions per customer served."""
        return _ratio(self.momentary, self.served)

    @property
    def maifi_e(self) -> NDArray[np.float64]:
        """Momentary events per customer served: one operation of a device, however many shots."""
        return _ratio(self.momentary_events, self.served)

    def cemi(self, more_than: int) -> NDArray[np.float64]:
        """Share of the customers served with more than n sustained interruptions."""
        return _ratio(self.often[more_than], self.served)


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
    saidi = _ratio(daily_cmi, total)
    threshold, source = _threshold(rows, begin_s, total, saidi, counting)
    major = saidi > threshold.t_med
    counted = _Counted.of(current, counting)
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


def _sustained(rows: Interruptions, counting: Counting) -> NDArray[np.bool_]:
    return rows.restored_s - rows.began_s > counting.sustained_after_s


def _customer_minutes(rows: Interruptions) -> NDArray[np.float64]:
    return rows.customers * (rows.restored_s - rows.began_s) / 60


def _by_day(
    rows: Interruptions, day: NDArray[np.int64], count: int, counting: Counting
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return customer interruptions and customer-minutes by the day in which they began."""
    lasting = _sustained(rows, counting)
    interrupted = _sum(rows.customers * lasting, day, count).astype(np.int64)
    return interrupted, _sum(_customer_minutes(rows) * lasting, day, count)


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
    return major_event_threshold(_ratio(minutes, total)), EARLIER


@dataclass(frozen=True, slots=True)
class _Counted:
    """The interruptions of the period, by usage point and time, and how each counts."""

    rows: Interruptions
    long: NDArray[np.bool_]  # sustained
    short: NDArray[np.bool_]  # momentary
    head: NDArray[np.bool_]  # first of a momentary event

    @classmethod
    def of(cls, rows: Interruptions, counting: Counting) -> _Counted:
        long = _sustained(rows, counting)
        head = np.zeros(len(rows), dtype=bool)
        head[_momentary_events(rows, long, counting.sustained_after_s)] = True
        return cls(rows, long, ~long, head)

    def only(self, rows: NDArray[np.bool_]) -> _Counted:
        """Return it with some of the rows counted, the others not."""
        return _Counted(self.rows, self.long & rows, self.short & rows, self.head & rows)

    def indices(
        self, served: NDArray[np.int64], minutes: float, counting: Counting
    ) -> tuple[Indices, Indices]:
        """Return the indices of the groups, and of the system."""
        count, rows = len(served), self.rows
        group = np.where(rows.group < 0, count, rows.group)  # the last slot is of no group
        interrupted, momentary, events = (
            _sum(rows.customers[some], group[some], count + 1)
            for some in (self.long, self.short, self.head)
        )
        spent = _sum(_customer_minutes(rows)[self.long], group[self.long], count + 1)
        often = self._often(group, count, counting.cemi)
        if len(rows) and rows.usage_point[0] < 0:
            events = np.full(count + 1, np.nan)
            often = {more_than: np.full(count + 1, np.nan) for more_than in counting.cemi}
        return Indices(
            minutes,
            served,
            self._outages(group, count),
            interrupted[:count].astype(np.int64),
            spent[:count],
            momentary[:count].astype(np.int64),
            events[:count],
            {more_than: people[:count] for more_than, people in often.items()},
        ), Indices(
            minutes,
            np.array([served.sum()]),
            self._outages(np.zeros_like(group), 1),
            interrupted.sum(keepdims=True).astype(np.int64),
            spent.sum(keepdims=True),
            momentary.sum(keepdims=True).astype(np.int64),
            events.sum(keepdims=True),
            {more_than: people[count:] for more_than, people in often.items()},
        )

    def _outages(self, group: NDArray[np.intp], count: int) -> NDArray[np.int64]:
        """Return the outages with a sustained interruption of each group; unknown ones are many."""
        event, group = self.rows.event[self.long], group[self.long]
        unknown = np.bincount(group[event < 0], minlength=count + 1)
        width = int(event.max(initial=0)) + 1
        pairs = np.sort(group[event >= 0].astype(np.int64) * width + event[event >= 0])
        pairs = pairs[_firsts(pairs)]
        found = unknown + np.bincount(pairs // width, minlength=count + 1)
        return found[:count].astype(np.int64)

    def _often(
        self, group: NDArray[np.intp], count: int, thresholds: tuple[int, ...]
    ) -> dict[int, NDArray[np.float64]]:
        """Return the customers with more than n sustained interruptions: groups, then system."""
        point = self.rows.usage_point[self.long]
        if not len(point):
            return {more_than: np.zeros(count + 1) for more_than in thresholds}
        # Rows stand by usage point, so that each is one run, and its pairs are almost in order.
        first = _firsts(point)
        run, starts = np.cumsum(first) - 1, np.flatnonzero(first)
        people = np.maximum.reduceat(self.rows.customers[self.long], starts)
        times = np.bincount(run)
        pairs, here = np.unique(run * (count + 1) + group[self.long], return_counts=True)
        found = {}
        for more_than in thresholds:
            some = pairs[here > more_than]
            by_group = _sum(people[some // (count + 1)], some % (count + 1), count + 1)
            by_group[count] = people[times > more_than].sum()
            found[more_than] = by_group
        return found


def _momentary_events(
    rows: Interruptions, lasting: NDArray[np.bool_], window_s: float
) -> NDArray[np.intp]:
    """
    Return the first row of each momentary event of each usage point.

    An event takes in all interruptions that begin within the window after its first; if one of them
    is sustained, the whole was the reclosing before a lockout and is no momentary event (IEEE
    1366-2012, MAIFI_E). `rows` stand by usage point and time.
    """
    at = np.flatnonzero(~lasting)
    if not len(at):
        return at
    window = round(window_s * 1000)
    first_s = rows.began_s.min()
    moment = np.round((rows.began_s - first_s) * 1000).astype(np.int64)
    span = int(moment.max()) + 2 * window + 1
    # One ascending number says usage point and time, too far apart to reach another usage point.
    rank = np.cumsum(_firsts(rows.usage_point))
    if int(rank[-1] + 1) * span >= 2**63:
        msg = "so many usage points over so many years are too many at once: ask for fewer years"
        raise InputError(msg)
    clock = rank * span + moment
    short, long = clock[at], clock[lasting]
    after = np.searchsorted(short, short + window, side="right")
    heads = np.zeros(len(at), dtype=bool)
    current = np.flatnonzero(_firsts(rank[at]))
    while len(current):  # one turn for each event of the usage point with the most
        heads[current] = True
        following = after[current]
        goes_on = following < len(at)
        current, following = current[goes_on], following[goes_on]
        current = following[rank[at[following]] == rank[at[current]]]
    head = short[heads]
    next_long = np.append(long, np.iinfo(np.int64).max)[np.searchsorted(long, head, side="right")]
    return at[heads][next_long - head > window]


def _firsts(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Return whether each value is another than the one before it."""
    first = np.ones(len(values), dtype=bool)
    first[1:] = values[1:] != values[:-1]
    return first


def _sum(values: NDArray[Any], group: NDArray[Any], count: int) -> NDArray[np.float64]:
    """Return the sum of the values of each group."""
    return np.asarray(np.bincount(group, values, count), dtype=np.float64)


def _ratio(part: NDArray[Any], whole: NDArray[Any] | np.int64) -> NDArray[np.float64]:
    """Return the ratio; NaN where there is nothing to divide by."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole > 0, part / np.where(whole > 0, whole, 1), np.nan)

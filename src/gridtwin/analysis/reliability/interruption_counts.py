"""Count interruptions by group, and give the indices of IEEE 1366 that the counts come to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.reliability.interruption_records import Interruptions

SUSTAINED_AFTER_S = 300.0


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
        return divide_or_nan(self.interruptions, self.served)

    @property
    def saidi(self) -> NDArray[np.float64]:
        """Minutes without supply per customer served: CMI / N_T."""
        return divide_or_nan(self.customer_minutes, self.served)

    @property
    def caidi(self) -> NDArray[np.float64]:
        """Minutes per sustained interruption: CMI / CI = SAIDI / SAIFI."""
        return divide_or_nan(self.customer_minutes, self.interruptions)

    @property
    def asai(self) -> NDArray[np.float64]:
        """Share of the time with supply: 1 - SAIDI / minutes of the period."""
        return 1 - self.saidi / self.minutes

    @property
    def maifi(self) -> NDArray[np.float64]:
        """Momentary interruptions per customer served."""
        return divide_or_nan(self.momentary, self.served)

    @property
    def maifi_e(self) -> NDArray[np.float64]:
        """Momentary events per customer served: one operation of a device, however many shots."""
        return divide_or_nan(self.momentary_events, self.served)

    def cemi(self, more_than: int) -> NDArray[np.float64]:
        """Share of the customers served with more than n sustained interruptions."""
        return divide_or_nan(self.often[more_than], self.served)


@dataclass(frozen=True, slots=True)
class InterruptionCounts:
    """The interruptions of the period, by usage point and time, and how each counts."""

    rows: Interruptions
    long: NDArray[np.bool_]  # sustained
    short: NDArray[np.bool_]  # momentary
    head: NDArray[np.bool_]  # first of a momentary event

    @classmethod
    def from_interruptions(cls, rows: Interruptions, counting: Counting) -> InterruptionCounts:
        """Return interruptions without overlaps, by usage point and time, with how they count."""
        long = is_sustained(rows, counting)
        head = np.zeros(len(rows), dtype=bool)
        head[_find_momentary_events(rows, long, counting.sustained_after_s)] = True
        return cls(rows, long, ~long, head)

    def restrict_to(self, rows: NDArray[np.bool_]) -> InterruptionCounts:
        """Return it with some of the rows counted, the others not."""
        return InterruptionCounts(self.rows, self.long & rows, self.short & rows, self.head & rows)

    def compute_indices(
        self, served: NDArray[np.int64], minutes: float, counting: Counting
    ) -> tuple[Indices, Indices]:
        """Return the indices of the groups, and of the system."""
        count, rows = len(served), self.rows
        group = np.where(rows.group < 0, count, rows.group)  # the last slot is of no group
        interrupted, momentary, events = (
            sum_by_group(rows.customers[some], group[some], count + 1)
            for some in (self.long, self.short, self.head)
        )
        spent = sum_by_group(compute_customer_minutes(rows)[self.long], group[self.long], count + 1)
        often = self._count_often(group, count, counting.cemi)
        if len(rows) and rows.usage_point[0] < 0:
            events = np.full(count + 1, np.nan)
            often = {more_than: np.full(count + 1, np.nan) for more_than in counting.cemi}
        return Indices(
            minutes,
            served,
            self._count_outages(group, count),
            interrupted[:count].astype(np.int64),
            spent[:count],
            momentary[:count].astype(np.int64),
            events[:count],
            {more_than: people[:count] for more_than, people in often.items()},
        ), Indices(
            minutes,
            np.array([served.sum()]),
            self._count_outages(np.zeros_like(group), 1),
            interrupted.sum(keepdims=True).astype(np.int64),
            spent.sum(keepdims=True),
            momentary.sum(keepdims=True).astype(np.int64),
            events.sum(keepdims=True),
            {more_than: people[count:] for more_than, people in often.items()},
        )

    def _count_outages(self, group: NDArray[np.intp], count: int) -> NDArray[np.int64]:
        """Return the outages with a sustained interruption of each group; unknown ones are many."""
        event, group = self.rows.event[self.long], group[self.long]
        unknown = np.bincount(group[event < 0], minlength=count + 1)
        width = int(event.max(initial=0)) + 1
        pairs = np.sort(group[event >= 0].astype(np.int64) * width + event[event >= 0])
        pairs = pairs[_mark_firsts(pairs)]
        counts = unknown + np.bincount(pairs // width, minlength=count + 1)
        return counts[:count].astype(np.int64)

    def _count_often(
        self, group: NDArray[np.intp], count: int, thresholds: tuple[int, ...]
    ) -> dict[int, NDArray[np.float64]]:
        """Return the customers with more than n sustained interruptions: groups, then system."""
        point = self.rows.usage_point[self.long]
        if not len(point):
            return {more_than: np.zeros(count + 1) for more_than in thresholds}
        # Rows stand by usage point, so that each is one run, and its pairs are almost in order.
        first = _mark_firsts(point)
        run, starts = np.cumsum(first) - 1, np.flatnonzero(first)
        people = np.maximum.reduceat(self.rows.customers[self.long], starts)
        times = np.bincount(run)
        pairs, here = np.unique(run * (count + 1) + group[self.long], return_counts=True)
        often = {}
        for more_than in thresholds:
            some = pairs[here > more_than]
            by_group = sum_by_group(people[some // (count + 1)], some % (count + 1), count + 1)
            by_group[count] = people[times > more_than].sum()
            often[more_than] = by_group
        return often


def is_sustained(rows: Interruptions, counting: Counting) -> NDArray[np.bool_]:
    """Return whether each interruption is sustained."""
    return rows.restored_s - rows.began_s > counting.sustained_after_s


def compute_customer_minutes(rows: Interruptions) -> NDArray[np.float64]:
    """Return the customer-minutes of each interruption."""
    return rows.customers * (rows.restored_s - rows.began_s) / 60


def _find_momentary_events(
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
    rank = np.cumsum(_mark_firsts(rows.usage_point))
    if int(rank[-1] + 1) * span >= 2**63:
        msg = "so many usage points over so many years are too many at once: ask for fewer years"
        raise InputError(msg)
    clock = rank * span + moment
    short, long = clock[at], clock[lasting]
    after = np.searchsorted(short, short + window, side="right")
    heads = np.zeros(len(at), dtype=bool)
    current = np.flatnonzero(_mark_firsts(rank[at]))
    while len(current):  # one turn for each event of the usage point with the most
        heads[current] = True
        following = after[current]
        goes_on = following < len(at)
        current, following = current[goes_on], following[goes_on]
        current = following[rank[at[following]] == rank[at[current]]]
    head = short[heads]
    next_long = np.append(long, np.iinfo(np.int64).max)[np.searchsorted(long, head, side="right")]
    return at[heads][next_long - head > window]


def _mark_firsts(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Return whether each value is another than the one before it."""
    first = np.ones(len(values), dtype=bool)
    first[1:] = values[1:] != values[:-1]
    return first


def sum_by_group(values: NDArray[Any], group: NDArray[Any], count: int) -> NDArray[np.float64]:
    """Return the sum of the values of each group."""
    return np.asarray(np.bincount(group, values, count), dtype=np.float64)


def divide_or_nan(part: NDArray[Any], whole: NDArray[Any] | np.int64) -> NDArray[np.float64]:
    """Return the ratio; NaN where there is nothing to divide by."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole > 0, part / np.where(whole > 0, whole, 1), np.nan)

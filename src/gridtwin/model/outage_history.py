"""An outage history: outages, every change seen of them, and the load on the system over time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float = NDArray[np.float64]
    Codes = NDArray[np.int32]


@dataclass(frozen=True)
class Words:
    """A column of text as codes into its distinct values; -1 where there is none."""

    codes: Codes
    texts: tuple[str, ...]

    def take_rows(self, rows: NDArray[np.int64]) -> Words:
        """Return the same column at ``rows``."""
        return Words(self.codes[rows], self.texts)


@dataclass(frozen=True)
class Outages:
    """
    One row per outage, in order of ``first_seen_s``, then ``id``; shape (n,).

    Times are unix seconds UTC, NaN where there is none. ``gone_s`` is the first scrape that no
    longer showed the outage: nothing about its end is known before that moment.
    """

    id: NDArray[np.object_]
    start_s: Float
    first_seen_s: Float
    last_seen_s: Float
    gone_s: Float
    etr_first_s: Float
    etr_first_seen_s: Float
    lat: Float
    lon: Float
    region: Words
    kind: Words
    hierarchy: Words
    planned: NDArray[np.bool_]
    clean: NDArray[np.bool_]

    def __len__(self) -> int:
        """Return the number of outages."""
        return len(self.id)

    @cached_property
    def restoration_s(self) -> Float:
        """Middle of the interval in which power came back, known only from ``gone_s`` on."""
        return (self.last_seen_s + self.gone_s) / 2


@dataclass(frozen=True)
class Revisions:
    """Every change seen of every outage, in order of outage row, then time; shape (m,)."""

    row: NDArray[np.int64]  # which outage, a position in `Outages`
    t_s: Float
    start_s: Float
    etr_s: Float
    auto_etr_s: Float
    customers: Float
    cause: Words
    crew: Words


@dataclass(frozen=True)
class Snapshots:
    """How many outages and customers each scrape showed, in order of time; shape (k,)."""

    t_s: Float
    outages: Float
    customers: Float


@dataclass(frozen=True)
class OutageHistory:
    """Everything one source ever showed."""

    source: str
    outages: Outages
    revisions: Revisions
    snapshots: Snapshots

    def __len__(self) -> int:
        """Return the number of outages."""
        return len(self.outages)

    @cached_property
    def span_s(self) -> tuple[float, float]:
        """First and last moment at which anything was seen."""
        seen = [self.outages.first_seen_s, self.outages.last_seen_s, self.snapshots.t_s]
        times = np.concatenate([*seen, self.outages.gone_s])
        times = times[np.isfinite(times)]
        return (float(times.min()), float(times.max())) if times.size else (0.0, 0.0)


def take_outages(outages: Outages, rows: NDArray[np.int64]) -> Outages:
    """Return the outages at ``rows``, in that order."""
    taken: dict[str, Any] = {
        name: value.take_rows(rows) if isinstance(value, Words) else value[rows]
        for name, value in vars(outages).items()
        if name in Outages.__dataclass_fields__
    }
    return Outages(**taken)


def take_revisions(revisions: Revisions, rows: NDArray[np.int64]) -> Revisions:
    """Return the revisions at ``rows``, in that order."""
    taken: dict[str, Any] = {
        name: value.take_rows(rows) if isinstance(value, Words) else value[rows]
        for name, value in vars(revisions).items()
    }
    return Revisions(**taken)


def select_outages(history: OutageHistory, keep: NDArray[np.bool_]) -> OutageHistory:
    """Return the history of the outages where ``keep``; all snapshots stay."""
    rows = np.flatnonzero(keep)
    place = np.full(len(history), -1, np.int64)
    place[rows] = np.arange(rows.size)
    moved = place[history.revisions.row]
    revisions = take_revisions(history.revisions, np.flatnonzero(moved >= 0))
    return replace(
        history,
        outages=take_outages(history.outages, rows),
        revisions=replace(revisions, row=moved[moved >= 0]),
    )

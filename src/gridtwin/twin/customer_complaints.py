"""Hold what customers complain of against what their meters, and their neighbors', measured."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.analysis.ami.voltage_periods import INFREQUENT_SHARE, MeterVoltages
from gridtwin.errors import InputError
from gridtwin.model.customers import VOLTAGE_COMPLAINTS
from gridtwin.model.moments import DAY_S, read_moment, read_period
from gridtwin.model.tables import decode_texts, encode_texts
from gridtwin.results.complaint_answers import (
    ComplaintVoltage,
    TransformerComplaints,
    VoltageComplaints,
)
from gridtwin.topology.membership import find_serving_transformers
from gridtwin.twin.customer_loading import find_complaint_places
from gridtwin.twin.questions import NetworkQuestions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gridtwin.results.customer_masking import Viewer
    from gridtwin.store.protocol import Store
    from gridtwin.twin.customer_privacy import CustomerPrivacy

PERIOD_S = 30 * DAY_S  # of a period without a start
COMPARED_DAYS = 7.0  # before and after a complaint
MOST_COMPARED_DAYS = 62.0
MOST_COMPLAINTS = 1_000


class CustomerComplaints:
    """What customers complain of, and what was measured."""

    def __init__(self, store: Store, privacy: CustomerPrivacy) -> None:
        self._store = store
        self._book = store.customers
        self._privacy = privacy

    def compare_voltages(
        self,
        viewer: Viewer,
        *,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
        days: float = COMPARED_DAYS,
        often: float = INFREQUENT_SHARE,
        limit: int = 200,
    ) -> VoltageComplaints:
        """
        Return complaints of voltage with what was measured before and after each.

        Parameters
        ----------
        viewer
            Who asks; it is noted.
        start, end
            Complaints received in ``start <= t < end``; by default in the 30 days up to now.
        days
            How long before and after each of them.
        often
            Share of intervals outside Range A from which on a period is out of range.
        limit
            How many complaints at most, the last first.

        Raises
        ------
        InputError
            If the period ends before it begins, or `days` or `often` is none.
        """
        _check_comparison(days, often)
        first_s, last_s = read_period(start, end, latest_s=None, length_s=PERIOD_S)
        period = datetime.fromtimestamp(first_s, UTC), datetime.fromtimestamp(last_s, UTC)
        limit = min(limit, MOST_COMPLAINTS)
        rows = self._book.list_complaints(
            VOLTAGE_COMPLAINTS,
            start=period[0].isoformat(timespec="seconds"),
            end=period[1].isoformat(timespec="seconds"),
            limit=limit + 1,
        )
        self._privacy.note_lookup(viewer, "complaints", f"{period[0]} {period[1]}", [])
        places = self._find_places(rows[:limit])
        served = self._list_served(places.values())
        span_s = _span_complaints(rows[:limit], days)
        measured = self._read_voltages({*places.values(), *chain(*served.values())}, span_s)
        transformer_of = {point: name for name, points in served.items() for point in points}
        complaining = set(places.values())
        transformers = [
            _count_transformer(name, points, complaining, measured, span_s, often)
            for name, points in served.items()
        ]
        return VoltageComplaints(
            *period,
            days,
            often,
            [
                _compare_complaint(
                    row, places.get(row["complaint"], ""), transformer_of, measured, days, often
                )
                for row in rows[:limit]
            ],
            sorted(transformers, key=_rank_transformer),
            more=len(rows) > limit,
        )

    def compare_complaints(self, rows: Sequence[Mapping[str, Any]]) -> list[ComplaintVoltage]:
        """Return complaints with what was measured in the week before and after each."""
        places = self._find_places(rows) if rows else {}
        found = []
        for row in rows:  # years may lie between two of them: each is read for itself
            point = places.get(row["complaint"], "")
            span_s = _span_complaints([row], COMPARED_DAYS)
            measured = self._read_voltages({point} - {""}, span_s)
            found.append(
                _compare_complaint(row, point, {}, measured, COMPARED_DAYS, INFREQUENT_SHARE)
            )
        return found

    @cached_property
    def _network(self) -> NetworkQuestions:
        return NetworkQuestions(self._store)

    def _find_places(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
        named = ((row["complaint"], row["esi_id"], row["account"]) for row in rows)
        return find_complaint_places(self._book, named)

    def _read_voltages(self, points: set[str], span_s: tuple[int, int]) -> MeterVoltages:
        return MeterVoltages(self._store.readings.read_meters(sorted(points), *span_s))

    def _list_served(self, points: Iterable[str]) -> dict[str, list[str]]:
        """Return all usage points of the transformers that serve some, by transformer."""
        situation = self._network.situation()
        data = situation.data
        serving = find_serving_transformers(situation.index, data)
        rows = self._store.network.ids.tables["usage_points"].find_rows(
            encode_texts(sorted(set(points)))
        )
        transformers = np.unique(serving[rows[rows >= 0]])
        members = np.flatnonzero(np.isin(serving, transformers[transformers >= 0]))
        served: dict[str, list[str]] = {}
        for name, point in zip(
            decode_texts(data.equipment.mrid[serving[members]]).tolist(),
            decode_texts(data.usage_points.mrid[members]).tolist(),
            strict=True,
        ):
            served.setdefault(name, []).append(point)
        return served


def _span_complaints(rows: Sequence[Mapping[str, Any]], days: float) -> tuple[int, int]:
    """Return from when to when readings are looked at, unix seconds."""
    moments = [read_moment(row["received_at"]).timestamp() for row in rows] or [0.0]
    return math.floor(min(moments) - days * DAY_S), math.ceil(max(moments) + days * DAY_S)


def _compare_complaint(
    row: Mapping[str, Any],
    point: str,
    transformer_of: Mapping[str, str],
    measured: MeterVoltages,
    days: float,
    often: float,
) -> ComplaintVoltage:
    at = read_moment(row["received_at"])
    at_s, margin_s = at.timestamp(), days * DAY_S
    return ComplaintVoltage(
        row["complaint"],
        row["kind"],
        at,
        row["esi_id"],
        row["account"],
        point,
        transformer_of.get(point, ""),
        measured.sum_period(point, at_s - margin_s, at_s),
        measured.sum_period(point, at_s, at_s + margin_s),
        often,
    )


def _rank_transformer(each: TransformerComplaints) -> tuple[float, int, str]:
    """Return in what order transformers come: of which the most are out of range first."""
    return -each.out_of_range / max(1, each.read), -each.complaining, each.transformer


def _count_transformer(
    name: str,
    points: Sequence[str],
    complaining: set[str],
    measured: MeterVoltages,
    period_s: tuple[int, int],
    often: float,
) -> TransformerComplaints:
    periods = {point: measured.sum_period(point, *period_s) for point in points}
    out = {point for point, each in periods.items() if each.is_out_of_range(often)}
    return TransformerComplaints(
        name,
        len(points),
        len(complaining & set(points)),
        sum(each.intervals > 0 for each in periods.values()),
        len(out),
        len(out & complaining),
    )


def _check_comparison(days: float, often: float) -> None:
    if not 0 < days <= MOST_COMPARED_DAYS:
        msg = f"{days:g} days: compare more than 0 days, and at most {MOST_COMPARED_DAYS:g}"
        raise InputError(msg)
    if not 0 <= often <= 1:
        msg = f"{often:g} is no share of intervals: give one from 0 to 1"
        raise InputError(msg)

"""Hold what flows in as time goes on: meter readings, events of equipment, alerts, conditions."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np

from gridtwin.model.events import EVENT_CODE, MeterEvents

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.tables import Strings

INTERVAL_S = 900
INTERVAL_H = INTERVAL_S / 3_600
BASE_V = 120.0  # service voltage that `voltage_v` is given on, whatever the meter's own is

GRID_EVENT_KINDS: tuple[str, ...] = ("switch_operation", "fault", "scada_status")
GRID_EVENT_CODE: dict[str, int] = {name: code for code, name in enumerate(GRID_EVENT_KINDS)}
SWITCH_OPERATION, FAULT, SCADA_STATUS = range(len(GRID_EVENT_KINDS))

ALERT_KINDS: tuple[str, ...] = (
    "last_gasp",
    "power_restored",
    "outage_opened",
    "outage_changed",
    "outage_closed",
)
ALERT_CODE: dict[str, int] = {name: code for code, name in enumerate(ALERT_KINDS)}
REPORTED = 2  # kinds before this one come from meters; the others are told by the twin


class _Columns:
    """Columns of one length, among them the time; a base of dataclasses."""

    __slots__ = ()
    at_s: NDArray[Any]

    def take_rows(self, rows: NDArray[Any]) -> Self:
        """Return the rows named, or those where a mask is true."""
        names = (field.name for field in fields(cast("Any", self)))
        return cast(
            "Self", replace(cast("Any", self), **{n: getattr(self, n)[rows] for n in names})
        )

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self.at_s)


@dataclass(frozen=True, slots=True)
class Readings(_Columns):
    """
    What meters measured in intervals of 15 minutes, in any order.

    Energy below zero was received from the customer. NaN: not given.
    """

    mrid: Strings  # of the usage point
    at_s: NDArray[np.int64]  # end of the interval, seconds since 1970-01-01 UTC; whole intervals
    kwh: NDArray[np.float32]  # energy of the interval
    voltage_v: NDArray[np.float32]  # mean rms voltage of the interval, on a base of 120 V


@dataclass(frozen=True, slots=True)
class GridEvents(_Columns):
    """What happened to equipment, in any order."""

    event_id: Strings
    at_s: NDArray[np.float64]  # seconds since 1970-01-01 UTC
    kind: NDArray[np.uint8]  # row of `GRID_EVENT_KINDS`
    equipment: Strings  # mRID
    open_phases: NDArray[np.uint8]  # bits of `phases` open afterwards, or that the fault is on
    actor: Strings
    detail: Strings


@dataclass(frozen=True, slots=True)
class OutageAlerts(_Columns):
    """What meters report of their supply, and what the twin tells of outages, in any order."""

    event_id: Strings
    at_s: NDArray[np.float64]  # seconds since 1970-01-01 UTC
    kind: NDArray[np.uint8]  # row of `ALERT_KINDS`
    meter: Strings  # mRID of the usage point; empty for an outage
    outage: Strings  # id of the outage; empty for a meter
    status: Strings
    device: Strings  # mRID; empty where not known
    customers_out: NDArray[np.int64]  # -1: not given
    etr_s: NDArray[np.float64]  # NaN: none

    def meter_events(self) -> MeterEvents:
        """Return what meters reported, as the inference of outages takes it."""
        said = np.flatnonzero(self.kind < REPORTED)
        codes = np.array([EVENT_CODE[name] for name in ALERT_KINDS[:REPORTED]], dtype=np.uint8)
        return MeterEvents(
            self.meter[said],
            codes[self.kind[said]],
            self.at_s[said],
            np.zeros(len(said), dtype=np.uint8),
        )


@dataclass(frozen=True, slots=True)
class Conditions(_Columns):
    """Weather and price of intervals of 15 minutes, in any order; NaN: not given."""

    at_s: NDArray[np.int64]  # end of the interval, seconds since 1970-01-01 UTC
    temperature_c: NDArray[np.float32]
    price_usd_mwh: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ZonePrices(_Columns):
    """Prices of load zones in intervals of 15 minutes, in any order."""

    at_s: NDArray[np.int64]  # end of the interval, seconds since 1970-01-01 UTC
    load_zone: Strings
    price_usd_mwh: NDArray[np.float32]

    def keep_last(self) -> ZonePrices:
        """Return the last price of each zone and interval, in order of time."""
        keys = zip(self.at_s.tolist(), self.load_zone.tolist(), strict=True)
        rows = {key: row for row, key in enumerate(keys)}
        return self.take_rows(np.array([rows[key] for key in sorted(rows)], dtype=np.int64))

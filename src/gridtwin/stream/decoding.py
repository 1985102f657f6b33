"""
Read many messages of a topic at once: what keeps the contract as columns, the rest with reasons.

A message is JSON, or Confluent's wire format if its first byte is zero. No message, whatever is in
it, makes a batch fail.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
import orjson

from gridtwin.model import phases
from gridtwin.model.readings import (
    ALERT_CODE,
    GRID_EVENT_CODE,
    Conditions,
    GridEvents,
    OutageAlerts,
    Readings,
)
from gridtwin.model.tables import encode_texts
from gridtwin.stream.contracts import LARGEST_MESSAGE, Window, read_contract
from gridtwin.stream.message_checks import Parsed, Reason, Rejected, check_messages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from gridtwin.model.tables import Strings
    from gridtwin.stream.wire import Registry

WIRE_MAGIC = 0  # first byte of Confluent's wire format
Rows = TypeVar("Rows", Readings, GridEvents, OutageAlerts, Conditions)


@dataclass(frozen=True, slots=True)
class Decoded(Generic[Rows]):
    """What a batch of messages says."""

    values: Rows
    rows: NDArray[np.int64]  # row in the batch of the message each value came with
    rejected: list[Rejected]  # in order of their rows


def decode_readings(
    values: Sequence[bytes | None],
    *,
    window: Window | None = None,
    registry: Registry | None = None,
) -> Decoded[Readings]:
    """
    Return the readings of many messages of ``ami_readings``.

    Parameters
    ----------
    values
        The values of the messages as they came.
    window
        Times that are taken; by default from 2000 to 2100.
    registry
        Where the schemas of Confluent's wire format are; without one such messages are rejected.

    Raises
    ------
    StoreError
        If the registry cannot be reached.
    """
    return _decode_messages("ami_readings", _build_readings, values, window, registry)


def decode_grid_events(
    values: Sequence[bytes | None],
    *,
    window: Window | None = None,
    registry: Registry | None = None,
) -> Decoded[GridEvents]:
    """Return the events of many messages of ``grid_events``; see `decode_readings`."""
    return _decode_messages("grid_events", _build_grid_events, values, window, registry)


def decode_outage_alerts(
    values: Sequence[bytes | None],
    *,
    window: Window | None = None,
    registry: Registry | None = None,
) -> Decoded[OutageAlerts]:
    """Return the alerts of many messages of ``outage_alerts``; see `decode_readings`."""
    return _decode_messages("outage_alerts", _build_outage_alerts, values, window, registry)


def decode_conditions(
    values: Sequence[bytes | None],
    *,
    window: Window | None = None,
    registry: Registry | None = None,
) -> Decoded[Conditions]:
    """Return the conditions of many messages of ``conditions``; see `decode_readings`."""
    return _decode_messages("conditions", _build_conditions, values, window, registry)


def _decode_messages(
    topic: str,
    made: Callable[[dict[str, Any]], Rows],
    values: Sequence[bytes | None],
    window: Window | None,
    registry: Registry | None,
) -> Decoded[Rows]:
    checked = check_messages(
        parse_messages(topic, values, registry), read_contract(topic), window or Window()
    )
    return Decoded(made(checked.columns), checked.rows, checked.rejected)


def parse_messages(
    topic: str, values: Sequence[bytes | None], registry: Registry | None = None
) -> Parsed:
    """Return the objects that messages are, and those that are none with the reason."""
    parsed = Parsed([], [], [])
    loads = orjson.loads
    for row, value in enumerate(values):
        if not value or len(value) > LARGEST_MESSAGE or value[0] == WIRE_MAGIC:
            message = _parse_unusual(topic, value, registry)
        else:
            try:
                message = loads(value)
            except orjson.JSONDecodeError as error:
                message = Reason(f"no JSON: {str(error).splitlines()[0]}")
        if type(message) is dict:
            parsed.messages.append(message)
            parsed.rows.append(row)
        else:
            reason = message if type(message) is Reason else "no JSON object"
            parsed.rejected.append(Rejected(row, reason))
    return parsed


def _parse_unusual(topic: str, value: bytes | None, registry: Registry | None) -> Any:
    """Return what an empty, long or Confluent message says, or the `Reason` why nothing."""
    if not value:
        return Reason("the message is empty")
    if len(value) > LARGEST_MESSAGE:
        return Reason(f"{len(value):,} bytes are too many: at most {LARGEST_MESSAGE:,} are taken")
    if registry is None:
        return Reason("Confluent's wire format, but no schema registry is given")
    return registry.read_message(topic, value)


def _build_texts(column: Iterable[str | None]) -> Strings:
    return encode_texts([value or "" for value in column])


def _encode_codes(column: list[str], code: dict[str, int]) -> NDArray[np.uint8]:
    return np.array([code[value] for value in column], dtype=np.uint8)


def _build_readings(columns: dict[str, Any]) -> Readings:
    return Readings(
        mrid=encode_texts(columns["meter_id"]),
        at_s=columns["reading_time"].astype(np.int64),
        kwh=columns["kwh"].astype(np.float32),
        voltage_v=columns["voltage_v"].astype(np.float32),
    )


def _build_grid_events(columns: dict[str, Any]) -> GridEvents:
    texts = columns["open_phases"]
    masks = {text: phases.parse_phases(text or "") for text in set(texts)}
    return GridEvents(
        event_id=encode_texts(columns["event_id"]),
        at_s=columns["event_time"],
        kind=_encode_codes(columns["kind"], GRID_EVENT_CODE),
        equipment=encode_texts(columns["equipment_id"]),
        open_phases=np.array([masks[text] for text in texts], dtype=np.uint8),
        actor=_build_texts(columns["actor"]),
        detail=_build_texts(columns["detail"]),
    )


def _build_outage_alerts(columns: dict[str, Any]) -> OutageAlerts:
    return OutageAlerts(
        event_id=encode_texts(columns["event_id"]),
        at_s=columns["event_time"],
        kind=_encode_codes(columns["kind"], ALERT_CODE),
        meter=_build_texts(columns["meter_id"]),
        outage=_build_texts(columns["outage_id"]),
        status=_build_texts(columns["status"]),
        device=_build_texts(columns["device"]),
        customers_out=np.nan_to_num(columns["customers_out"], nan=-1).astype(np.int64),
        etr_s=columns["etr"],
    )


def _build_conditions(columns: dict[str, Any]) -> Conditions:
    return Conditions(
        at_s=columns["time"].astype(np.int64),
        temperature_c=columns["temperature_c"].astype(np.float32),
        price_usd_mwh=columns["price_usd_mwh"].astype(np.float32),
    )

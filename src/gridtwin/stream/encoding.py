"""Write readings, events, alerts and conditions as JSON messages, one value and one key each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from gridtwin.model import phases
from gridtwin.model.readings import ALERT_KINDS, GRID_EVENT_KINDS
from gridtwin.model.tables import decode_texts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.readings import Conditions, GridEvents, OutageAlerts, Readings
    from gridtwin.model.tables import Strings

READING_MESSAGE = b'{"meter_id":%b,"reading_time":%b,"kwh":%b,"voltage_v":%b,"quality":"ok"}'
CONDITION_MESSAGE = b'{"time":%b,"temperature_c":%b,"price_usd_mwh":%b}'


def encode_readings(readings: Readings) -> list[bytes]:
    """Return the messages of readings; their keys are ``readings.mrid.tolist()``."""
    columns = (
        format_json_texts(readings.mrid),
        format_json_times(readings.at_s),
        format_json_numbers(readings.kwh),
        format_json_numbers(readings.voltage_v),
    )
    return [READING_MESSAGE % row for row in zip(*columns, strict=True)]


def encode_conditions(conditions: Conditions) -> list[bytes]:
    """Return the messages of conditions; their keys are the times, `format_json_times` unquoted."""
    columns = (
        format_json_times(conditions.at_s),
        format_json_numbers(conditions.temperature_c),
        format_json_numbers(conditions.price_usd_mwh),
    )
    return [CONDITION_MESSAGE % row for row in zip(*columns, strict=True)]


def encode_grid_events(events: GridEvents) -> list[bytes]:
    """Return the messages of events; their keys are ``events.equipment.tolist()``."""
    return _encode_objects(
        {
            "event_id": _encode_words(events.event_id),
            "event_time": format_times(events.at_s),
            "kind": [GRID_EVENT_KINDS[code] for code in events.kind.tolist()],
            "equipment_id": _encode_words(events.equipment),
            "open_phases": phases.PHASE_CODES[events.open_phases & 63].tolist(),
            "actor": _encode_words(events.actor),
            "detail": _encode_words(events.detail),
        },
        keep=frozenset({"open_phases"}),
    )


def encode_outage_alerts(alerts: OutageAlerts) -> list[bytes]:
    """Return the messages of alerts; a key is the meter, or the outage where there is none."""
    return _encode_objects(
        {
            "event_id": _encode_words(alerts.event_id),
            "event_time": format_times(alerts.at_s),
            "kind": [ALERT_KINDS[code] for code in alerts.kind.tolist()],
            "meter_id": _encode_words(alerts.meter),
            "outage_id": _encode_words(alerts.outage),
            "status": _encode_words(alerts.status),
            "device": _encode_words(alerts.device),
            "customers_out": [None if n < 0 else n for n in alerts.customers_out.tolist()],
            "etr": format_times(alerts.etr_s),
        }
    )


def list_alert_keys(alerts: OutageAlerts) -> list[bytes]:
    """Return the key of each alert: its meter, or its outage."""
    return np.where(alerts.meter == b"", alerts.outage, alerts.meter).tolist()


def _encode_objects(
    columns: dict[str, list[Any]], keep: frozenset[str] = frozenset()
) -> list[bytes]:
    """Return one JSON object a row, without what is empty unless it is to be kept."""
    names = tuple(columns)
    return [
        orjson.dumps(
            {
                name: value
                for name, value in zip(names, row, strict=True)
                if name in keep or (value is not None and value != "")
            }
        )
        for row in zip(*columns.values(), strict=True)
    ]


def _encode_words(texts: Strings) -> list[str]:
    return decode_texts(texts).tolist()


def format_times(at_s: NDArray[Any]) -> list[str | None]:
    """Return times as ISO 8601 in UTC, with milliseconds where they are not whole seconds."""
    millis = np.round(np.nan_to_num(np.asarray(at_s, dtype=np.float64)) * 1000).astype(np.int64)
    distinct, place = np.unique(millis, return_inverse=True)
    texts = np.datetime_as_string(distinct.astype("datetime64[ms]"), unit="ms").tolist()
    words = [text.removesuffix(".000") + "Z" for text in texts]
    missing = np.isnan(at_s)
    return [
        None if none else words[at]
        for at, none in zip(place.tolist(), missing.tolist(), strict=True)
    ]


def format_json_times(at_s: NDArray[Any]) -> list[bytes]:
    """Return times as JSON texts."""
    distinct, place = np.unique(at_s, return_inverse=True)
    words = [b'"%b"' % (word or "").encode() for word in format_times(distinct)]
    return [words[at] for at in place.tolist()]


def format_json_numbers(values: NDArray[Any]) -> list[bytes]:
    """Return numbers as JSON with the fewest digits that say them; NaN as null."""
    if not len(values):
        return []
    text = orjson.dumps(np.ascontiguousarray(values), option=orjson.OPT_SERIALIZE_NUMPY)
    return text[1:-1].split(b",")


def format_json_texts(values: Strings) -> list[bytes]:
    """Return texts as JSON texts."""
    plain = values.view(np.uint8)
    risky = (plain == 0x22) | (plain == 0x5C) | ((plain < 0x20) & (plain > 0)) | (plain > 0x7E)
    if not risky.any():
        return [b'"%b"' % value for value in values.tolist()]
    return [orjson.dumps(text) for text in _encode_words(values)]

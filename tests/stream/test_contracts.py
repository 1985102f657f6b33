"""What goes over the topics: the published schemas, and messages good, bad, older and newer."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples import scale_examples
from gridtwin.model.events import LAST_GASP, POWER_RESTORED
from gridtwin.model.readings import (
    ALERT_CODE,
    Conditions,
    GridEvents,
    OutageAlerts,
    Readings,
)
from gridtwin.model.tables import encode_texts
from gridtwin.stream.contracts import (
    LARGEST_MESSAGE,
    TOPICS,
    Window,
    read_avro_schema,
    read_contract,
    read_json_schema,
)
from gridtwin.stream.decoding import (
    decode_conditions,
    decode_grid_events,
    decode_outage_alerts,
    decode_readings,
    parse_messages,
)
from gridtwin.stream.encoding import (
    encode_conditions,
    encode_grid_events,
    encode_outage_alerts,
    encode_readings,
    list_alert_keys,
)
from gridtwin.stream.message_checks import check_messages

READING = {
    "meter_id": "UP-1",
    "reading_time": "2026-07-01T00:15:00Z",
    "kwh": 0.312,
    "voltage_v": 121.4,
    "quality": "ok",
}
AT_S = datetime(2026, 7, 1, 0, 15, tzinfo=UTC).timestamp()


def message(**changes: Any) -> bytes:
    changed = {**READING, **changes}
    return json.dumps({k: v for k, v in changed.items() if v != "(left out)"}).encode()


def reason(value: bytes | None) -> str:
    """Return why a message is rejected; empty if it is not."""
    decoded = decode_readings([value])
    assert len(decoded.values) + len(decoded.rejected) == 1
    return decoded.rejected[0].reason if decoded.rejected else ""


def test_a_reading_is_read() -> None:
    decoded = decode_readings([message(), message(kwh=None, quality="estimated")])
    readings = decoded.values
    assert readings.mrid.tolist() == [b"UP-1", b"UP-1"]
    assert readings.at_s.tolist() == [AT_S, AT_S]
    assert readings.kwh[0] == np.float32(0.312)
    assert np.isnan(readings.kwh[1])
    assert readings.voltage_v.tolist() == [np.float32(121.4)] * 2
    assert decoded.rows.tolist() == [0, 1]
    assert not decoded.rejected


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (None, "empty"),
        (b"", "empty"),
        (b"{", "no JSON"),
        (b"[]", "no JSON object"),
        (b"null", "no JSON object"),
        (b'"no object"', "no JSON object"),
        (b'{"meter_id":"UP-1"}{}', "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (message(meter_id="(left out)"), "meter_id is missing"),
        (message(meter_id=None), "meter_id is missing"),
        (message(meter_id=5), "meter_id 5 is no text"),
        (message(meter_id=""), "letters"),
        (message(meter_id="x" * 129), "1 to 128 letters"),
        (message(meter_id="UP\n1"), "not allowed"),
        (message(meter_id="UP\x00"), "not allowed"),
        (message(reading_time="(left out)"), "reading_time is missing"),
        (message(reading_time=1782864900), "is no time"),
        (message(reading_time="2026-07-01T00:15:00"), "is no time"),
        (message(reading_time="2026-07-01T00:15:00Z\n"), "is no time"),
        (message(reading_time="2026-07-01T00:07:00Z"), "quarter"),
        (message(reading_time="2026-02-30T00:15:00Z"), "is no time"),
        (message(reading_time="1999-07-01T00:15:00Z"), "too long ago"),
        (message(kwh="0.3"), "is no number"),
        (message(kwh=True), "is no number"),
        (message(kwh=[1]), "is no number"),
        (message(kwh={}), "is no number"),
        (message(kwh=1e9), "kwh 1000000000.0 is not between -10000 and 10000"),
        (message().replace(b"0.312", b"NaN"), "no JSON"),
        (message().replace(b"0.312", b"1e999"), "no JSON"),
        (message(voltage_v=-1), "voltage_v -1 is not between"),
        (message(kwh=None, voltage_v="(left out)"), "neither kwh nor voltage_v"),
        (message(quality="guessed"), "none of estimated, ok"),
        (message(quality=["ok"]), "is no text"),
        (message(padding="x" * LARGEST_MESSAGE), "bytes"),
        (b"\x00\x00\x00\x00\x01abc", "no schema registry"),
        (b'{"a":' * 2_000, "no JSON"),
    ],
)
def test_what_breaks_the_contract_is_rejected_with_the_reason(
    value: bytes | None, why: str
) -> None:
    assert why in reason(value)


def test_one_bad_message_costs_nobody_else_anything() -> None:
    values = [message(meter_id=f"UP-{n}") for n in range(100)]
    values[13], values[57] = b"{", message(kwh="much")
    decoded = decode_readings(values)
    assert [each.row for each in decoded.rejected] == [13, 57]
    assert decoded.rows.tolist() == [n for n in range(100) if n not in {13, 57}]
    assert decoded.values.mrid.tolist() == [f"UP-{n}".encode() for n in decoded.rows]


def test_a_window_of_time_holds_messages_off() -> None:
    window = Window.span_around(AT_S, past_s=3600, future_s=900)
    values = [
        message(reading_time=f"2026-0{month}-01T{hour}:00Z")
        for month, hour in ((6, "00:15"), (7, "00:15"), (7, "00:30"), (7, "00:45"))
    ]
    decoded = decode_readings(values, window=window)
    assert decoded.rows.tolist() == [1, 2]


values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=200),
    st.sampled_from(["", "ABC", "s1s2", "2026-07-01T00:15:00Z", "2026-07-01T00:15:30.25+02:00"]),
    st.lists(st.integers(), max_size=2),
)


@st.composite
def objects(draw: st.DrawFn, topic: str) -> dict[str, Any]:
    """Draw objects that keep the schema of a topic, some of them spoiled in a field or two."""
    drawn = {}
    for name, stated in read_json_schema(topic)["properties"].items():
        if "pattern" in stated and stated.get("format") == "date-time":
            good: st.SearchStrategy[Any] = st.sampled_from(
                ["2026-07-01T00:15:00Z", "2026-07-01T05:45:00.000+05:45"]
            )
        elif "enum" in stated:
            good = st.sampled_from(stated["enum"])
        elif "string" in stated["type"]:
            good = st.sampled_from(["A", "ABC", "s1"])
        else:
            good = st.sampled_from([0, 1, -3, 25])
        if draw(st.integers(0, 9)):
            drawn[name] = draw(values) if not draw(st.integers(0, 9)) else draw(good)
    return drawn


@pytest.mark.parametrize("topic", TOPICS)
@settings(max_examples=scale_examples(300))
@given(data=st.data())
def test_a_message_is_taken_if_and_only_if_it_keeps_the_published_schema(
    topic: str, data: st.DataObject
) -> None:
    drawn = data.draw(objects(topic))
    value = json.dumps(drawn).encode()
    checker = jsonschema.Draft202012Validator(read_json_schema(topic))
    checked = check_messages(parse_messages(topic, [value]), read_contract(topic), Window())
    if "NaN" in value.decode() or "Infinity" in value.decode():
        assert checked.rejected
    else:
        # jsonschema reads 1.0 as an integer and lets `$` stand before a final newline.
        whole = any(isinstance(each, float) and each.is_integer() for each in drawn.values())
        newline = any(isinstance(each, str) and each.endswith("\n") for each in drawn.values())
        huge = any(isinstance(each, int) and abs(each) >= 2**63 for each in drawn.values())
        if not (whole or newline or huge):
            assert bool(checked.rejected) != checker.is_valid(drawn)


@settings(max_examples=scale_examples(300))
@given(st.lists(st.one_of(st.none(), st.binary(max_size=60), st.text().map(str.encode))))
def test_no_bytes_whatever_make_a_batch_fail(values: list[bytes | None]) -> None:
    for decoded in (
        decode_readings(values),
        decode_grid_events(values),
        decode_outage_alerts(values),
        decode_conditions(values),
    ):
        rows = sorted([*decoded.rows.tolist(), *(each.row for each in decoded.rejected)])
        assert rows == list(range(len(values)))


def some_readings() -> Readings:
    return Readings(
        encode_texts(["UP-1", 'UP"2"', "UP-Ü", "UP-4"]),
        np.array([AT_S, AT_S, AT_S + 900, AT_S], dtype=np.int64),
        np.array([0.312, -1.5, np.nan, 1e-4], dtype=np.float32),
        np.array([121.4, np.nan, 119.9, 0], dtype=np.float32),
    )


def some_events() -> GridEvents:
    return GridEvents(
        encode_texts(["e1", "e2"]),
        np.array([AT_S, AT_S + 0.25]),
        np.array([0, 1], dtype=np.uint8),
        encode_texts(["SW-1", "LINE-7"]),
        np.array([0, 5], dtype=np.uint8),
        encode_texts(["op", ""]),
        encode_texts(["", "tree on line"]),
    )


def some_alerts() -> OutageAlerts:
    return OutageAlerts(
        encode_texts(["a1", "a2", "a3"]),
        np.array([AT_S, AT_S + 1.5, AT_S]),
        np.array([0, 1, ALERT_CODE["outage_opened"]], dtype=np.uint8),
        encode_texts(["UP-1", "UP-2", ""]),
        encode_texts(["", "", "OUT-9"]),
        encode_texts(["", "", "confirmed"]),
        encode_texts(["", "", "FUSE-1"]),
        np.array([-1, -1, 57]),
        np.array([np.nan, np.nan, AT_S + 7200]),
    )


def some_conditions() -> Conditions:
    return Conditions(
        np.array([AT_S, AT_S + 900], dtype=np.int64),
        np.array([38.5, np.nan], dtype=np.float32),
        np.array([5000, 23.25], dtype=np.float32),
    )


@pytest.mark.parametrize(
    ("topic", "rows", "encoded", "decoded"),
    [
        ("ami_readings", some_readings(), encode_readings, decode_readings),
        ("grid_events", some_events(), encode_grid_events, decode_grid_events),
        ("outage_alerts", some_alerts(), encode_outage_alerts, decode_outage_alerts),
        ("conditions", some_conditions(), encode_conditions, decode_conditions),
    ],
)
def test_what_is_written_keeps_the_schema_and_is_read_back_the_same(
    topic: str, rows: Any, encoded: Any, decoded: Any
) -> None:
    messages = encoded(rows)
    for value in messages:
        jsonschema.validate(json.loads(value), read_json_schema(topic))
    back = decoded(messages)
    assert not back.rejected
    for name in rows.__match_args__:
        np.testing.assert_array_equal(getattr(back.values, name), getattr(rows, name), name)


def test_alerts_are_keyed_by_meter_or_outage() -> None:
    assert list_alert_keys(some_alerts()) == [b"UP-1", b"UP-2", b"OUT-9"]


def test_what_meters_report_is_what_the_inference_takes() -> None:
    events = some_alerts().meter_events()
    assert events.mrid.tolist() == [b"UP-1", b"UP-2"]
    assert events.kind.tolist() == [LAST_GASP, POWER_RESTORED]


def test_a_reader_of_version_1_reads_json_of_a_later_version() -> None:
    later = message(firmware="9.1", phases={"A": 120.1})
    assert reason(later) == ""


@pytest.mark.parametrize("topic", TOPICS)
def test_avro_and_json_schema_have_the_same_fields_and_are_optional_alike(topic: str) -> None:
    fields = {each["name"]: each["type"] for each in read_avro_schema(topic)["fields"]}
    assert list(fields) == list(read_json_schema(topic)["properties"])
    optional = {name for name, kind in fields.items() if isinstance(kind, list)}
    assert set(fields) - optional == set(read_json_schema(topic)["required"])
    assert [each.name for each in read_contract(topic).fields] == list(fields)
    for name, stated in read_json_schema(topic)["properties"].items():
        assert ("null" in stated["type"]) == (name in optional)

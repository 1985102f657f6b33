"""Confluent's wire format: Avro and JSON by the id of a schema in a registry."""

from __future__ import annotations

import copy
import io
import json
import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import fastavro
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from examples import scale_examples
from gridtwin.errors import StoreError
from gridtwin.stream.contracts import read_avro_schema
from gridtwin.stream.decoding import decode_outage_alerts, decode_readings
from gridtwin.stream.wire import Registry
from schema_registry import RegistryServer, schema_registry

AT = datetime(2026, 7, 1, 0, 15, tzinfo=UTC)
READING = {"meter_id": "UP-1", "reading_time": AT, "kwh": 0.312, "voltage_v": 121.4}


@pytest.fixture
def server() -> Iterator[RegistryServer]:
    with schema_registry() as server:
        yield server


@pytest.fixture
def registry(server: RegistryServer) -> Registry:
    return Registry(server.url)


def avro(server: RegistryServer, schema: dict[str, Any], row: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    buffer.write(struct.pack(">bI", 0, server.add(json.dumps(schema))))
    fastavro.schemaless_writer(buffer, fastavro.parse_schema(schema), row)
    return buffer.getvalue()


def test_avro_goes_out_and_comes_back(server: RegistryServer, registry: Registry) -> None:
    values = registry.encode_messages("ami_readings", [READING, {**READING, "kwh": None}])
    assert values[0][:5] == b"\x00\x00\x00\x00\x01"
    decoded = decode_readings(values * 50, registry=registry)
    assert not decoded.rejected
    assert decoded.values.mrid.tolist() == [b"UP-1"] * 100
    assert set(decoded.values.at_s.tolist()) == {AT.timestamp()}
    assert decoded.values.kwh[0] == np.float32(0.312)
    assert np.isnan(decoded.values.kwh[1])
    assert len(server.asked) <= 1


def test_json_is_recoded_in_avro_and_what_is_spoiled_stays(registry: Registry) -> None:
    good = b'{"meter_id":"UP-1","reading_time":"2026-07-01T00:15:00Z","kwh":0.312,"quality":"ok"}'
    spoilt = [good[:20], good.replace(b"meter_id", b"meter"), good.replace(b"Z", b"?"), b"[]"]
    spoilt.append(good.replace(b"Z", b""))
    recoded = registry.recode_messages("ami_readings", [good, *spoilt])
    assert recoded[0][0] == 0
    assert len(recoded[0]) < len(good) / 2
    assert recoded[1:] == spoilt
    decoded = decode_readings(recoded, registry=registry)
    assert decoded.rows.tolist() == [0]
    assert decoded.values.kwh[0] == np.float32(0.312)
    (alert,) = registry.recode_messages(
        "outage_alerts",
        [
            b'{"event_id":"1","event_time":"2026-07-01T00:15:00.250Z","kind":"last_gasp",'
            b'"meter_id":"UP-1"}'
        ],
    )
    alerts = decode_outage_alerts([alert], registry=registry).values
    assert alerts.at_s.tolist() == [AT.timestamp() + 0.25]
    assert np.isnan(alerts.etr_s).all()


def test_what_is_no_registry_is_an_error() -> None:
    with schema_registry() as server:
        registry = Registry(f"{server.url}/elsewhere")
        with pytest.raises(StoreError, match="no schema registry"):
            registry.encode_messages("ami_readings", [READING])


def test_json_under_a_schema_of_the_registry_is_read(
    server: RegistryServer, registry: Registry
) -> None:
    number = server.add('{"type": "object"}', "JSON")
    payload = b'{"meter_id":"UP-1","reading_time":"2026-07-01T00:15:00Z","kwh":1}'
    decoded = decode_readings([struct.pack(">bI", 0, number) + payload], registry=registry)
    assert decoded.values.mrid.tolist() == [b"UP-1"]


def version_2() -> dict[str, Any]:
    """Return the schema of readings with an optional field more."""
    schema = copy.deepcopy(read_avro_schema("ami_readings"))
    schema["fields"].append({"name": "reactive_kvarh", "type": ["null", "float"], "default": None})
    return schema


def test_a_reader_of_version_1_reads_what_version_2_wrote(
    server: RegistryServer, registry: Registry
) -> None:
    value = avro(server, version_2(), {**READING, "reactive_kvarh": 0.1})
    decoded = decode_readings([value], registry=registry)
    assert decoded.values.mrid.tolist() == [b"UP-1"]


def test_a_reader_of_version_2_reads_what_version_1_wrote() -> None:
    buffer = io.BytesIO()
    old = fastavro.parse_schema(read_avro_schema("ami_readings"))
    fastavro.schemaless_writer(buffer, old, READING)
    buffer.seek(0)
    row = fastavro.schemaless_reader(buffer, old, fastavro.parse_schema(version_2()))
    assert row["reactive_kvarh"] is None
    assert row["meter_id"] == "UP-1"


def test_a_writer_that_left_out_an_optional_field_is_read(
    server: RegistryServer, registry: Registry
) -> None:
    schema = copy.deepcopy(read_avro_schema("ami_readings"))
    schema["fields"] = [each for each in schema["fields"] if each["name"] != "voltage_v"]
    decoded = decode_readings([avro(server, schema, READING)], registry=registry)
    assert np.isnan(decoded.values.voltage_v[0])


def test_a_writer_that_left_out_what_is_needed_is_rejected(
    server: RegistryServer, registry: Registry
) -> None:
    schema = copy.deepcopy(read_avro_schema("ami_readings"))
    schema["fields"] = [each for each in schema["fields"] if each["name"] != "meter_id"]
    decoded = decode_readings([avro(server, schema, READING)], registry=registry)
    assert "does not fit" in decoded.rejected[0].reason


def test_avro_is_held_to_the_limits_of_the_contract(registry: Registry) -> None:
    off = {**READING, "reading_time": AT.replace(minute=7)}
    values = registry.encode_messages("ami_readings", [{**READING, "kwh": 1e9}, off, READING])
    decoded = decode_readings(values, registry=registry)
    assert ["kwh" in each.reason for each in decoded.rejected] == [True, False]
    assert "quarter" in decoded.rejected[1].reason


def test_what_is_no_avro_is_rejected(server: RegistryServer, registry: Registry) -> None:
    good = registry.encode_messages("ami_readings", [READING])[0]
    protobuf = server.add('syntax = "proto3";', "PROTOBUF")
    broken = server.add('{"type": "no such type"}')
    values = [
        good[:3],
        good[:-9],
        good + b"more",
        struct.pack(">bI", 0, 4711) + good[5:],
        struct.pack(">bI", 0, protobuf) + good[5:],
        struct.pack(">bI", 0, broken) + good[5:],
        good,
    ]
    decoded = decode_readings(values, registry=registry)
    reasons = [each.reason for each in decoded.rejected]
    assert len(decoded.values) == 1
    assert "header" in reasons[0]
    assert "Avro" in reasons[1]
    assert "left over" in reasons[2]
    assert "4711 is not in the registry" in reasons[3]
    assert "PROTOBUF" in reasons[4]
    assert "cannot be read" in reasons[5]


@settings(
    max_examples=scale_examples(300),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(payload=st.binary(max_size=80))
def test_no_payload_makes_a_batch_fail(registry: Registry, payload: bytes) -> None:
    head = registry.encode_messages("ami_readings", [READING])[0][:5]
    decoded = decode_readings([head + payload], registry=registry)
    assert len(decoded.values) + len(decoded.rejected) == 1


def test_a_registry_that_is_away_is_an_error_and_not_the_fault_of_messages(
    server: RegistryServer, registry: Registry
) -> None:
    value = registry.encode_messages("ami_readings", [READING])[0]
    server.shutdown()
    server.server_close()
    with pytest.raises(StoreError, match="cannot be reached"):
        decode_readings([value], registry=Registry(server.url))

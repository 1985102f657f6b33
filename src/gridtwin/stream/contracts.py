"""
Say what the topics are, and which messages each of them takes.

The published JSON Schema of a topic is its contract: the limits it states are those that untrusted
messages are held to. Everything the schemas say is checked by `gridtwin.stream.message_checks`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from gridtwin.model.moments import LATEST_S

CONTRACT_VERSION = 1
LARGEST_MESSAGE = 16 * 1024  # bytes; the largest message the schemas allow is far smaller
CLOCK_AHEAD_S = 300.0  # by which the clock of a source may be ahead of ours
EARLIEST_S = 946_684_800.0  # the year 2000: no smart meter is older


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of Kafka: its partitions, and the fields its messages are keyed by."""

    name: str
    partitions: int
    key: tuple[str, ...]  # the first of these fields that a message gives


AMI_READINGS = Topic("ami_readings", 6, ("meter_id",))
GRID_EVENTS = Topic("grid_events", 3, ("equipment_id",))
OUTAGE_ALERTS = Topic("outage_alerts", 3, ("meter_id", "outage_id"))
CONDITIONS = Topic("conditions", 1, ("time",))
TOPICS: dict[str, Topic] = {
    topic.name: topic for topic in (AMI_READINGS, GRID_EVENTS, OUTAGE_ALERTS, CONDITIONS)
}


@dataclass(frozen=True, slots=True)
class Window:
    """The times that a message may speak of: from a moment to a moment, both included."""

    earliest_s: float = EARLIEST_S
    latest_s: float = LATEST_S

    @classmethod
    def span_around(cls, now_s: float, *, past_s: float, future_s: float) -> Window:
        """Return the window from some time before now to some time after."""
        return cls(max(EARLIEST_S, now_s - past_s), min(LATEST_S, now_s + future_s))


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a message, as its schema states it."""

    name: str
    kind: str  # text, time, number or integer
    required: bool  # else it may be null or left out
    shortest: int
    longest: int
    least: float
    most: float
    choices: frozenset[str]  # empty: any
    pattern: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class Contract:
    """What the messages of one topic must be."""

    fields: tuple[Field, ...]
    needs: tuple[tuple[frozenset[str], tuple[str, ...]], ...]  # kinds, and what those must give
    either: tuple[str, ...]  # at least one of these fields must be given; empty: no such rule


def locate_schema(topic: str, suffix: str, version: int = CONTRACT_VERSION) -> Path:
    """Return where a schema is kept: in the wheel, or in the checkout it is installed from."""
    packaged = Path(__file__).parent / "schemas"
    folder = packaged if packaged.is_dir() else Path(__file__).parents[3] / "schemas"
    return folder / f"{topic}-{version}.{suffix}"


def read_json_schema(topic: str) -> dict[str, Any]:
    """Return the JSON Schema of a topic."""
    return json.loads(locate_schema(topic, "schema.json").read_text(encoding="utf-8"))


def read_avro_schema(topic: str) -> dict[str, Any]:
    """Return the Avro schema of a topic."""
    return json.loads(locate_schema(topic, "avsc").read_text(encoding="utf-8"))


@cache
def read_contract(topic: str) -> Contract:
    """Return the contract of a topic, from its JSON Schema."""
    schema = read_json_schema(topic)
    required = set(schema["required"])
    fields = tuple(
        _build_field(name, stated, required=name in required)
        for name, stated in schema["properties"].items()
    )
    needs = tuple(
        (frozenset(rule["if"]["properties"]["kind"]["enum"]), tuple(rule["then"]["required"]))
        for rule in schema.get("allOf", ())
    )
    either = tuple(way["required"][0] for way in schema.get("anyOf", ()))
    return Contract(fields, needs, either)


def _build_field(name: str, stated: dict[str, Any], *, required: bool) -> Field:
    types = stated["type"] if isinstance(stated["type"], list) else [stated["type"]]
    (kind,) = (each for each in types if each != "null")
    if kind == "string":
        kind = "time" if stated.get("format") == "date-time" else "text"
    return Field(
        name,
        kind,
        required=required,
        shortest=stated.get("minLength", 0),
        longest=stated.get("maxLength", LARGEST_MESSAGE),
        least=stated.get("minimum", -float("inf")),
        most=stated.get("maximum", float("inf")),
        choices=frozenset(each for each in stated.get("enum", ()) if each is not None),
        pattern=re.compile(stated["pattern"]) if "pattern" in stated else None,
    )

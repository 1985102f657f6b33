"""A night on which clocks go back, in two price zones: what came good, late, twice, broken."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import shapely

from gridtwin.analysis.ami.loading import POWER_FACTOR
from gridtwin.model.network import Network
from gridtwin.model.vegetation import KeptSpan, KeptSpans
from gridtwin.results.ami_history_answer import AmiHistoryAnswer
from gridtwin.store.vegetation_book import LayerChange
from gridtwin.stream.contracts import AMI_READINGS
from gridtwin.stream.reader import Messages
from gridtwin.twin import Twin
from gridtwin.twin.ami_periods import AmiHistory

CHICAGO = ZoneInfo("America/Chicago")
FIRST_S = int(datetime(2026, 11, 1, 5, tzinfo=UTC).timestamp())  # local midnight, an hour ahead
INTERVALS = 100  # of the local day: 25 hours
ZONES = {"F1": "LZ_NORTH", "F2": "LZ_SOUTH"}
PRICES = {"LZ_NORTH": 40.0, "LZ_SOUTH": 90.0}  # of the first interval; each rises by a dollar
BROKEN = (
    {"kwh": 20_000.0},
    {"kwh": -10_000.5},
    {"voltage_v": 401.0},
    {"voltage_v": -1.0},
    {"kwh": None, "voltage_v": None},
    {"quality": "good"},
    {"meter_id": ""},
    {"meter_id": None},
    {"meter_id": "x" * 129},
    {"reading_time": "2026-11-01T06:07:00Z"},
    {"reading_time": "2026-11-01T06:15:00"},  # of no zone
    {"reading_time": "2026-02-30T06:15:00Z"},
    {"reading_time": "1999-12-31T23:45:00Z"},
    {"reading_time": "soon"},
    {"reading_time": None},
    {"kwh": "much"},  # of a wrong type: the error table has it
    {"voltage_v": "high"},
)
NO_JSON = (b"{", b"[1]", b"\xff\xfe")  # the connector sets these apart


def build_two_zones() -> Network:
    """
    Return two feeders, each of two transformers with three customers, in a load zone of its own.

    ::

        S ─B1─ a1 ─T11─ x11: M1 M2 M3
        │       └──T12─ x12: M4 M5 M6        F1, LZ_NORTH
        └─B2─ a2 ─T21─ x21: M7 M8 M9
                └──T22─ x22: M10 M11 M12     F2, LZ_SOUTH
    """
    nodes = ["S", "a1", "a2", "x11", "x12", "x21", "x22"]
    rows = [
        ("B1", "breaker", "S", "a1", 400.0, None),
        ("B2", "breaker", "S", "a2", 400.0, None),
        ("T11", "power_transformer", "a1", "x11", None, 10e3),
        ("T12", "power_transformer", "a1", "x12", None, 25e3),
        ("T21", "power_transformer", "a2", "x21", None, 10e3),
        ("T22", "power_transformer", "a2", "x22", None, 25e3),
    ]
    names = ("mrid", "kind", "node_a", "node_b", "rated_a", "rated_va")
    served = [node for node in nodes[3:] for _ in range(3)]
    return Network.from_frames(
        nodes={
            "mrid": nodes,
            "nominal_v": [12_470.0] * 3 + [240.0] * 4,
            "geometry": [shapely.Point(-95 + at / 100, 29) for at in range(len(nodes))],
        },
        equipment={
            **dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)),
            "phases": ["ABC"] * len(rows),
        },
        usage_points={
            "mrid": [f"M{n}" for n in range(1, 13)],
            "node": served,
            "transformer": [node.replace("x", "T") for node in served],
            "customers": [1] * 11 + [5],
            "phases": ["ABC"] * 12,
        },
        sources={"mrid": ["source"], "node": ["S"]},
        feeders={"mrid": ["F1", "F2"], "head": ["B1", "B2"], "load_zone": list(ZONES.values())},
    )


def _write_local(at_s: int, chance: random.Random) -> str:
    """Return a time in UTC, or as clocks in Houston show it, with its offset."""
    at = datetime.fromtimestamp(at_s, UTC)
    return (
        at.isoformat().replace("+00:00", "Z")
        if chance.random() < 0.5
        else (at.astimezone(CHICAGO).isoformat())
    )


def build_messages(seed: int = 1) -> Messages:
    """Return what came, one meter unknown, some late, some twice, some corrected or broken."""
    chance = random.Random(seed)
    sent: list[tuple[float, bytes, bytes]] = []  # when it came, key, value
    for interval in range(1, INTERVALS + 1):
        at_s = FIRST_S + 900 * interval
        for meter in [f"M{n}" for n in range(1, 13)] + ["STRANGER"]:
            message = {
                "meter_id": meter,
                "reading_time": _write_local(at_s, chance),
                "kwh": round(chance.uniform(-0.5, 3.0), 3),
                "voltage_v": None if chance.random() < 0.05 else round(chance.gauss(119, 4), 1),
                "quality": chance.choice(["ok", "estimated", None]),
            }
            late = 900 * chance.randrange(1, 9) if chance.random() < 0.05 else 0
            came = at_s + late + chance.random() * 800
            key = meter.encode()
            sent.append((came, key, json.dumps(message).encode()))
            if chance.random() < 0.05:  # the same again
                sent.append((came + 1, key, json.dumps(message).encode()))
            if chance.random() < 0.05:  # corrected
                message["kwh"] = round(chance.uniform(-0.5, 3.0), 3)
                sent.append((came + 2, key, json.dumps(message).encode()))
            if chance.random() < 0.03:
                spoiled = json.dumps(message | chance.choice(BROKEN)).encode()
                sent.append((came + 3, key, spoiled))
            if chance.random() < 0.01:
                sent.append((came + 4, key, chance.choice(NO_JSON)))
    sent.sort(key=lambda each: each[0])
    partition = [sum(key) % AMI_READINGS.partitions for _, key, _ in sent]
    counts, offset = [0] * AMI_READINGS.partitions, []
    for each in partition:
        offset.append(counts[each])
        counts[each] += 1
    return Messages(
        AMI_READINGS.name,
        np.array(partition, dtype=np.int32),
        np.array(offset, dtype=np.int64),
        [value for _, _, value in sent],
    )


def list_interval_ends() -> list[datetime]:
    """Return the ends of the intervals of the day."""
    return [datetime.fromtimestamp(FIRST_S + 900 * n, UTC) for n in range(1, INTERVALS + 1)]


def list_prices(zone: str) -> dict[datetime, float]:
    """Return the price of a zone in each interval; every tenth is not known."""
    ends = list_interval_ends()
    return {end: PRICES[zone] + at for at, end in enumerate(ends) if at % 10}


def list_conditions() -> dict[datetime, tuple[float, float]]:
    """Return the temperature and the price of the territory in each interval."""
    return {end: (15.0 + at / 10, 30.0 + at) for at, end in enumerate(list_interval_ends())}


def find_local_date(end: datetime) -> object:
    """Return the day in Houston in which an interval begins."""
    return (end - timedelta(minutes=15)).astimezone(CHICAGO).date()


BOUNDS = list_interval_ends()[0] - timedelta(minutes=15), list_interval_ends()[-1]
AREAS = {  # the nodes stand a hundredth of a degree apart, from -95 to the east
    "first transformer": shapely.box(-94.975, 28.99, -94.965, 29.01),
    "second feeder": shapely.box(-94.985, 28.99, -94.975, 29.01),
    "everywhere": shapely.box(-96, 28, -94, 30),
    "nowhere": shapely.box(10, 10, 11, 11),
}
ASKED_AREA = "second feeder"
ASKED: dict[str, Callable[[AmiHistory], AmiHistoryAnswer]] = {
    "overloaded": lambda history: history.overloaded(*BOUNDS, pct=40),
    "overloaded_at_price": lambda history: history.overloaded(*BOUNDS, pct=40, price=100),
    "voltages": lambda history: history.voltages(*BOUNDS),
    "peaks": lambda history: history.peaks(*BOUNDS),
    "weather": lambda history: history.weather(*BOUNDS),
    "at_risk": lambda history: history.at_risk(AREAS[ASKED_AREA], *BOUNDS),
    "hours_out": lambda history: history.hours_out(*BOUNDS),
    "vegetation": lambda history: history.vegetation(*BOUNDS),
}
ASKED_VALUES = {"pct": "40", "price": "100", "power_factor": str(POWER_FACTOR)}
ASKED_VALUES |= {
    name: f"'{moment.isoformat()}'::TIMESTAMP_TZ"
    for name, moment in zip(("start", "end"), BOUNDS, strict=True)
}


def list_spans_at_risk() -> tuple[KeptSpan, ...]:
    """Return spans as if they had been measured: of a feeder each, one of none, two alike."""
    minutes = {"S1": ("F1", 80.0), "S2": ("F2", 200.0), "S3": ("", 5.0), "S0": ("F1", 80.0)}
    return tuple(
        KeptSpan(
            span, feeder, "", "", "", "high", 12.5, 300.0, 120.0, 0.13, 6, 3, 1, 95.0, each * 0.12,
            each, math.nan, math.nan, "", "drawn:1",
        )
        for span, (feeder, each) in sorted(minutes.items(), key=lambda kept: -kept[1][1])
    )  # fmt: skip


def keep_spans_at_risk(twin: Twin) -> None:
    """Keep the spans in a twin, as spans of no source."""
    spans = KeptSpans("", list_spans_at_risk())
    twin.store.vegetation.change_layer(LayerChange("", None, None, spans, ()))

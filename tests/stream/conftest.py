"""A small town in a database, and a topic of its own for each test."""

from __future__ import annotations

import uuid

import pytest

import gridtwin
from gridtwin.model.tables import decode
from gridtwin.stream.ingest.intake import Options
from gridtwin.stream.topics import make_topics
from gridtwin.twin import Twin
from kafka import Kafka as Cluster
from meter_stream import Line


@pytest.fixture(scope="session")
def town() -> Twin:
    """Return a small town."""
    return gridtwin.open(gridtwin.synthesize("houston", meters=200, seed=1))


@pytest.fixture(scope="session")
def names(town: Twin) -> list[str]:
    """Return the mRIDs of its meters."""
    return list(decode(town.network.data.usage_points.mrid))


@pytest.fixture
def line(database: str, town: Twin, kafka: Cluster) -> Line:
    """Return a database with the town in it, and a topic."""
    town.save(database)
    prefix = f"t{uuid.uuid4().hex[:12]}."
    options = Options.of(prefix, prefix, wait_s=0.05)
    make_topics(kafka.brokers, {options.readings: 6, options.conditions: 1})
    return Line(database, kafka.brokers, options)

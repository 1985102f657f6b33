"""A small town in a database, and a topic of its own for each test."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

import gridtwin
from gridtwin.model.tables import decode_texts
from gridtwin.stream.ingest.intake import Options
from gridtwin.stream.topics import make_topics
from gridtwin.twin import Twin
from kafka import Kafka
from meter_stream import Line
from postgres import Cluster, copy_of


@pytest.fixture(scope="session")
def town() -> Twin:
    """Return a small town."""
    return gridtwin.open(gridtwin.synthesize("houston", meters=200, seed=1))


@pytest.fixture(scope="session")
def names(town: Twin) -> list[str]:
    """Return the mRIDs of its meters."""
    return list(decode_texts(town.network.data.usage_points.mrid))


@pytest.fixture(scope="session")
def saved(postgres: Cluster, schema: str, town: Twin) -> Iterator[str]:
    """Return the address of a database with the town in it, to be copied."""
    with copy_of(postgres, schema) as url:
        town.save(url)
        yield url


@pytest.fixture
def town_database(postgres: Cluster, saved: str) -> Iterator[str]:
    """Return the address of a database with the town in it."""
    with copy_of(postgres, saved) as url:
        yield url


@pytest.fixture
def line(town_database: str, kafka: Kafka) -> Line:
    """Return a database with the town in it, and a topic."""
    prefix = f"t{uuid.uuid4().hex[:12]}."
    options = Options.for_prefix(prefix, prefix, wait_s=0.05)
    make_topics(kafka.brokers, {options.readings: 6, options.conditions: 1})
    return Line(town_database, kafka.brokers, options)

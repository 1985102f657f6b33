"""Give the tests an Apache Kafka of their own, or the one that KAFKA_BOOTSTRAP_SERVERS names."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gridtwin.stream.broker.node import Node, running
from gridtwin.stream.topics import make_topics


@dataclass(frozen=True, slots=True)
class Kafka:
    """A Kafka that runs."""

    brokers: str
    node: Node | None = None  # none where it is somebody else's, which no test may kill

    def topic(self, partitions: int = 6, *, stem: str = "t") -> str:
        """Make a topic with a name of its own and return the name."""
        name = f"{stem}_{uuid.uuid4().hex[:12]}"
        make_topics(self.brokers, {name: partitions})
        return name


@contextmanager
def kafka_cluster() -> Iterator[Kafka]:
    """Start one node, unless the environment names a cluster; stop and remove it at the end."""
    given = os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "")
    if given:
        yield Kafka(given)
        return
    directory = Path(tempfile.mkdtemp(prefix="gridtwin-kafka-"))
    try:
        with running(directory) as node:
            yield Kafka(node.brokers, node)
    finally:
        shutil.rmtree(directory, ignore_errors=True)

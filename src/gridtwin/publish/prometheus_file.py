"""Leave figures where a monitor finds them: the text format of Prometheus, in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridtwin.publish.atomic_file import write_whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def write_metrics(path: Path, figures: Mapping[str, float]) -> None:
    """Write figures as gauges, for the textfile collector of Prometheus' node exporter."""
    from prometheus_client import CollectorRegistry, Gauge, generate_latest

    registry = CollectorRegistry()
    for name, value in figures.items():
        words = name.removeprefix("gridtwin_").replace("_", " ").capitalize()
        Gauge(name, words, registry=registry).set(value)
    write_whole(path, generate_latest(registry))

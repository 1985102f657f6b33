"""Leave figures where a monitor finds them: the text format of Prometheus, in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridtwin.publish.atomic_file import write_whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def write_metrics(path: Path, figures: Mapping[str, float]) -> None:
    """Write figures as gauges, for the textfile collector of Prometheus' node exporter."""
    lines = [f"# TYPE {name} gauge\n{name} {value:.17g}\n" for name, value in figures.items()]
    write_whole(path, "".join(lines).encode())

"""Print answers: tables for people, JSON, GeoJSON and CSV for programs."""

from __future__ import annotations

import csv
import json
import math
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gridtwin.cli.options import Output

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import geopandas
    import pandas as pd

SHOWN_ROWS = 25


def print_note(*words: str) -> None:
    """Print words for a person, on standard error."""
    for word in words:
        sys.stderr.write(f"{word}\n")


def write_words(words: str) -> None:
    """Print a part of a text for a person, on standard error, at once."""
    sys.stderr.write(words)
    sys.stderr.flush()


def write_json(document: Any) -> None:
    """Print one JSON document in one line; what is no number becomes null."""
    sys.stdout.write(
        json.dumps(_drop_infinite(document), ensure_ascii=False, default=_to_plain) + "\n"
    )


def _drop_infinite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _drop_infinite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_drop_infinite(item) for item in value]
    return value


def _to_plain(value: Any) -> Any:
    """Return a numpy value as Python's own."""
    return _drop_infinite(value.item() if hasattr(value, "item") else str(value))


def write_geojson(frame: geopandas.GeoDataFrame) -> None:
    """Print a GeoDataFrame as a FeatureCollection."""
    sys.stdout.write(frame.to_json(drop_id=True) + "\n")


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print comma-separated values with a header."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)


def write_frame(frame: pd.DataFrame, form: Output, *, title: str = "") -> None:
    """Print a frame as a table, as CSV or as GeoJSON."""
    if form is Output.GEOJSON:
        write_geojson(frame)
        return
    names, rows = _list_cells(frame)
    if form is Output.CSV:
        write_csv(names, rows)
    else:
        write_table(title, names, rows)


def _list_cells(frame: pd.DataFrame) -> tuple[list[str], list[list[Any]]]:
    plain = frame.drop(columns="geometry", errors="ignore")
    return [str(name) for name in plain.columns], plain.astype(object).values.tolist()


def write_table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, shown: int = SHOWN_ROWS
) -> None:
    """Print a table for a person: the first rows, and how many more there are."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=escape(title) or None, title_justify="left", header_style="bold")
    for number, name in enumerate(columns):
        numeric = bool(rows) and isinstance(rows[0][number], int | float)
        table.add_column(escape(name), justify="right" if numeric else "left", overflow="fold")
    for row in rows[:shown]:
        table.add_row(*(_format_cell(value) for value in row))
    console = Console()
    console.print(table)
    if len(rows) > shown:
        console.print(f"... and {len(rows) - shown:,} more")


def _format_cell(value: Any) -> str:
    from rich.markup import escape

    if isinstance(value, bool) or value is None:
        return "" if value is None else str(value)
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:,.1f}"
    return escape(str(value))


def write_facts(title: str, facts: Mapping[str, Any]) -> None:
    """Print names and values for a person."""
    rows = [(name, value) for name, value in facts.items() if value not in (None, "", [], ())]
    texts = [
        (
            name,
            ", ".join(map(str, value)) if isinstance(value, list | tuple) else _format_cell(value),
        )
        for name, value in rows
    ]
    write_table(title, ["", ""], texts)


@contextmanager
def show_progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show progress on a terminal, on standard error: tell it what is done, and of how much."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        task = bars.add_task(what, total=None)
        yield lambda done, steps: bars.update(task, completed=done, total=steps)

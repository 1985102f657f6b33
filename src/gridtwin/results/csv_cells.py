"""Write rows that people wrote into as comma-separated values, safe for a spreadsheet."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def tame_cell(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula: people wrote what stands in it."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in set("=+-@\t\r") else cell


def write_tamed_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return rows as comma-separated values with a header, their cells tamed."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([tame_cell(cell) for cell in row] for row in rows)
    return text.getvalue()

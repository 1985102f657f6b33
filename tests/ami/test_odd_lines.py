"""A file of readings with a mark at its head is read; one of another format says what is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from gridtwin.errors import SourceError
from gridtwin.model.ids import SortedIds
from gridtwin.stream.ingest.local.pieces import list_sources

if TYPE_CHECKING:
    from pathlib import Path

LINE = '{"meter_id": "M1", "reading_time": "2026-07-01T00:15:00Z", "kwh": 0.3}\n'
IDS = SortedIds.from_mrids(np.array([b"M1"]))


def test_a_byte_order_mark_is_no_part_of_the_first_reading(tmp_path: Path) -> None:
    path = tmp_path / "readings.jsonl"
    path.write_text(LINE * 2, encoding="utf-8-sig")
    [lines] = list_sources(path)
    piece = lines.read_piece(0, IDS)
    assert piece is not None
    assert piece.dead == []
    assert piece.rows is not None
    assert len(piece.rows) == 2
    assert piece.end == path.stat().st_size


def test_readings_in_utf_16_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "readings.jsonl"
    path.write_text(LINE, encoding="utf-16")
    [lines] = list_sources(path)
    with pytest.raises(SourceError, match=r"readings\.jsonl: the file is in UTF-16: save it as"):
        lines.read_piece(0, IDS)


def test_readings_in_csv_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "readings.csv"
    path.write_text("meter_id,reading_time,kwh\n")
    with pytest.raises(SourceError, match=r"readings\.csv: readings are read as JSON lines"):
        list_sources(path)

"""Cut the files of a source into pieces that are taken one after another."""

from __future__ import annotations

import codecs
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from gridtwin.errors import SourceError
from gridtwin.model.readings import INTERVAL_S
from gridtwin.model.tables import decode_texts
from gridtwin.stream.contracts import AMI_READINGS, CONDITIONS, Window
from gridtwin.stream.decoding import decode_conditions, decode_readings
from gridtwin.stream.ingest.batch import UNKNOWN_METER
from gridtwin.stream.ingest.local.ledger import LocalDeadLetter
from gridtwin.stream.ingest.local.silver import SilverRows, build_rows

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from gridtwin.model.ids import SortedIds
    from gridtwin.model.readings import Conditions, Readings

PIECE_BYTES = 16 * 1024**2
HEAD_BYTES = 4096  # that tell a file from another one of its name


@dataclass(frozen=True, slots=True)
class Piece:
    """What a part of a file says."""

    end: int  # where the next piece begins
    rows: SilverRows | None  # readings, in the order in which they came
    conditions: Conditions | None
    dead: list[LocalDeadLetter]
    raw: tuple[list[int], list[bytes]] | None  # where each line begins, and the line


class Source(Protocol):
    """A file that is taken piece by piece."""

    @property
    def path(self) -> Path:
        """Where it is."""
        ...

    @property
    def mark(self) -> str:
        """What tells the file from another one of its name."""
        ...

    def read_piece(self, start: int, ids: SortedIds) -> Piece | None:
        """Return the piece that begins at a position; None at the end."""
        ...


def list_sources(place: Path) -> list[Source]:
    """
    Return the files of a source, in the order in which they are taken.

    Parameters
    ----------
    place
        A file of messages, one a line (``conditions`` in its name: weather and prices, else
        readings); or a folder with such files, with ``readings/date=*/*.parquet``, or both.

    Raises
    ------
    SourceError
        If there is nothing of the kind.
    """
    if place.is_file() and place.suffix in {".jsonl", ".ndjson"}:
        return [MessageLines(place)]
    if place.is_dir():
        files: list[Source] = [
            ReadingGroups(path) for path in sorted(place.glob("readings/**/*.parquet"))
        ]
        for topic in (CONDITIONS, AMI_READINGS):
            path = place / f"{topic.name}.jsonl"
            files += [MessageLines(path)] if path.is_file() else []
        weather = place / "conditions.parquet"
        files += [WeatherTable(weather)] if weather.is_file() else []
        if files:
            return files
    if place.suffix.casefold() in {".csv", ".json", ".txt"} and place.is_file():
        msg = (
            f"{place}: readings are read as JSON lines, one object a line with meter_id,"
            " reading_time and kwh, from a file NAME.jsonl"
        )
        raise SourceError(msg)
    msg = (
        f"{place}: no readings there: give a file of JSON lines (.jsonl), or a folder with"
        f" readings/date=*/*.parquet or {AMI_READINGS.name}.jsonl"
    )
    raise SourceError(msg)


@dataclass(frozen=True, slots=True)
class MessageLines:
    """Messages of one topic, one a line; a file may grow, and is gone on with."""

    path: Path

    @property
    def topic(self) -> str:
        """The topic the messages are of."""
        return CONDITIONS.name if CONDITIONS.name in self.path.name else AMI_READINGS.name

    @property
    def mark(self) -> str:
        """A hash of its first line, which stays the same while the file grows."""
        with self.path.open("rb") as file:
            first = file.readline(HEAD_BYTES)
        return hashlib.sha256(first).hexdigest()[:16] if first.endswith(b"\n") else ""

    def read_piece(self, start: int, ids: SortedIds) -> Piece | None:
        """Return the whole lines from a byte on; a last line without its end waits for it."""
        with self.path.open("rb") as file:
            file.seek(start)
            text = file.read(PIECE_BYTES)
            text += b"" if text.endswith(b"\n") else file.readline(PIECE_BYTES)
        if start == 0 and text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            msg = f"{self.path}: the file is in UTF-16: save it as UTF-8"
            raise SourceError(msg)
        whole = text[: text.rfind(b"\n") + 1]
        size = self.path.stat().st_size
        if size < start or (len(text) > PIECE_BYTES and not whole):
            what = "a line without an end" if whole != text else "fewer lines than were taken of it"
            msg = f"{self.path}: {what}: give another file"
            raise SourceError(msg)
        if not whole:
            return None
        lines = whole.split(b"\n")[:-1]
        lengths = np.fromiter(map(len, lines), dtype=np.int64, count=len(lines)) + 1
        begins = start + np.cumsum(lengths) - lengths
        if start == 0:
            lines[0] = lines[0].removeprefix(codecs.BOM_UTF8)
        rows, conditions, dead = decode_lines(self.topic, lines, ids)
        letters = [
            LocalDeadLetter(
                str(self.path.absolute()), int(begins[row]), self.topic, reason, lines[row]
            )
            for row, reason in dead
        ]
        return Piece(start + len(whole), rows, conditions, letters, (begins.tolist(), lines))


def decode_lines(
    topic: str, lines: list[bytes], ids: SortedIds
) -> tuple[SilverRows | None, Conditions | None, list[tuple[int, str]]]:
    """Return what messages say, and which of them say nothing and why."""
    if topic == CONDITIONS.name:
        weather = decode_conditions(lines)
        return None, weather.values, [(row, reason) for row, reason in weather.rejected]
    decoded = decode_readings(lines)
    readings: Readings = decoded.values
    row = ids.find_rows(readings.mrid)
    dead = [(row, reason) for row, reason in decoded.rejected]
    unknown = np.flatnonzero(row < 0)
    names = decode_texts(readings.mrid[unknown]).tolist()
    places = decoded.rows[unknown].tolist()
    dead += [(at, UNKNOWN_METER.format(name)) for at, name in zip(places, names, strict=True)]
    rows = SilverRows(readings.at_s, row, readings.kwh, readings.voltage_v).select_rows(row >= 0)
    return rows, None, sorted(dead)


@dataclass(frozen=True, slots=True)
class ReadingGroups:
    """Readings as Parquet, taken row group by row group; one that changed is taken anew."""

    path: Path

    @property
    def mark(self) -> str:
        """Its size and when it was written."""
        status = self.path.stat()
        return f"{status.st_size} {status.st_mtime_ns}"

    def read_piece(self, start: int, ids: SortedIds) -> Piece | None:
        """Return a row group."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            with pq.ParquetFile(self.path, read_dictionary=["meter_id"]) as file:
                if start >= file.num_row_groups:
                    return None
                columns = ["meter_id", "reading_time", "kwh", "voltage_v"]
                table = file.read_row_group(start, columns=columns)
                first = sum(file.metadata.row_group(at).num_rows for at in range(start))
            rows = build_rows(table, ids)
        except (pa.ArrowException, KeyError, OSError) as error:
            msg = f"{self.path} cannot be read ({error}): take it out of the folder"
            raise SourceError(msg) from error
        bad, reasons = _find_faults(rows)
        dead = [
            LocalDeadLetter(
                str(self.path.absolute()),
                first + at,
                AMI_READINGS.name,
                reason,
                _format_line(table, at),
            )
            for at, reason in zip(bad.tolist(), reasons, strict=True)
        ]
        good = np.ones(len(rows), dtype=np.bool_)
        good[bad] = False
        rows = rows.select_rows(good) if len(bad) else rows
        return Piece(start + 1, rows, None, dead, None)


def _find_faults(found: SilverRows) -> tuple[NDArray[np.int64], list[str]]:
    """Return which readings cannot be used, and why."""
    window = Window()
    strange = (found.at_s < window.earliest_s) | (found.at_s > window.latest_s)
    strange |= found.at_s % INTERVAL_S != 0
    empty = np.isnan(found.kwh) & np.isnan(found.voltage_v)
    bad = np.flatnonzero(strange | empty | (found.row < 0))
    reasons = []
    for at in bad.tolist():
        if found.row[at] < 0:
            reasons.append("meter_id is no usage point of this network")
        elif strange[at]:
            reasons.append("reading_time is no end of an interval of 15 minutes")
        else:
            reasons.append("neither kwh nor voltage_v is given")
    return bad, reasons


def _format_line(table: object, at: int) -> bytes:
    """Return a row as the message it would have been."""
    (row,) = table.slice(at, 1).to_pylist()  # type: ignore[attr-defined]
    time = row["reading_time"]
    row["reading_time"] = None if time is None else f"{time:%Y-%m-%dT%H:%M:%SZ}"
    return json.dumps(row).encode()


@dataclass(frozen=True, slots=True)
class WeatherTable:
    """Weather and prices as Parquet, taken whole; one that changed is taken anew."""

    path: Path

    @property
    def mark(self) -> str:
        """Its size and when it was written."""
        return ReadingGroups(self.path).mark

    def read_piece(self, start: int, ids: SortedIds) -> Piece | None:  # noqa: ARG002 - of no meter
        """Return all of it."""
        from gridtwin.store.parquet_readings import ParquetReadings

        if start:
            return None
        conditions = ParquetReadings(self.path.parent).read_conditions(-1, int(Window().latest_s))
        return Piece(1, None, conditions, [], None)

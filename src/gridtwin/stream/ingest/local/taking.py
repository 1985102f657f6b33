"""Take the files of a source into a folder, each message once however often it is begun."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gridtwin.errors import StoreError
from gridtwin.store.parquet_readings import ParquetReadings
from gridtwin.stream.contracts import CONDITIONS
from gridtwin.stream.ingest.local.ledger import Ledger
from gridtwin.stream.ingest.local.pieces import decode_lines, list_sources
from gridtwin.stream.ingest.local.silver import Silver
from gridtwin.stream.ingest.replay import Replayed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from threading import Event

    from gridtwin.model.tables import Strings
    from gridtwin.stream.ingest.local.ledger import LocalDeadLetter
    from gridtwin.stream.ingest.local.pieces import Piece, Source

LETTERS_AT_ONCE = 100_000


@dataclass(slots=True)
class Taken:
    """What was taken."""

    files: int = 0
    readings: int = 0  # as they came, what a later one replaced among them
    conditions: int = 0
    dead: int = 0


def take_files(
    place: Path,
    folder: Path,
    mrid: Strings,
    *,
    stop: Event | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Taken:
    """
    Take what is new of a source.

    Of several readings of one meter and interval that which comes last counts: files in order of
    their names, what stands further behind in a file, and what a later call takes.

    Parameters
    ----------
    place
        A file or folder; see `gridtwin.stream.ingest.local.pieces.sources`.
    folder
        Where the readings are kept, ``NAME.twin/ami``.
    mrid
        The mRIDs of the network's usage points, by row.
    stop
        When to stop, after the piece under way.
    progress
        Told how many files were gone through, and of how many.

    Raises
    ------
    SourceError
        If there is nothing to take, or a file cannot be read.
    StoreError
        If the folder cannot be written.
    """
    files, taken = list_sources(place), Taken()
    ledger, silver = Ledger(folder), Silver(folder, mrid)
    try:
        for number, source in enumerate(files):
            taken.files += 1
            while not (stop is not None and stop.is_set()):
                piece = _take_piece(source, folder, ledger, silver)
                if piece is None:
                    break
                _count_piece(taken, piece)
            if progress is not None:
                progress(number + 1, len(files))
    finally:
        ledger.close()
    return taken


def _take_piece(source: Source, folder: Path, ledger: Ledger, silver: Silver) -> Piece | None:
    """Take the next piece of a file; None at its end."""
    name, mark = str(source.path.absolute()), source.mark
    with ledger.write_piece():
        start = ledger.read_position(name, mark)
        piece = source.read_piece(start, silver.ids)
        if piece is None:
            return None
        if piece.raw is not None:
            _keep_raw(folder, name, start, piece)
        if piece.rows is not None and len(piece.rows):
            silver.merge_rows(piece.rows)
        if piece.conditions is not None:
            ParquetReadings(folder).write_conditions(piece.conditions)
        ledger.add_dead_letters(piece.dead)
        ledger.write_position(name, mark, piece.end)
    return piece


def _count_piece(taken: Taken, piece: Piece) -> None:
    taken.readings += 0 if piece.rows is None else len(piece.rows)
    taken.conditions += 0 if piece.conditions is None else len(piece.conditions)
    taken.dead += len(piece.dead)


def _keep_raw(folder: Path, name: str, start: int, piece: Piece) -> None:
    """Keep lines as they came, under the name of their file and of their first byte."""
    import hashlib

    import pyarrow as pa
    import pyarrow.parquet as pq

    assert piece.raw is not None  # noqa: S101 - asked before
    file = hashlib.sha256(name.encode()).hexdigest()[:16]
    path = folder / "bronze" / f"file={file}" / f"part-{start:015}.parquet"
    offsets, lines = piece.raw
    table = pa.table({"offset": pa.array(offsets, pa.int64()), "value": pa.array(lines)})
    _replace_file(table.replace_schema_metadata({"file": name}), path, pq)


def _replace_file(table: object, path: Path, pq: object) -> None:
    new = path.with_suffix(f".{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, new, compression="zstd")  # type: ignore[attr-defined]
        new.replace(path)
    except OSError as error:
        msg = f"{path} cannot be written ({error}): check the disk and who may write there"
        raise StoreError(msg) from error
    finally:
        new.unlink(missing_ok=True)


def list_local_letters(
    folder: Path, *, most: int = 100, replayed: bool = False
) -> list[LocalDeadLetter]:
    """Return dead letters of a folder, the newest first; on request those taken since, too."""
    ledger = Ledger(folder)
    try:
        return ledger.list_dead_letters(most, replayed=replayed)
    finally:
        ledger.close()


def replay_local_letters(folder: Path, mrid: Strings) -> Replayed:
    """Take every dead letter that can be used by now; it replaces nothing that is there."""
    ledger, silver = Ledger(folder), Silver(folder, mrid)
    taken = still_dead = 0
    try:
        with ledger.write_piece():
            waiting = ledger.list_dead_letters(LETTERS_AT_ONCE)
            for topic in sorted({letter.topic for letter in waiting}):
                batch = [letter for letter in waiting if letter.topic == topic]
                batch.sort(key=lambda letter: letter[:2])
                rows, weather, dead = decode_lines(
                    topic, [each.value or b"" for each in batch], silver.ids
                )
                if rows is not None and len(rows):
                    silver.merge_rows(rows, replace=False)
                if weather is not None and topic == CONDITIONS.name:
                    ParquetReadings(folder).write_conditions(weather)
                reasons = dict(dead)
                ledger.add_dead_letters(
                    batch[at]._replace(reason=why) for at, why in reasons.items()
                )
                ledger.mark_replayed(each for at, each in enumerate(batch) if at not in reasons)
                taken += len(batch) - len(reasons)
                still_dead += len(reasons)
    finally:
        ledger.close()
    return Replayed(taken, still_dead)

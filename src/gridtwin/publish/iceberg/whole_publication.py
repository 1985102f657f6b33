"""Publish all that a twin holds: what is the same as it was last time is not written again."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from gridtwin.errors import InputError
from gridtwin.publish.iceberg.lake_writer import (
    WHOLE,
    LakeCommit,
    SyncState,
    TableWrite,
)
from gridtwin.results.warehouse.lake_shapes import TOPOLOGY_LAKE_TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import pyarrow as pa

    from gridtwin.publish.iceberg.lake_writer import LakeWriter
    from gridtwin.results.warehouse.lake_tables import LakeRows

LOG = logging.getLogger("gridtwin.iceberg")


@dataclass(frozen=True, slots=True)
class PublishedOf:
    """What is published."""

    source: str  # the twin or the database
    network: str
    version: int  # of the current state
    position: str = ""  # in the log of the database

    def make_state(self, table: str, content: str = "") -> SyncState:
        """Return what a table is of when it is written now."""
        return SyncState(table, self.source, self.network, self.version, self.position, content)


@dataclass(slots=True)
class PublishReport:
    """What was written."""

    rows: dict[str, int] = field(default_factory=dict)  # by table; those that came
    gone: dict[str, int] = field(default_factory=dict)  # keys whose rows went; -1 = all
    days: list[str] = field(default_factory=list)

    def note_write(self, write: TableWrite) -> None:
        """Count what becomes of a table."""
        name = write.table.name
        self.rows[name] = 0 if write.rows is None else write.rows.num_rows
        self.gone[name] = -1 if write.gone is None else write.gone.num_rows


def publish_tables(
    writer: LakeWriter,
    tables: Iterable[LakeRows],
    of: PublishedOf,
    *,
    take_over: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> PublishReport:
    """
    Make the tables of a lake hold what is given, in one commit.

    Parameters
    ----------
    writer
        Writes them.
    tables
        The rows of each table.
    of
        What they are of.
    take_over
        Whether tables that were published of another source may be written; all are compared with
        what is there then, whatever was noted of them.
    progress
        Is told how many tables were compared, and of how many.

    Raises
    ------
    InputError
        If the namespace holds the publication of another source.
    StoreError
        If the catalog or the store refuses something; nothing was written then.
    """
    states = writer.read_states()
    check_source(states, of, take_over=take_over)
    report, writes, kept = PublishReport(), [], []
    listed = list(tables)
    for done, given in enumerate(listed):
        progress(done, len(listed))
        name, content = given.table.name, hash_rows(given)
        known = states.get(name)
        if known is not None and known.content == content and not take_over:
            continue
        trusted = None if take_over or given.table not in TOPOLOGY_LAKE_TABLES else known
        write = _plan_write(writer, given, trusted)
        kept.append(of.make_state(name, content))
        if write is not None:
            writes.append(write)
            report.note_write(write)
    if writes or _has_moved(states.get(WHOLE), of):
        kept.append(of.make_state(WHOLE))
        writer.write_commit(LakeCommit(writes=writes, states=kept))
    progress(len(listed), len(listed))
    return report


def check_source(
    states: Mapping[str, SyncState], of: PublishedOf, *, take_over: bool = False
) -> None:
    """
    Refuse to write into the publication of another source.

    Raises
    ------
    InputError
        Saying whose it is.
    """
    known = states.get(WHOLE)
    if known is not None and known.source != of.source and not take_over:
        msg = (
            f"the namespace holds the publication of {known.source}, this is {of.source}: choose"
            " another --namespace, or give --take-over"
        )
        raise InputError(msg)


def _has_moved(known: SyncState | None, of: PublishedOf) -> bool:
    """Return whether what is published is of something else than what was said last."""
    if known is None:
        return True
    here = of.make_state(WHOLE)
    return known != replace(here, content=known.content, made_at=known.made_at)


def _plan_write(writer: LakeWriter, given: LakeRows, known: SyncState | None) -> TableWrite | None:
    """Return what becomes of a table whose rows are not known to be the same."""
    there = writer.prepare_table(given.table)
    if there:
        return writer.find_changes(given, known)
    empty = given.rows.select(given.table.key).slice(0, 0)
    return TableWrite(given.table, empty, given.rows) if given.rows.num_rows else None


class _HashSink:
    """A file that keeps the hash of what is written into it alone."""

    closed = False

    def __init__(self) -> None:
        self.digest = hashlib.sha256()

    def write(self, part: Any) -> int:
        self.digest.update(part)
        return len(part)

    def flush(self) -> None:
        """Do nothing: all is hashed."""

    def close(self) -> None:
        """Do nothing: the hash stays."""

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False


def hash_rows(given: LakeRows) -> str:
    """Return the SHA-256 of rows, their names and types, in their order."""
    import pyarrow as pa

    sink = _HashSink()
    rows: pa.Table = given.rows.combine_chunks()
    with pa.ipc.new_stream(pa.PythonFile(sink, mode="w"), rows.schema) as stream:
        stream.write_table(rows)
    return sink.digest.hexdigest()

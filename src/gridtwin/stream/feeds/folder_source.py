"""
Read the files of feeds from a folder: lines of JSON, arrays of JSON, and deltas of OData.

A file of lines (``.jsonl``, ``.ndjson``) may grow: complete lines are read as they come. Any other
file is one document, read once under its name; whoever brings it writes it beside and renames it.
Files are read in the order of their names.
"""

from __future__ import annotations

import fnmatch
import logging
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import orjson

from gridtwin.errors import InputError, StoreError
from gridtwin.stream.feeds.source_change import FeedMessage
from gridtwin.stream.feeds.topic_source import MOST_AT_ONCE, Arrived

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

LOG = logging.getLogger("gridtwin.feeds")
LINE_SUFFIXES = frozenset({".jsonl", ".ndjson"})
DOCUMENT_SUFFIXES = frozenset({".json"})
LARGEST_DOCUMENT = 64 << 20  # bytes of a file that is read whole
LARGEST_LINE = 8 << 20  # bytes
READ_BYTES = 16 << 20  # of a file of lines at once
DELTA_LISTS = ("value", "results")  # under which a document of OData has its entities


class FolderSource:
    """
    The files of some feeds in a folder.

    Parameters
    ----------
    folder
        The folder.
    patterns
        Of the names of files, such as ``crews-*.jsonl``.
    """

    def __init__(self, folder: Path, patterns: Sequence[str]) -> None:
        if not folder.is_dir():
            msg = f"{folder}: there is no such folder"
            raise InputError(msg)
        self._folder = folder
        self._patterns = tuple(patterns)
        self._offsets: dict[str, int] = {}
        self._told: set[str] = set()  # links that lead out of the folder, said once
        self.is_at_end = False

    def begin(self, offsets: Mapping[str, int]) -> None:
        """Read on from offsets by file; a file that was never read from its beginning."""
        self._offsets = dict(offsets)
        self.is_at_end = False

    def read(self, seconds: float) -> list[Arrived]:
        """
        Return what is there of the first file that goes on; where none did, after some seconds.

        Raises
        ------
        InputError
            If a file is shorter than what was read of it, is too large, or may not be read.
        StoreError
            If the folder cannot be read now.
        """
        if self.is_at_end:
            time.sleep(seconds)
        for path in self._list_files():
            try:
                arrived = self._read_file(path)
            except FileNotFoundError:
                continue  # it was taken away since it was listed
            except PermissionError as error:
                msg = f"{path} cannot be read: let this login read it"
                raise InputError(msg) from error
            except OSError as error:
                msg = f"{path} cannot be read now: {error.strerror}"
                raise StoreError(msg) from error
            if arrived is not None:
                self._offsets[path.name] = arrived.next
                self.is_at_end = False
                return [arrived]
        self.is_at_end = True
        return []

    def count_behind(self) -> int:
        """Return how many bytes of files are there that were not read yet."""
        behind = 0
        for path in self._list_files():
            with suppress(FileNotFoundError):  # it was taken away since it was listed
                behind += max(path.stat().st_size - self._offsets.get(path.name, 0), 0)
        return behind

    def close(self) -> None:
        """Do nothing: no file stays open."""

    def _list_files(self) -> Iterator[Path]:
        """Yield the files of the folder; no link leads out of it to what whoever brings may not."""
        home = self._folder.resolve()
        try:
            listed = sorted(self._folder.iterdir(), key=lambda each: each.name)
        except OSError as error:
            msg = f"{self._folder} cannot be listed now: {error.strerror}"
            raise StoreError(msg) from error
        for path in listed:
            known = path.suffix in LINE_SUFFIXES | DOCUMENT_SUFFIXES
            hidden = path.name.startswith(".") or not path.name.isprintable()
            wanted = any(fnmatch.fnmatchcase(path.name, each) for each in self._patterns)
            if known and wanted and not hidden and path.is_file():
                if path.resolve().is_relative_to(home):
                    yield path
                elif path.name not in self._told:
                    self._told.add(path.name)
                    LOG.warning("%s leads out of its folder: it is not read", path)

    def _read_file(self, path: Path) -> Arrived | None:
        """Return what is new of a file; None where nothing is."""
        done, size = self._offsets.get(path.name, 0), path.stat().st_size
        if path.suffix in LINE_SUFFIXES:
            return self._read_lines(path, done, size)
        return None if done else self._read_document(path, size)

    def _read_lines(self, path: Path, done: int, size: int) -> Arrived | None:
        """Return complete lines from a byte on; None where there are none."""
        if size < done:
            msg = (
                f"{path} has {size:,} bytes, but {done:,} were read of it: give what is new another"
                " name, and let files of lines only grow"
            )
            raise InputError(msg)
        messages: list[FeedMessage] = []
        at = done
        with path.open("rb") as file:
            file.seek(done)
            while at - done < READ_BYTES and len(messages) < MOST_AT_ONCE:
                line = file.readline(LARGEST_LINE)
                if not line.endswith(b"\n"):
                    if len(line) == LARGEST_LINE:
                        msg = f"{path}: a line at byte {at:,} is longer than {LARGEST_LINE:,} bytes"
                        raise InputError(msg)
                    break
                if line.strip():
                    place = f"{path.name}:{at}"
                    messages.append(FeedMessage(place, None, line.rstrip(), (path.name, at)))
                at += len(line)
        return Arrived(path.name, path.name, messages, at) if at > done else None

    def _read_document(self, path: Path, size: int) -> Arrived:
        if size > LARGEST_DOCUMENT:
            msg = f"{path} has {size:,} bytes: a document may have {LARGEST_DOCUMENT:,}; part it"
            raise InputError(msg)
        text = path.read_bytes()
        try:
            rows = list_document_rows(orjson.loads(text))
        except orjson.JSONDecodeError:
            rows = None
        # What is no JSON is set apart whole, with the reason that a reader finds.
        values = [text] if rows is None else [orjson.dumps(row) for row in rows]
        messages = [
            FeedMessage(f"{path.name}:{row}", None, value, (path.name, row))
            for row, value in enumerate(values)
        ]
        return Arrived(path.name, path.name, messages, max(size, 1))


def list_document_rows(document: Any) -> list[Any] | None:
    """Return the rows of a document: an array, or what OData has under value or d.results."""
    if isinstance(document, list):
        return document
    if isinstance(document, dict):
        body = document.get("d", document)
        if isinstance(body, list):
            return body
        for name in DELTA_LISTS:
            if isinstance(body, dict) and isinstance(body.get(name), list):
                return list(body[name])
        return [document]
    return None

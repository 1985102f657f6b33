"""Find the XML files of a CIM model: a file, a zip, a zip in a zip, or a folder of any."""

from __future__ import annotations

import zipfile
import zlib
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from gridtwin.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

XML_SUFFIXES = (".xml", ".rdf")
ARCHIVE_SUFFIX = ".zip"
DEEPEST_ARCHIVE = 3  # zips within each other
LONGEST_MODEL = 64 * 1024**3  # bytes a zip may unpack to
# A model unpacks to some thirty times its size. What is far more is made to fill a machine.
BOMB_RATIO = 200
BOMB_BYTES = 256 * 1024**2  # below which no ratio does harm
ENCRYPTED = 0x1  # the bit of a member's flags
_FAULTS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError)


@contextmanager
def explain_read_faults(where: str) -> Iterator[None]:
    """Turn what a broken file or archive raises into one error that names it."""
    try:
        yield
    except _FAULTS as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        msg = (
            f"{where}: the file is cut off, broken or cannot be opened ({reason}); export it again"
        )
        raise SourceError(msg) from error


def open_cim_files(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """
    Yield the name and the open bytes of every XML file below a path, in the order of their names.

    Raises
    ------
    SourceError
        If there is none, or an archive is broken, encrypted or nested too deep.
    """
    count = 0
    with explain_read_faults(str(path)):
        for name, stream in _open_path(path):
            count += 1
            yield name, stream
    if not count:
        msg = (
            f"{path}: there is no .xml file in it; a CIM model is XML, alone, zipped or in a folder"
        )
        raise SourceError(msg)


def _open_path(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    if path.is_dir():
        for entry in sorted(path.iterdir()):
            if entry.is_dir() or entry.suffix.casefold() in {*XML_SUFFIXES, ARCHIVE_SUFFIX}:
                yield from _open_path(entry)
    elif zipfile.is_zipfile(path) or path.suffix.casefold() == ARCHIVE_SUFFIX:
        with path.open("rb") as stream:
            yield from _open_archive(str(path), stream, path.stat().st_size, 1)
    else:
        with path.open("rb") as stream:
            yield str(path), stream


def _open_archive(
    where: str, stream: IO[bytes], size: int, depth: int
) -> Iterator[tuple[str, IO[bytes]]]:
    if depth > DEEPEST_ARCHIVE:
        msg = f"{where}: zips are nested more than {DEEPEST_ARCHIVE} deep: unpack them"
        raise SourceError(msg)
    with explain_read_faults(where), zipfile.ZipFile(stream) as archive:
        whole = sum(entry.file_size for entry in archive.infolist())
        if whole > LONGEST_MODEL:
            msg = f"{where}: it unpacks to more than {LONGEST_MODEL // 1024**3} GB"
            raise SourceError(msg)
        if whole > BOMB_BYTES and whole > BOMB_RATIO * size:
            msg = (
                f"{where}: {size:,} bytes that unpack to {whole:,} are a bomb; where it is none,"
                " unpack it and give the folder"
            )
            raise SourceError(msg)
        for entry in sorted(archive.infolist(), key=lambda entry: entry.filename):
            name, suffix = f"{where}/{entry.filename}", entry.filename.casefold()[-4:]
            if suffix not in {*XML_SUFFIXES, ARCHIVE_SUFFIX} or entry.is_dir():
                continue
            if entry.flag_bits & ENCRYPTED:
                msg = f"{name}: it is encrypted: unpack it with its password"
                raise SourceError(msg)
            with archive.open(entry) as member:
                if suffix == ARCHIVE_SUFFIX:
                    yield from _open_archive(name, member, entry.file_size, depth + 1)
                else:
                    yield name, member

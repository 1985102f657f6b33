"""
Build streams for ``COPY ... FROM STDIN (FORMAT BINARY)`` out of columns, no object per value.

The format is that of the PostgreSQL manual, COPY, "Binary Format": a header; for each row the
number of its fields (int16), and for each field its length in bytes (int32, -1 for NULL) and its
bytes, all big-endian; a trailer. Places are EWKB as PostGIS reads it: the WKB of OGC 06-103r4,
8.2, with an SRID behind the type and a flag in the type that says so.

Some thousand rows are laid out at once as records in which every field is as wide as its widest
value; what a row does not fill is then left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from gridtwin.model.tables import Strings

    Bytes = NDArray[np.uint8]
    Counts = NDArray[np.int64]
    Rows = slice | NDArray[np.integer[Any]]
    Ragged = Callable[[Rows], tuple[NDArray[np.int64], NDArray[np.float64]]]

COPY_ROWS = 16_384  # rows: their records stay in the cache of the processor
COPY_HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)  # no flags, no extension
COPY_TRAILER = b"\xff\xff"
NULL_LENGTH = -1
NUMBER_FORMATS = {"int2": ">i2", "int4": ">i4", "int8": ">i8", "float4": ">f4", "bool": "?"}

# Odd, so that no single word can vanish: the golden ratio, and the finalizers of SplitMix64.
SPREAD, MIX, MIX_AGAIN = (
    np.uint64(number) for number in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
)

WGS84_SRID = 4326
POINT, LINE = 1, 2
HAS_SRID = 0x2000_0000
LITTLE_ENDIAN = 1
START_OF_PLACE = [("order", "u1"), ("type", "<u4"), ("srid", "<u4")]


@dataclass(frozen=True, slots=True)
class Cells:
    """One column in some rows: values of one width, and bytes of any number behind each."""

    values: NDArray[Any]  # as they stand in the stream
    lengths: Counts  # bytes of each field, those behind with it; -1 for NULL
    widths: Counts | None = None  # bytes of each value that count; all where None
    behind: Bytes | None = None  # coordinates, one row after another


@dataclass(frozen=True, eq=False)
class Numbers:
    """A column of int2, int4, int8, float4 or bool."""

    type: str
    values: NDArray[Any]
    absent: NDArray[np.bool_] | None = None  # where it is NULL

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.values)

    def build_cells(self, part: Rows) -> Cells:
        """Return some rows of it."""
        wanted = np.dtype(NUMBER_FORMATS[self.type])
        values = self.values[part]
        _check_range(values, wanted)
        widths = None
        if self.absent is not None:
            widths = np.where(self.absent[part], 0, wanted.itemsize)
        return _build_fixed_cells(values.astype(wanted), widths)

    def hash_part(self, part: Rows) -> NDArray[np.uint64]:
        """Return a number for some rows each that tells its value from others."""
        wanted = np.dtype(NUMBER_FORMATS[self.type]).newbyteorder("=")
        exact = self.values[part].astype(wanted)
        words = exact.view(np.uint32) if self.type == "float4" else exact
        hashes = _mix_words(words.astype(np.int64))
        if self.absent is not None:
            hashes[self.absent[part]] = SPREAD
        return hashes


@dataclass(frozen=True, eq=False)
class Texts:
    """A column of texts, none of them NULL."""

    values: Strings
    type = "text"

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.values)

    def build_cells(self, part: Rows) -> Cells:
        """Return some rows of it."""
        values = self.values[part]
        lengths = np.strings.str_len(values)
        # Not wider than the widest here: one long text elsewhere costs nothing.
        return Cells(values.astype(f"S{max(1, lengths.max(initial=0))}"), lengths, lengths)

    def hash_part(self, part: Rows) -> NDArray[np.uint64]:
        """Return a number for some rows each that tells its value from others."""
        values = self.values[part]
        width = -(-values.dtype.itemsize // 8)
        words = values.astype(f"S{8 * width}").view(np.uint64).reshape(len(values), width)
        hashes = np.zeros(len(words), dtype=np.uint64)
        for place, factor in enumerate(_derive_factors(width)):
            hashes += _mix_words(words[:, place]) * factor
        return hashes


@dataclass(frozen=True, eq=False)
class Names:
    """A column of texts, given as codes of a few names."""

    codes: NDArray[np.integer[Any]]
    names: tuple[str, ...]
    type = "text"

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.codes)

    @cached_property
    def name_bytes(self) -> Strings:
        """The names as bytes."""
        return np.array([name.encode() for name in self.names], dtype=np.bytes_)

    def build_cells(self, part: Rows) -> Cells:
        """Return some rows of it."""
        codes = self.codes[part]
        lengths = np.strings.str_len(self.name_bytes)[codes]
        return Cells(self.name_bytes[codes], lengths, lengths)

    def hash_part(self, part: Rows) -> NDArray[np.uint64]:
        """Return a number for some rows each that tells its value from others."""
        return Texts(self.name_bytes).hash_part(slice(None))[self.codes[part]]


@dataclass(frozen=True, eq=False)
class Points:
    """A column of points; NULL where a coordinate is NaN."""

    xy: NDArray[np.float64]  # (n, 2)
    type = "geometry"

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.xy)

    def build_cells(self, part: Rows) -> Cells:
        """Return some rows of it."""
        xy = self.xy[part]
        values = _build_places(POINT, len(xy), [("x", "<f8"), ("y", "<f8")])
        values["x"], values["y"] = xy.T
        widths = np.where(np.isnan(xy).any(axis=1), 0, values.itemsize)
        return _build_fixed_cells(values, widths)

    def hash_part(self, part: Rows) -> NDArray[np.uint64]:
        """Return a number for some rows each that tells its value from others."""
        xy = np.ascontiguousarray(self.xy[part])
        x, y = _mix_words(xy.view(np.uint64)).T
        hashes = x * SPREAD + y * MIX
        hashes[np.isnan(xy).any(axis=1)] = 0
        return hashes


@dataclass(frozen=True, eq=False)
class Lines:
    """A column of lines; NULL where there is no point or a coordinate is NaN."""

    count: int
    ragged: Ragged  # of some rows: where each begins among the points, and all points, (k, 2)
    type = "geometry"

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.count

    def build_cells(self, part: Rows) -> Cells:
        """Return some rows of it."""
        start, xy = self.ragged(part)
        points = np.diff(start)
        faults = np.concatenate([[0], np.cumsum(np.isnan(xy).any(axis=1))])
        nowhere = (np.diff(faults[start]) > 0) | (points == 0)
        values = _build_places(LINE, len(points), [("points", "<u4")])
        values["points"] = points
        lengths = np.where(nowhere, NULL_LENGTH, values.itemsize + 16 * points)
        coordinates = xy[~np.repeat(nowhere, points)].astype("<f8")
        return Cells(
            values,
            lengths,
            np.where(nowhere, 0, values.itemsize),
            np.ascontiguousarray(coordinates).view(np.uint8).ravel(),
        )

    def hash_part(self, part: Rows) -> NDArray[np.uint64]:
        """Return a number for some rows each that tells its value from others."""
        start, xy = self.ragged(part)
        points = Points(xy).hash_part(slice(None))
        place = np.arange(len(points)) - np.repeat(start[:-1], np.diff(start))
        placed = points * _derive_factors(int(place.max(initial=0)) + 1)[place]
        # Sums wrap around, so those of a line are the difference of two running ones.
        running = np.concatenate([[np.uint64(0)], np.cumsum(placed, dtype=np.uint64)])
        return running[start[1:]] - running[start[:-1]]


class Column(Protocol):
    """A column of a table, as COPY writes it."""

    def __len__(self) -> int:
        """Return the number of rows."""
        ...

    def build_cells(self, part: Rows) -> Cells:
        """Return some rows of it."""
        ...

    def hash_part(self, part: Rows) -> NDArray[np.uint64]:
        """Return a number for some rows each that tells its value from others."""
        ...


def stream_copy(
    columns: Sequence[Column], rows: NDArray[np.integer[Any]] | None = None
) -> Iterator[memoryview]:
    """
    Yield the bytes that COPY reads, some thousand rows at a time.

    Parameters
    ----------
    columns
        The columns in the order in which COPY names them, all of one length.
    rows
        The rows wanted, in that order; all by default.

    Raises
    ------
    AssertionError
        If the columns differ in length, or a number does not fit into its type.
    """
    yield memoryview(COPY_HEADER)
    for part in split_rows(columns, rows):
        yield encode_cells([column.build_cells(part) for column in columns])
    yield memoryview(COPY_TRAILER)


def hash_rows(columns: Sequence[Column]) -> NDArray[np.uint64]:
    """
    Return a number for each row; rows that differ have, as good as surely, different ones.

    Notes
    -----
    A sum of products with odd factors, of words spread by a xor and a multiplication as in
    SplitMix64 (Steele, Lea and Flood, 2014). It is made to find what was changed, not to withstand
    anyone who looks for two rows that look the same.
    """
    hashes = np.zeros(len(columns[0]), dtype=np.uint64)
    factors = _derive_factors(len(columns))
    for part in split_rows(columns):
        for factor, column in zip(factors, columns, strict=True):
            hashes[part] += _mix_words(column.hash_part(part)) * factor
    return hashes


def _mix_words(words: NDArray[Any]) -> NDArray[np.uint64]:
    spread = words.astype(np.uint64, copy=False)
    return (spread ^ spread >> np.uint64(29)) * MIX


def _derive_factors(count: int) -> NDArray[np.uint64]:
    """Return odd numbers, different and far from one another."""
    steps = np.arange(1, count + 1, dtype=np.uint64) * SPREAD
    return (steps ^ steps >> np.uint64(31)) * MIX_AGAIN | np.uint64(1)


def split_rows(
    columns: Sequence[Column], rows: NDArray[np.integer[Any]] | None = None
) -> Iterator[Rows]:
    """Yield the rows of columns, all or those given, some thousand at a time."""
    lengths = {len(column) for column in columns}
    if len(lengths) != 1:
        msg = f"the columns of one table have {sorted(lengths)} rows"
        raise AssertionError(msg)
    count = lengths.pop() if rows is None else len(rows)
    for start in range(0, count, COPY_ROWS):
        part = slice(start, min(start + COPY_ROWS, count))
        yield part if rows is None else rows[part]


def _build_fixed_cells(values: NDArray[Any], widths: Counts | None) -> Cells:
    """Return values of one width, NULL where they have none."""
    if widths is None:
        return Cells(values, np.full(len(values), values.itemsize))
    return Cells(values, np.where(widths == 0, NULL_LENGTH, widths), widths)


def _build_places(kind: int, count: int, rest: list[tuple[str, str]]) -> NDArray[Any]:
    values = np.empty(count, dtype=START_OF_PLACE + rest)
    values["order"], values["type"], values["srid"] = LITTLE_ENDIAN, kind | HAS_SRID, WGS84_SRID
    return values


def _check_range(values: NDArray[Any], wanted: np.dtype[Any]) -> None:
    if np.can_cast(values.dtype, wanted) or values.dtype.kind not in "iu" or not len(values):
        return
    limits = np.iinfo(wanted)
    if values.min() < limits.min or values.max() > limits.max:
        msg = f"{values.min()} to {values.max()} does not fit into {wanted.itemsize} bytes"
        raise AssertionError(msg)


def encode_cells(cells: list[Cells]) -> memoryview:
    """Return the bytes of some rows, without header and trailer."""
    pieces: list[tuple[Bytes, Counts]] = []
    records: list[tuple[str, NDArray[Any], Counts | None]] = [
        ("fields", np.full(len(cells[0].lengths), len(cells), dtype=">i2"), None)
    ]
    for number, cell in enumerate(cells):
        records.append((f"length {number}", cell.lengths.astype(">i4"), None))
        records.append((f"value {number}", cell.values, cell.widths))
        if cell.behind is not None:
            pieces.append(_pack_records(records))
            widths = np.zeros_like(cell.lengths) if cell.widths is None else cell.widths
            pieces.append((cell.behind, np.maximum(cell.lengths, 0) - widths))
            records = []
    if records:
        pieces.append(_pack_records(records))
    return memoryview(_weave_pieces(pieces))  # type: ignore[arg-type]  # numpy says so from 3.12 on


def _pack_records(
    records: list[tuple[str, NDArray[Any], Counts | None]],
) -> tuple[Bytes, Counts]:
    """Return records without the bytes that their values do not fill, and how long each is."""
    layout = np.dtype([(name, values.dtype) for name, values, _ in records])
    wide = np.empty(len(records[0][1]), dtype=layout)
    for name, values, _ in records:
        wide[name] = values
    matrix = wide.view(np.uint8).reshape(len(wide), layout.itemsize)
    kept = np.ones(matrix.shape, dtype=np.bool_)
    lengths = np.full(len(wide), layout.itemsize)
    place = 0
    for _, values, widths in records:
        width = values.dtype.itemsize
        if widths is not None:
            np.less(np.arange(width), widths[:, None], out=kept[:, place : place + width])
            lengths += widths - width
        place += width
    return matrix[kept], lengths


def _weave_pieces(pieces: list[tuple[Bytes, Counts]]) -> Bytes:
    """Return the first row of every piece, then the second of every one, and so on."""
    if len(pieces) == 1:
        return pieces[0][0]
    lengths = np.stack([lengths for _, lengths in pieces], axis=1)
    numbers = np.tile(np.arange(len(pieces), dtype=np.uint8), len(lengths))
    owner = np.repeat(numbers, lengths.ravel())
    woven = np.empty(len(owner), dtype=np.uint8)
    for number, (piece, _) in enumerate(pieces):
        woven[owner == number] = piece
    return woven

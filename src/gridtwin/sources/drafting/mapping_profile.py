"""Profile a source: its layers, and of each column what it holds, how often, and what it means."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.errors import SourceError
from gridtwin.sources.mapping.mapping_domains import DOMAIN_PREFIX
from gridtwin.sources.mapping.mapping_layers import ROW_COLUMN, MappedSource
from gridtwin.sources.mapping.mapping_values import quote_name
from gridtwin.sources.mapping.personal_columns import tell_personal

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from gridtwin.sources.mapping.mapping_domains import LayerWords

SOME_VALUES = 10_000  # of numbers and dates, whose values name nothing
FEW_CODES = 40  # distinct values up to which a column is one of codes
GEOMETRY_WORDS = {"Point": "point", "LineString": "line", "Polygon": "polygon"}


@dataclass(slots=True)
class ColumnProfile:
    """What one column holds."""

    name: str
    kind: str  # "text", "integer", "real", "date", "flag" or "other"
    rows: int
    blank: int  # rows in which it is null or nothing but blanks
    distinct: int  # values there are, blanks left out
    counts: dict[str, int]  # of each value as text, the most frequent first; blanks left out
    words: dict[str, str]  # what codes stand for, as the source says
    personal: str = ""  # what it seems to say of persons
    is_numeric: bool = False  # whether all its values are numbers, even if kept as text
    is_fid: bool = False  # the number that the format itself gives a row
    values: frozenset[str] = field(default_factory=frozenset)  # of numbers and dates only some

    @property
    def is_unique(self) -> bool:
        """Whether every row has a value, and none has that of another."""
        return self.rows > 0 and not self.blank and self.distinct == self.rows

    @property
    def names_things(self) -> bool:
        """Whether its values may be ids: texts or whole numbers."""
        return self.kind in {"text", "integer"} and self.distinct > 0

    def show_top(self, count: int = 4) -> str:
        """Return the most frequent values with their rows, as a comment shows them."""
        shown = [f"{value} ({rows:,})" for value, rows in list(self.counts.items())[:count]]
        more = f" and {self.distinct - count:,} more" if self.distinct > count else ""
        return ", ".join(shown) + more


@dataclass(slots=True)
class LayerProfile:
    """What one layer holds."""

    name: str
    rows: int
    geometry: str  # "point", "line", "polygon", "other", or empty
    crs: str
    extent: tuple[float, float, float, float] | None
    columns: list[ColumnProfile]
    said: LayerWords
    table: pa.Table
    shapes: NDArray[np.object_] | None

    def find_column(self, name: str) -> ColumnProfile | None:
        """Return a column, whatever the case of its name."""
        folded = name.casefold()
        return next((each for each in self.columns if each.name.casefold() == folded), None)

    def list_texts(self, name: str) -> list[str]:
        """Return a column row by row as text; empty where it is blank."""
        return _read_texts(self.table.column(name))


@dataclass(slots=True)
class SourceProfile:
    """What a source holds."""

    path: str
    layers: list[LayerProfile]
    broken: dict[str, str]  # layers that do not open, and why

    def find_layer(self, name: str) -> LayerProfile | None:
        """Return a layer, whatever the case of its name."""
        folded = name.casefold()
        return next((each for each in self.layers if each.name.casefold() == folded), None)


class SourceProfiler:
    """
    Reads every layer of a source once.

    Parameters
    ----------
    path
        Anything a mapping reads.

    Raises
    ------
    SourceError
        If it is missing, broken, or none of its layers opens.
    """

    def __init__(self, path: str | Path) -> None:
        self.source = MappedSource(Path(path).expanduser())

    @cached_property
    def profile(self) -> SourceProfile:
        """What the source holds."""
        read: list[LayerProfile] = []
        broken: dict[str, str] = {}
        for name in self.source.layers:
            try:
                read.append(self._profile_layer(name))
            except SourceError as error:  # a mapping may not need it
                broken[name] = str(error)
        if not read:
            reason = next(iter(broken.values()), "it has no layers")
            msg = f"{self.source.path}: none of its layers can be read: {reason}"
            raise SourceError(msg)
        return SourceProfile(str(self.source.path), read, broken)

    def _profile_layer(self, name: str) -> LayerProfile:
        import shapely

        fields = self.source.list_fields(name)
        layer = self.source.read_layer(name, "\n".join(map(quote_name, fields)))
        said = self.source.words.find_layer(name)
        fid = self.source.find_fid(name)
        there = [each for each in layer.table.column_names if each in fields]
        columns = [
            _profile_column(layer.table, each, said, is_fid=each == fid)
            for each in there
            if each != ROW_COLUMN
        ]
        shapes = layer.shapes
        extent = None
        if shapes is not None and len(shapes) and not shapely.is_missing(shapes).all():
            west, south, east, north = shapely.total_bounds(shapes).tolist()
            if np.isfinite([west, south, east, north]).all():
                extent = (west, south, east, north)
        geometry = "" if shapes is None else _tell_geometry(shapes, self.source.find_type(name))
        return LayerProfile(
            name,
            layer.table.num_rows,
            geometry,
            str(layer.crs or ""),
            extent,
            columns,
            said,
            layer.table,
            shapes,
        )


def _tell_geometry(shapes: NDArray[np.object_], stated: str) -> str:
    """Return what the shapes are; of an empty layer what it states."""
    import shapely

    types = shapely.get_type_id(shapes)
    names = {
        "point": (shapely.GeometryType.POINT, shapely.GeometryType.MULTIPOINT),
        "line": (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING),
        "polygon": (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON),
    }
    drawn = types[types >= 0]
    if len(drawn):
        counts = {word: int(np.isin(drawn, codes).sum()) for word, codes in names.items()}
        word = max(counts, key=lambda each: counts[each])
        return word if counts[word] * 2 > len(drawn) else "other"
    plain = stated.removeprefix("Multi").removesuffix("Z").removesuffix("M").strip()
    return GEOMETRY_WORDS.get(plain.removesuffix(" "), "other")


def _profile_column(table: pa.Table, name: str, said: LayerWords, *, is_fid: bool) -> ColumnProfile:
    column = table.column(name)
    counts = _count_values(column)
    blank = counts.pop("", 0)
    by_value = dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))
    words = {**said.find_words(name), **_read_words(table, name)}
    kind = _tell_kind(column.type)
    plain = [value for value in by_value if kind == "text"]
    return ColumnProfile(
        name,
        kind,
        table.num_rows,
        blank,
        len(by_value),
        dict(list(by_value.items())[:FEW_CODES]),
        words,
        tell_personal(name, plain[:1_000]),
        bool(by_value) and (kind in {"integer", "real"} or all(map(_is_number, by_value))),
        is_fid,
        frozenset(by_value if kind in {"text", "integer"} else list(by_value)[:SOME_VALUES]),
    )


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _read_words(table: pa.Table, name: str) -> dict[str, str]:
    """Return what the codes that occur stand for, where GDAL itself tells it."""
    spoken = DOMAIN_PREFIX + name
    if spoken not in table.column_names:
        return {}
    both = table.select([name, spoken]).group_by([name, spoken]).aggregate([])
    pairs = zip(_read_texts(both.column(name)), _read_texts(both.column(spoken)), strict=True)
    return {code: word for code, word in sorted(pairs) if code and word}


def _count_values(column: pa.ChunkedArray) -> dict[str, int]:
    """Return how many rows have each value, as text; those without one under an empty text."""
    import pyarrow as pa

    try:
        counted = column.value_counts()
    except pa.ArrowException:  # a list has no values to count
        values, rows_of = column, [1] * len(column)
    else:
        values = pa.chunked_array([counted.field("values")])
        rows_of = counted.field("counts").to_pylist()
    counts: dict[str, int] = {}
    for text, rows in zip(_read_texts(values), rows_of, strict=True):
        counts[text] = counts.get(text, 0) + rows
    return counts


def _read_texts(column: pa.ChunkedArray) -> list[str]:
    """Return values as text; a whole number in a column of reals is written as such."""
    import pyarrow as pa

    if pa.types.is_floating(column.type):
        return [
            "" if value is None or value != value  # noqa: PLR0124 - NaN
            else str(int(value)) if value.is_integer() else repr(value)
            for value in column.to_pylist()
        ]  # fmt: skip
    try:
        texts = column.cast(pa.string()).to_pylist()
    except pa.ArrowException:  # a list, or bytes
        texts = [None if value is None else str(value) for value in column.to_pylist()]
    return ["" if text is None else text.strip() for text in texts]


def _tell_kind(kind: Any) -> str:
    import pyarrow as pa

    if pa.types.is_boolean(kind):
        return "flag"
    if pa.types.is_integer(kind):
        return "integer"
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "real"
    if pa.types.is_temporal(kind):
        return "date"
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    return "text" if is_text else "other"

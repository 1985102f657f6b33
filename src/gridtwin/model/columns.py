"""Read one frame column by column, collecting every fault instead of stopping at the first."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridtwin.errors import Fault
from gridtwin.model import keys, phases, shapes
from gridtwin.model.column_names import find_closest_column, squash_name
from gridtwin.model.notices import Notice
from gridtwin.model.schema import SCHEMA
from gridtwin.model.tables import Strings, decode_texts, encode_texts, make_blank_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from gridtwin.model.faults import Faults

MAX_CUSTOMERS = 1_000_000
MAX_NUMBER = float(np.finfo(np.float32).max)
TRUE_WORDS = frozenset({"true", "t", "yes", "y", "1", "1.0"})
FALSE_WORDS = frozenset({"false", "f", "no", "n", "0", "0.0"})
OPEN_WORDS = frozenset({"open", "opened", "normallyopen"})  # squashed
CLOSED_WORDS = frozenset({"closed", "close", "normallyclosed"})


class FrameColumns:
    """
    The columns of one frame, read as the model wants them.

    Parameters
    ----------
    name
        Name of the frame, for faults.
    frame
        DataFrame, GeoDataFrame, mapping of columns, or None for an empty frame.
    faults
        Where faults go.
    """

    def __init__(self, name: str, frame: Any, faults: Faults) -> None:
        self.name = name
        self._frame = {} if frame is None else frame
        self.names = [str(column) for column in self._frame]
        self._faults = faults
        if len(set(self.names)) < len(self.names):  # a DataFrame may have one name twice
            self._frame = frame.loc[:, ~frame.columns.duplicated()]
        self.count = self._count_rows()
        self.placeless: NDArray[np.intp] = np.arange(self.count)  # rows without a point
        self._mrid = make_blank_texts(self.count)
        self._mrid = self._read_keys("mrid") if self.has_column("mrid") else self._mrid

    def _count_rows(self) -> int:
        for column in self._frame:
            return len(self._frame[column])
        return 0

    def has_column(self, column: str) -> bool:
        """Return whether the frame has a column."""
        return column in self._frame

    @property
    def crs(self) -> str | None:
        """The CRS the frame states itself, if it is a GeoDataFrame that does."""
        crs = getattr(self._frame, "crs", None) if self.has_column("geometry") else None
        return None if crs is None else str(crs.to_string())

    def require_columns(self) -> None:
        """Note a fault for each required column that is missing."""
        self._faults.found += [
            Fault(self.name, 0, "", f"column {column!r} is there twice: keep one")
            for column in sorted({name for name in self.names if self.names.count(name) > 1})
        ]
        schema = SCHEMA[self.name]
        if not self.count:
            if schema.required:
                self._faults.found.append(
                    Fault(self.name, 0, "", f"the frame is empty: a network needs {self.name}")
                )
            return
        self._faults.found += [
            Fault(
                self.name, 0, "", f"column {name!r} is missing: add it{self._find_substitute(name)}"
            )
            for name in (column.name for column in schema.columns if column.required)
            if not self.has_column(name)
        ]

    def _find_substitute(self, column: str) -> str:
        """Return which of the columns given may be the one that is missing."""
        unknown = [name for name in self.names if name not in SCHEMA[self.name].names]
        found = [
            name for name in unknown if find_closest_column(name, self.name, self.names) == column
        ]
        return f", or rename {' or '.join(found)} if that is it" if found else ""

    def add_faults(self, rows: NDArray[Any], reasons: Sequence[str]) -> None:
        """Note one fault a row."""
        self._faults.add_faults(self.name, rows, self._mrid, reasons)

    def add_notice(self, rule: str, rows: NDArray[Any], what: str, mend: str) -> None:
        """Tell what was done about each of some rows."""
        names = decode_texts(self._mrid[rows])
        self._faults.notices += [
            Notice(rule, f"{self.name} row {row} ({name}): {what}", mend)
            for row, name in zip(rows.tolist(), names.tolist(), strict=True)
        ]

    def read_mrids(self) -> Strings:
        """Return the identifiers."""
        return self._mrid

    def read_values(self, column: str) -> NDArray[Any]:
        """Return a column as the objects it holds."""
        return np.array(self._frame[column], dtype=object)

    def give_column(self, column: str) -> Any:
        """Return a column as it was given."""
        return self._frame[column]

    def _mark_nulls(self, values: NDArray[Any]) -> NDArray[np.bool_]:
        import pandas as pd

        return np.asarray(pd.isna(values), dtype=bool)

    def read_texts(self, column: str) -> Strings:
        """Return a column of texts; empty where nothing is given."""
        values = self.read_values(column)
        values = np.where(self._mark_nulls(values), "", values)
        return encode_texts(keys.to_texts(values))

    def _read_keys(self, column: str) -> Strings:
        """Return a column of identifiers; note numbers that have lost digits."""
        given = self._frame[column]
        values = (
            given
            if isinstance(getattr(given, "dtype", None), np.dtype)
            else self.read_values(column)
        )
        rows = keys.find_inexact(np.asarray(values))
        self.add_faults(
            rows,
            [
                f"{column} is a real number of more digits than a real holds: store identifiers"
                " as text or as integers"
                for _ in rows
            ],
        )
        return self.read_texts(column)

    def read_labels(self, column: str) -> Strings:
        """Return a column of labels, where False, 0 and nothing mean none and True means yes."""
        texts = [
            "" if text.casefold() in FALSE_WORDS else "yes" if text == "True" else text
            for text in decode_texts(self.read_texts(column)).tolist()
        ]
        return encode_texts(texts)

    def read_numbers(self, column: str) -> NDArray[np.float32]:
        """Return a column of numbers from 0 up, NaN where nothing is given; note what is none."""
        import pandas as pd

        values = self.read_values(column)
        nulls = self._mark_nulls(values)
        values[nulls] = None
        numbers = np.array(pd.to_numeric(values, errors="coerce"), dtype=np.float64)
        missing = nulls | (values == "")
        numbers[np.abs(numbers) > MAX_NUMBER] = np.inf
        bad = np.flatnonzero((~missing & ~np.isfinite(numbers)) | (numbers < 0))
        self.add_faults(
            bad, [f"{column} {values[row]!r} is no number of at least 0" for row in bad]
        )
        return numbers.astype(np.float32)

    def read_counts(self, column: str, otherwise: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return a column of whole numbers from 0 up."""
        numbers = self.read_numbers(column).astype(np.float64)
        numbers = np.where(np.isnan(numbers), otherwise, numbers)
        bad = np.flatnonzero((numbers != np.floor(numbers)) | (numbers > MAX_CUSTOMERS))
        self.add_faults(
            bad,
            [
                f"{column} {numbers[row]:g} is no whole number up to {MAX_CUSTOMERS:,}"
                for row in bad
            ],
        )
        return np.clip(numbers, 0, MAX_CUSTOMERS).astype(np.int32)

    def read_flags(self, column: str, otherwise: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return a column of yes and no."""
        if getattr(self._frame[column], "dtype", None) == np.bool_:
            return np.array(self._frame[column], dtype=np.bool_)
        words = np.char.lower(decode_texts(self.read_texts(column)))
        yes = np.isin(words, list(TRUE_WORDS))
        known = yes | np.isin(words, [*FALSE_WORDS, ""])
        bad = np.flatnonzero(~known)
        self.add_faults(bad, [f"{column} {words[row]!r} is neither true nor false" for row in bad])
        return np.where(words == "", otherwise, yes)

    def read_choices(
        self, column: str, allowed: Sequence[str], otherwise: NDArray[np.uint8] | None
    ) -> NDArray[np.uint8]:
        """
        Return a column of words as their places in `allowed`.

        Parameters
        ----------
        column, allowed
            The column, and what its words may be.
        otherwise
            The place for each row that has no word; None if every row must have one.
        """
        codes, words = self._factorize_words(column)
        spelt = [squash_name(word) for word in allowed]
        places = np.zeros(self.count, dtype=np.uint8)
        for code, word in enumerate(words):
            rows = codes == code
            known = squash_name(word).replace("izer", "iser")
            if known in spelt:
                places[rows] = spelt.index(known)
            elif known or otherwise is None:
                bad = np.flatnonzero(rows)
                reason = (
                    f"{column} {word!r} is unknown: use one of {', '.join(filter(None, allowed))}"
                )
                self.add_faults(bad, [reason] * len(bad))
            else:
                places[rows] = otherwise[rows]
        return places

    def _factorize_words(self, column: str) -> tuple[NDArray[np.intp], list[str]]:
        import pandas as pd

        codes, words = pd.factorize(decode_texts(self.read_texts(column)))
        return codes, [str(word) for word in words]

    def read_phases(self, column: str) -> NDArray[np.uint8]:
        """Return a column of phase codes as bits."""
        codes, words = self._factorize_words(column)
        masks = np.zeros(len(words), dtype=np.uint8)
        for code, word in enumerate(words):
            try:
                masks[code] = phases.parse_phases(word)
            except ValueError as error:
                bad = np.flatnonzero(codes == code)
                self.add_faults(bad, [f"{column} {error}"] * len(bad))
        return masks[codes] if len(words) else np.zeros(self.count, dtype=np.uint8)

    def read_open_phases(self, column: str, recorded: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return which phases stand open: True means all of the phases recorded."""
        every = np.where(recorded == 0, np.uint8(phases.ABC), recorded)
        codes, words = self._factorize_words(column)
        masks = np.zeros(self.count, dtype=np.uint8)
        for code, word in enumerate(words):
            rows = np.flatnonzero(codes == code)
            masks[rows] = self._open_mask(column, word, rows, every)
        return masks

    def _open_mask(
        self, column: str, word: str, rows: NDArray[np.intp], every: NDArray[np.uint8]
    ) -> NDArray[np.uint8]:
        known = squash_name(word)
        if known in TRUE_WORDS | OPEN_WORDS:
            return every[rows]
        if not known or known in FALSE_WORDS | CLOSED_WORDS:
            return np.zeros(len(rows), dtype=np.uint8)
        try:
            mask = np.uint8(phases.parse_phases(word))
        except ValueError as error:
            reason = f"{column} {error}, or true and false, or open and closed"
            self.add_faults(rows, [reason] * len(rows))
            return np.zeros(len(rows), dtype=np.uint8)
        bad = rows[(mask & ~every[rows]) != 0]
        self.add_faults(
            bad,
            [f"{column} {word!r} names a phase that its phases do not have" for _ in bad],
        )
        return np.full(len(rows), mask, dtype=np.uint8)

    def read_references(
        self, column: str, targets: FrameColumns, *, required: bool
    ) -> NDArray[np.int32]:
        """Return a column of mRIDs as rows of the frame they name; -1 where they name none."""
        names = self._read_keys(column)
        rows = targets.find_rows(names)
        dangling = rows < 0
        if not required:
            dangling &= names != b""
        bad = np.flatnonzero(dangling)
        hints = _near_keys(names[bad], targets.read_mrids())
        self.add_faults(
            bad,
            [
                f"{column} names no {SCHEMA[targets.name].one}: {names[row].decode()!r}{hint}"
                for row, hint in zip(bad, hints, strict=True)
            ],
        )
        return rows

    def find_rows(self, names: Strings) -> NDArray[np.int32]:
        """Return the first row of each mRID; -1 where no row has it."""
        import pandas as pd

        unique, first = self._index
        at = unique.get_indexer(pd.Index(names.astype(object)))
        return np.where(at >= 0, first[at] if len(first) else -1, -1).astype(np.int32)

    @cached_property
    def _index(self) -> tuple[pd.Index[Any], NDArray[np.intp]]:
        """Every mRID once, and the first row that has it."""
        import pandas as pd

        mrids = pd.Index(self._mrid.astype(object))
        first = np.flatnonzero(~mrids.duplicated())
        return mrids[first], first

    def _read_geometry(
        self, wanted: shapely.GeometryType
    ) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Return the geometries, and where there is a usable one of the wanted type."""
        values = self.read_values("geometry")
        values[self._mark_nulls(values)] = None
        geometry, unread = shapes.parse_geometries(values)
        reasons = [f"geometry {str(values[row])[:40]!r} is no straight geometry" for row in unread]
        self.add_faults(unread, reasons)
        if wanted == shapely.GeometryType.POINT and self.name != "nodes":
            geometry, mended = shapes.as_points(geometry)
            what, mend = "its area is taken as one point inside it", "draw it as a point"
        else:
            geometry, mended = shapes.as_lines(geometry)
            what, mend = "its touching parts are taken as one line", "draw it as one line"
        self.add_notice("mended_geometry", mended, what, mend)
        types = shapely.get_type_id(geometry)
        missing = (types < 0) | shapely.is_empty(geometry)
        wrong = ~missing & (types != wanted)
        self.placeless = np.setdiff1d(np.flatnonzero(missing), unread)
        bad = np.flatnonzero(wrong)
        self.add_faults(bad, [_wrong_shape(geometry[row], wanted) for row in bad])
        return geometry, ~missing & ~wrong

    def read_points(self) -> NDArray[np.float64]:
        """Return the points of a frame, shape (n, 2); NaN where there is none."""
        xy = np.full((self.count, 2), np.nan)
        if not self.has_column("geometry"):
            return xy
        values, usable = self._read_geometry(shapely.GeometryType.POINT)
        xy[usable, 0], xy[usable, 1] = shapely.get_x(values[usable]), shapely.get_y(values[usable])
        infinite = np.flatnonzero(usable & ~np.isfinite(xy).all(axis=1))
        self.add_faults(
            infinite, ["geometry has a coordinate that is no finite number"] * len(infinite)
        )
        return xy

    def read_lines(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the lines of a frame as offsets and coordinates; empty where there is none."""
        start = np.zeros(self.count + 1, dtype=np.int64)
        if not self.has_column("geometry"):
            return start, np.empty((0, 2))
        values, usable = self._read_geometry(shapely.GeometryType.LINESTRING)
        xy, owner = shapely.get_coordinates(values[usable], return_index=True)
        owner = np.flatnonzero(usable)[owner]
        np.cumsum(np.bincount(owner, minlength=self.count), out=start[1:])
        infinite = np.unique(owner[~np.isfinite(xy).all(axis=1)])
        self.add_faults(
            infinite, ["geometry has a coordinate that is no finite number"] * len(infinite)
        )
        return start, xy


def _wrong_shape(geometry: BaseGeometry, wanted: shapely.GeometryType) -> str:
    kind = geometry.geom_type
    if wanted == shapely.GeometryType.LINESTRING and kind == "MultiLineString":
        parts = shapely.get_num_geometries(geometry)
        return f"geometry is a {kind} whose {parts} parts make no one line: join or separate them"
    return f"geometry is a {kind}, not a {wanted.name.title()}"


def _near_keys(names: Strings, targets: Strings) -> list[str]:
    """Return for each identifier that names nothing one that differs by leading zeros only."""
    if not len(names):
        return []
    padded = {name.lstrip(b"0"): name for name in targets.tolist() if name.startswith(b"0")}
    plain = set(targets.tolist()) - {b""}
    found = []
    for name in names.tolist():
        short = name.lstrip(b"0")
        near = padded.get(short) or (short if short in plain else b"")
        hint = f" (there is {near.decode()!r}: were leading zeros lost?)" if near else ""
        found.append(hint if short else "")
    return found

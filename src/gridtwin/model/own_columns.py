"""
Keep the columns that a utility's frames have beyond those of the model.

Each is of one kind, told from what it holds: a number, a flag, a date, or a text; whatever is mixed
is a text. What a row does not record is not known.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from gridtwin.errors import InputError
from gridtwin.model import keys
from gridtwin.model.tables import decode_texts, encode_texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray

    from gridtwin.model.tables import NetworkData, Strings

OwnKind = Literal["text", "number", "flag", "date"]
OWN_KINDS: tuple[OwnKind, ...] = get_args(OwnKind)
MOST_OWN = 100  # columns of one frame
LONGEST_NAME = 100  # characters
LONGEST_TEXT = 1_000  # characters
MOST_TEXT = 256_000_000  # bytes of the different texts of one column, each as wide as the widest
EXACT_INTEGER = 2**53  # up to it a real holds every integer
FLAG_UNKNOWN = -1
PLAIN_VALUES = (str, bool, int, float, Decimal, dt.date, dt.time, np.generic)
_UNNAMED = re.compile(r"(Unnamed: \d+(_level_\d+)?)?")  # as pandas calls a column without a name


@dataclass(frozen=True, slots=True)
class OwnColumn:
    """
    One column that is not of the model.

    Attributes
    ----------
    kind
        What it holds.
    values
        One for each row: of a number float64, NaN = not known; of a flag int8, -1 = not known; of
        a date ``datetime64[D]``, NaT = not known; of a text int32, its place among `words`.
    words
        Of texts: each different one once, as UTF-8 bytes, the first empty: not known.
    searched
        Whether elements are found by what it holds.
    """

    kind: OwnKind
    values: NDArray[Any]
    words: Strings | None = None
    searched: bool = False

    def take(self, rows: NDArray[np.integer[Any]]) -> OwnColumn:
        """Return the values of some rows, in the order given."""
        return replace(self, values=self.values[rows])

    @property
    def texts(self) -> Strings:
        """The different texts of a column of texts."""
        if self.words is None:
            msg = f"a column of {self.kind}s has no texts"
            raise AssertionError(msg)
        return self.words

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which rows record something, shape (n,)."""
        match self.kind:
            case "text":
                return self.values > 0
            case "flag":
                return self.values >= 0
        return np.asarray(~np.isnan(self.values))

    def show(self, rows: NDArray[np.integer[Any]] | None = None) -> Any:
        """Return the values of some rows, all by default, as a frame holds them."""
        values = self.values if rows is None else self.values[rows]
        match self.kind:
            case "text":
                if len(values) < len(self.texts):
                    return decode_texts(self.texts[values]).astype(object)
                return decode_texts(self.texts).astype(object)[values]
            case "flag":
                import pandas as pd

                return pd.arrays.BooleanArray(values == 1, values < 0)
            case "date":
                return values.astype("datetime64[s]")
        return values

    def compare(self, rows: NDArray[np.integer[Any]]) -> NDArray[Any]:
        """Return the values of some rows to be compared: texts, or as `values` holds them."""
        return np.asarray(self.show(rows)) if self.kind == "text" else self.values[rows]

    def list_texts(self) -> Strings:
        """Return the values of all rows as texts; empty where not known."""
        if self.words is not None:
            return self.words[self.values]
        shown = self.list_values(np.arange(len(self.values)))
        return encode_texts(["" if value is None else str(value) for value in shown])

    def list_values(self, rows: NDArray[np.integer[Any]]) -> list[str | float | bool | None]:
        """
        Return the values of some rows as documents hold them.

        Returns
        -------
            Texts, numbers, true and false, dates such as ``2019-05-31``; None = not known. A whole
            number is an integer.
        """
        values, known = self.values[rows], self.take(rows).known
        shown: list[Any]
        match self.kind:
            case "text":
                shown = [word.decode() for word in self.texts[values].tolist()]
            case "flag":
                shown = (values == 1).tolist()
            case "date":
                shown = np.datetime_as_string(values).tolist()
            case _:
                shown = [int(one) if one.is_integer() else one for one in values.tolist()]
        return [one if is_known else None for one, is_known in zip(shown, known, strict=True)]


def list_own(data: NetworkData) -> dict[str, Mapping[str, OwnColumn]]:
    """Return the own columns of each frame that has any, by their names."""
    from gridtwin.model.schema import SCHEMA

    every = {name: getattr(data, name).own for name in SCHEMA}
    return {name: own for name, own in every.items() if own}


def pick_own(data: NetworkData, frame: str, names: Sequence[str]) -> dict[str, OwnColumn]:
    """
    Return own columns of a frame by their names.

    Raises
    ------
    InputError
        If the frame has no such column, with what it has.
    """
    own = getattr(data, frame).own
    for name in names:
        if name not in own:
            there = f"it has {', '.join(own)}" if own else "it has none"
            msg = f"{frame} has no own column {name!r}: {there}"
            raise InputError(msg)
    return {name: own[name] for name in names}


def add_own(
    columns: Mapping[str, Any], own: Mapping[str, OwnColumn], rows: NDArray[np.integer[Any]]
) -> dict[str, NDArray[Any]]:
    """Return own columns of some rows to stand beside others; ``own.NAME`` where one is taken."""
    added: dict[str, NDArray[Any]] = {}
    for name, column in own.items():
        values = np.empty(len(rows), dtype=object)
        values[:] = column.list_values(rows)
        added[f"own.{name}" if name in columns else name] = values
    return added


def require_own(data: NetworkData, names: Sequence[str]) -> None:
    """
    Refuse names of own columns that no frame has.

    Raises
    ------
    InputError
        With those that are there.
    """
    known = sorted({name for own in list_own(data).values() for name in own})
    for name in names:
        if name not in known:
            there = f"there is {', '.join(known)}" if known else "there is none"
            msg = f"no frame has an own column {name!r}: {there}"
            raise InputError(msg)


def mark_searched(data: NetworkData, names: Sequence[str]) -> NetworkData:
    """
    Return the tables of a network whose elements are found by what some own columns hold.

    Raises
    ------
    InputError
        If no frame has a column of a name.
    """
    require_own(data, names)
    every = list_own(data)
    marked = {
        frame: replace(
            getattr(data, frame),
            own={
                name: replace(column, searched=column.searched or name in names)
                for name, column in own.items()
            },
        )
        for frame, own in every.items()
    }
    return replace(data, **marked)


def tell_own(data: NetworkData) -> list[str]:
    """Return a line for each frame that has own columns: their names and kinds."""
    return [
        f"{frame}: {', '.join(f'{name} ({column.kind})' for name, column in own.items())}"
        for frame, own in list_own(data).items()
    ]


def check_names(names: list[str]) -> list[str]:
    """Return what is wrong with the names of the own columns of one frame, and how to mend it."""
    faults = [
        f"column {name[:LONGEST_NAME]!r} cannot be kept under this name: give it one of at most"
        f" {LONGEST_NAME} characters without line breaks, or leave it out with --column NAME="
        for name in names
        if len(name) > LONGEST_NAME
        or any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in name)
    ]
    folded: dict[str, str] = {}
    for name in names:
        other = folded.setdefault(name.casefold(), name)
        if other is not name:
            faults.append(
                f"columns {other!r} and {name!r} differ by capitals only: rename one, or leave it"
                f" out with --column NAME="
            )
    if len(names) > MOST_OWN:
        faults.append(
            f"{len(names)} columns are not of the model, more than the {MOST_OWN} that are kept:"
            " leave out those that are not needed, with --column NAME= or in the file"
        )
    return faults


def has_no_name(column: str) -> bool:
    """Return whether a column was given no name."""
    return _UNNAMED.fullmatch(column.strip()) is not None


def read_own(values: Any) -> OwnColumn:
    """
    Return a column with its kind, told from the type of what it holds.

    Parameters
    ----------
    values
        A Series, an array or a list.

    Raises
    ------
    ValueError
        Saying what it holds that cannot be kept.
    """
    import pandas as pd

    column = pd.Series(values)
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    match pd.api.types.infer_dtype(column, skipna=True):
        case "boolean":
            flags = column.astype("boolean")
            unknown = np.int8(FLAG_UNKNOWN)
            return OwnColumn("flag", flags.astype("Int8").to_numpy(np.int8, na_value=unknown))
        case "integer" | "floating" | "mixed-integer-float" | "decimal":
            return _read_numbers(column)
        case "datetime" | "datetime64" | "date":
            return _read_dates(column)
        case "string" | "empty":
            return make_texts(_arrow_texts(column))
    given = column[column.notna()].tolist()
    odd = next((value for value in given if not isinstance(value, PLAIN_VALUES)), None)
    if odd is not None:
        msg = f"it holds values of type {type(odd).__name__}"
        raise ValueError(msg)
    return _read_mixed(column)


def _read_numbers(column: pd.Series[Any]) -> OwnColumn:
    """Return numbers; whole ones too large for a real keep their digits as texts."""
    import pandas as pd

    numbers = pd.to_numeric(column).to_numpy(np.float64, na_value=np.nan)
    numbers[~np.isfinite(numbers)] = np.nan
    whole = pd.api.types.infer_dtype(column, skipna=True) == "integer"
    if whole and (np.abs(numbers) > EXACT_INTEGER).any():
        return _read_mixed(column)
    return OwnColumn("number", numbers + 0.0)  # and no zero is below zero


def _read_mixed(column: pd.Series[Any]) -> OwnColumn:
    import pyarrow as pa

    given = np.where(column.isna(), "", column.astype(object))
    return make_texts(pa.array(keys.to_texts(np.asarray(given, dtype=object)), pa.string()))


def _read_dates(column: pd.Series[Any]) -> OwnColumn:
    """Return dates; if one is a moment within its day, all are texts as ISO 8601 writes them."""
    import pandas as pd
    import pyarrow as pa

    if isinstance(column.dtype, pd.DatetimeTZDtype):
        moments = column.dt.tz_localize(None).to_numpy()
    elif isinstance(column.dtype, np.dtype) and column.dtype.kind == "M":
        moments = column.to_numpy()
    else:
        given = [None if pd.isna(value) else value for value in column.tolist()]
        plain = [_without_zone(value) for value in given]
        moments = np.array(plain, dtype="datetime64[us]")
    days = moments.astype("datetime64[D]")
    if ((days == moments) | np.isnat(moments)).all():
        return OwnColumn("date", days)
    texts = ["" if pd.isna(value) else value.isoformat() for value in column.tolist()]
    return make_texts(pa.array(texts, pa.string()))


def _without_zone(value: dt.date | None) -> dt.date | None:
    return value.replace(tzinfo=None) if isinstance(value, dt.datetime) else value


def _arrow_texts(column: pd.Series[Any]) -> pa.Array[Any]:
    import pyarrow as pa

    try:
        texts = pa.array(column, pa.large_string(), from_pandas=True)
    except UnicodeEncodeError as error:
        msg = "it holds a text that is none in UTF-8"
        raise ValueError(msg) from error
    return texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts


def make_texts(texts: pa.Array[Any]) -> OwnColumn:
    """
    Return a column of texts, without the blanks around them.

    Raises
    ------
    ValueError
        If one is too long, or all together are.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = pc.fill_null(texts.cast(pa.large_string()), "")
    if pc.any(pc.match_substring(texts, "\0")).as_py():
        texts = pc.replace_substring(texts, "\0", " ")
    texts = pc.utf8_trim_whitespace(texts)
    nothing = pa.array([""], pa.large_string())
    encoded = pa.concat_arrays([nothing, texts]).dictionary_encode()
    longest = pc.max(pc.utf8_length(encoded.dictionary)).as_py()
    if longest > LONGEST_TEXT:
        msg = f"it holds a text of {longest:,} characters, more than {LONGEST_TEXT:,}"
        raise ValueError(msg)
    width = pc.max(pc.binary_length(encoded.dictionary)).as_py()
    if width * len(encoded.dictionary) > MOST_TEXT:
        msg = f"its {len(encoded.dictionary):,} different texts are too long, up to {longest:,}"
        raise ValueError(msg)
    words = encoded.dictionary.cast(pa.large_binary()).to_numpy(zero_copy_only=False)
    codes = encoded.indices.to_numpy()[1:].astype(np.int32)
    return OwnColumn("text", codes, words.astype(f"S{max(1, width)}"))


def as_kind(kind: str) -> OwnKind:
    """Return the kind of a word; an AssertionError if it is none."""
    if kind not in OWN_KINDS:
        msg = f"{kind!r} is no kind of column"
        raise AssertionError(msg)
    return kind

"""Tell the kind of the columns of a CSV file that are not of the model, which are all texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.model.column_names import find_own
from gridtwin.sources.meanings import KNOWN_NAMES

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

# Whole words alone: Y, N, T and F may be anything, and 0 and 1 are numbers.
FLAG_WORDS = ("true", "yes"), ("false", "no")
# As computers write numbers. Leading zeros make a code; more than 15 digits a number would lose.
NUMBER = r"^-?(0|[1-9][0-9]{0,14})?(\.[0-9]{1,17})?([eE][-+][0-9]{1,3})?$"
A_DIGIT = r"^-?\.?[0-9]"
DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T]00:00(:00(\.0+)?)?)?$"


def type_own_columns(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """
    Return a table of texts with its own columns as numbers, flags and dates where all are such.

    Parameters
    ----------
    frame
        A table of texts, empty where nothing is recorded.
    name
        The frame that it is.

    Notes
    -----
    A column is one of numbers if each text is one and none begins with a zero that says nothing
    (``007``); of flags if each is true, false, yes or no in any capitals; of dates if each is
    ``2019-05-31``; else of texts.
    """
    own = [column for column in find_own(list(frame.columns), name) if column not in KNOWN_NAMES]
    if not own:
        return frame
    attrs = frame.attrs
    typed = frame.assign(**{column: _type_texts(frame[column]) for column in own})
    typed.attrs = attrs
    return typed


def _type_texts(column: pd.Series[Any]) -> Any:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = pa.array(column, pa.large_string(), from_pandas=True)
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    encoded = pc.utf8_trim_whitespace(pc.fill_null(texts, "")).dictionary_encode()
    codes = encoded.indices.to_numpy()
    nothing = pc.equal(encoded.dictionary, "")
    words = pc.if_else(nothing, None, encoded.dictionary)  # each different text once
    known = words.drop_null()
    if not len(known):
        return column
    if _are_all(known, NUMBER) and _are_all(known, A_DIGIT):
        return words.cast(pa.float64()).to_numpy(zero_copy_only=False)[codes]
    if _are_all(known, DATE):
        try:
            days = pc.utf8_slice_codeunits(words, 0, 10).cast(pa.date32())
        except pa.ArrowInvalid:  # as the 31st of June
            return column
        return days.cast(pa.timestamp("s")).to_numpy(zero_copy_only=False)[codes]
    yes, no = (pc.is_in(pc.utf8_lower(words), pa.array(each, words.type)) for each in FLAG_WORDS)
    if pc.all(pc.or_(pc.or_(yes, no), nothing)).as_py():
        flag, absent = (np.asarray(each.to_numpy(zero_copy_only=False)) for each in (yes, nothing))
        return pd.arrays.BooleanArray(flag[codes], absent[codes])
    return column


def _are_all(texts: pa.Array[Any], pattern: str) -> bool:
    """Return whether all texts are of a pattern."""
    import pyarrow.compute as pc

    return bool(pc.all(pc.match_substring_regex(texts, pattern)).as_py())

"""Lay out where the rows of a frame come from, for COPY, and read it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.model.origins import RowOrigins
from gridtwin.store.postgis.binary_copy import NULL_LENGTH, Cells, Numbers, Texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa
    from numpy.typing import NDArray

    from gridtwin.model.tables import Strings
    from gridtwin.store.postgis.binary_copy import Column, Rows

ORIGIN_COLUMNS = ("source_layer", "source_key", "load_number")


@dataclass(frozen=True, eq=False)
class CodedTexts:
    """A column of texts, each different one once; NULL where it is empty."""

    codes: NDArray[np.integer[Any]]
    words: Strings  # the first empty
    type = "text"

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.codes)

    def build_cells(self, part: Rows) -> Cells:
        """Return some rows of it."""
        codes = self.codes[part]
        widths = np.strings.str_len(self.words)[codes]
        return Cells(self.words[codes], np.where(codes == 0, NULL_LENGTH, widths), widths)

    def hash_part(self, part: Rows) -> NDArray[np.uint64]:
        """Return a number for some rows each that tells its value from others; 0 for NULL."""
        codes = self.codes[part]
        hashes = Texts(self.words[codes]).hash_part(slice(None))
        hashes[codes == 0] = 0
        return hashes


@dataclass(frozen=True, eq=False)
class CountedNumbers(Numbers):
    """A column of whole numbers from 1 on; NULL where it is 0."""

    def hash_part(self, part: Rows) -> NDArray[np.uint64]:
        """Return a number for some rows each that tells its value from others; 0 for NULL."""
        hashes = super().hash_part(part)
        hashes[self.values[part] == 0] = 0
        return hashes


def build_origin_columns(origins: RowOrigins | None, count: int) -> dict[str, Column]:
    """Return the columns of the origins of as many rows; all NULL where none are known."""
    if origins is None:
        nothing = np.zeros(count, dtype=np.uint8)
        none = np.zeros(1, dtype="S1")
        origins = RowOrigins(nothing, nothing, nothing.astype(np.uint16), none, none)
    load = origins.load.astype(np.int32)
    columns: tuple[Column, ...] = (
        CodedTexts(origins.layer, origins.layers),
        CodedTexts(origins.key, origins.keys),
        CountedNumbers("int4", load, load == 0),
    )
    return dict(zip(ORIGIN_COLUMNS, columns, strict=True))


def read_origins(columns: Mapping[str, Any]) -> RowOrigins | None:
    """Return the origins that the columns of a frame tell; None where they tell of none."""
    layer, key, load = (columns[name] for name in ORIGIN_COLUMNS)
    numbers = np.maximum(load, 0).astype(np.uint16)  # -1 = not known
    layer_codes, layers = _encode_column(layer)
    if not numbers.any() and not layer_codes.any():
        return None
    key_codes, keys = _encode_column(key)
    return RowOrigins(layer_codes, key_codes, numbers, layers, keys)


def _encode_column(
    column: pa.ChunkedArray,
) -> tuple[NDArray[np.unsignedinteger[Any]], Strings]:
    """Return the place of each text among the different ones, of which the first is empty."""
    if not len(column):
        return np.empty(0, dtype=np.uint8), np.zeros(1, dtype="S1")
    encoded = column.combine_chunks().dictionary_encode()
    given = np.array(encoded.dictionary.to_pylist(), dtype=np.bytes_)
    words, codes = np.unique(np.concatenate([np.zeros(1, "S1"), given]), return_inverse=True)
    kind = np.min_scalar_type(len(words) - 1)
    return codes[1:].astype(kind)[encoded.indices.to_numpy()], words

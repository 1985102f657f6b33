"""
Lay out the own columns of a frame as one column of JSON objects, for COPY.

The bytes of a ``jsonb`` are its version, 1, and the text of the JSON (PostgreSQL, ``jsonb_recv``).
Every different value of a column is written once; rows are joined of what they refer to.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.store.postgis.binary_copy import NULL_LENGTH, Cells, Numbers, Texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa
    from numpy.typing import NDArray

    from gridtwin.model.own_columns import OwnColumn
    from gridtwin.store.postgis.binary_copy import Rows

JSONB_VERSION = b"\x01"


@dataclass(frozen=True, eq=False)
class OwnObjects:
    """A column of JSON objects with what is known of a row; NULL where nothing is."""

    columns: Mapping[str, OwnColumn]
    count: int
    type = "jsonb"

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.count

    def build_cells(self, part: Rows) -> Cells:
        """Return some rows of it."""
        import pyarrow as pa
        import pyarrow.compute as pc

        every = np.arange(self.count)[part]
        known = np.zeros(len(every), dtype=np.bool_)
        for column in self.columns.values():
            known |= column.known[every]
        if not known.any():
            nothing = np.full(len(every), NULL_LENGTH)
            return Cells(np.zeros(len(every), dtype="S1"), nothing, np.zeros_like(nothing))
        rows = every[known]  # each with a member at least: Arrow leaves out rows of nulls alone
        members = [written.take(pa.array(codes[rows])) for written, codes in self._members]
        comma, begin, end, between = (
            pa.scalar(text, pa.large_string()) for text in (",", *"{}", "")
        )
        joined = pc.binary_join_element_wise(*members, comma, null_handling="skip")
        objects = pc.binary_join_element_wise(begin, joined, end, between)
        written_bytes = pc.binary_length(objects).to_numpy()
        lengths = np.full(len(every), NULL_LENGTH)
        lengths[known] = len(JSONB_VERSION) + written_bytes
        return Cells(
            np.full(len(every), JSONB_VERSION, dtype="S1"),
            lengths,
            known.astype(np.int64),
            np.frombuffer(objects.buffers()[2], dtype=np.uint8, count=written_bytes.sum()),
        )

    @cached_property
    def _members(self) -> list[tuple[pa.Array[Any], NDArray[np.integer[Any]]]]:
        """For each column its different members of an object, null where not known, and codes."""
        return [_write_members(name, column) for name, column in self.columns.items()]

    def hash_part(self, part: Rows) -> NDArray[np.uint64]:
        """Return a number for some rows each that tells its values from others; 0 for none."""
        every = np.arange(self.count)[part]
        mixed = np.zeros(len(every), dtype=np.uint64)
        for name, column in self.columns.items():
            told = hashlib.blake2b(f"{column.kind} {name}".encode(), digest_size=8).digest()
            factor = np.uint64(int.from_bytes(told, "little") | 1)
            values = _mix_values(column, every) * factor
            values[~column.known[every]] = 0
            mixed += values
        return mixed


def _mix_values(column: OwnColumn, rows: NDArray[np.integer[Any]]) -> NDArray[np.uint64]:
    values = column.values[rows]
    if column.kind == "text":
        return Texts(column.texts[values]).hash_part(slice(None))
    wide = values.astype(np.int64) if column.kind == "flag" else values.view(np.int64)
    # Shifted, so that a value of 0 is told from one that is not known.
    return Numbers("int8", wide).hash_part(slice(None)) + np.uint64(1)


def _write_members(name: str, column: OwnColumn) -> tuple[pa.Array[Any], NDArray[np.integer[Any]]]:
    import pyarrow as pa
    import pyarrow.compute as pc

    key = json.dumps(name, ensure_ascii=False) + ":"
    codes: NDArray[np.integer[Any]]
    if column.kind == "text":
        texts = [json.dumps(word.decode(), ensure_ascii=False) for word in column.texts.tolist()]
        values, codes = pa.array([None, *texts[1:]], pa.large_string()), column.values
    elif column.kind == "flag":
        values, codes = pa.array([None, "false", "true"], pa.large_string()), column.values + 1
    else:
        once, codes = np.unique(column.values, return_inverse=True)
        unknown = np.isnan(once)
        if column.kind == "number":
            values = pa.array(once, pa.float64(), mask=unknown).cast(pa.large_string())
        else:
            days = np.char.add(np.char.add('"', np.datetime_as_string(once)), '"')
            values = pa.array(days.tolist(), pa.large_string(), mask=unknown)
    joined = pc.binary_join_element_wise(
        pa.scalar(key, pa.large_string()), values, pa.scalar("", pa.large_string())
    )
    return joined, codes

"""
Say of each row of a frame which row of the source it was made of, and by which load.

Layers are few and stand once; a key stands only where the mRID does not tell it. So an origin costs
some bytes a row.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gridtwin.model.tables import Strings, encode_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FIRST_LOAD = 1
MOST_LOADS = 65_535


class RowOrigin(NamedTuple):
    """Where one element comes from."""

    layer: str  # layer, table or file of the source; empty = made, no row of the source
    key: str  # what names the row there
    load: int  # number of the load that added the element, or last changed it


class SourceRows(NamedTuple):
    """The rows of the source that those of a frame are made of, in any order."""

    mrid: Sequence[str] | NDArray[Any]
    layers: Sequence[str] | NDArray[Any]  # of each; empty = made, no row of the source
    keys: Sequence[str] | NDArray[Any] = ()  # what names it there; none = what its mRID tells


@dataclass(frozen=True, slots=True)
class RowOrigins:
    """
    The origins of the rows of one frame.

    Attributes
    ----------
    layer
        Place of each row's layer among `layers`.
    key
        Place of its key among `keys`; 0 = the mRID tells it, alone or behind ``LAYER:``.
    load
        Number of the load that added it, or last changed it.
    layers, keys
        Each different one once, as UTF-8 bytes, the first empty.
    """

    layer: NDArray[np.unsignedinteger[Any]]
    key: NDArray[np.unsignedinteger[Any]]
    load: NDArray[np.uint16]
    layers: Strings
    keys: Strings

    def take(self, rows: NDArray[np.integer[Any]]) -> RowOrigins:
        """Return those of some rows, in the order given."""
        return replace(self, layer=self.layer[rows], key=self.key[rows], load=self.load[rows])

    def with_load(self, load: NDArray[np.integer[Any]] | int) -> RowOrigins:
        """Return the same rows, by other loads."""
        every = np.broadcast_to(np.asarray(load), self.load.shape)
        return replace(self, load=every.astype(np.uint16))

    def show(self, mrid: Strings, row: int) -> RowOrigin:
        """Return the origin of a row, given the mRIDs of its frame."""
        layer = self.layers[self.layer[row]].decode()
        key = self.keys[self.key[row]].decode()
        if not key and layer:
            key = bytes(mrid[row]).decode().removeprefix(f"{layer}:")
        return RowOrigin(layer, key, int(self.load[row]))


def make_origins(mrid: Strings, source: SourceRows, rows: NDArray[np.integer[Any]]) -> RowOrigins:
    """
    Return the origins of a frame by its first load.

    Parameters
    ----------
    mrid
        The mRIDs of the frame.
    source
        The rows of the source.
    rows
        Which of these each row of the frame is made of; -1 = none.
    """
    layer_codes, layer_words = _encode_words(_pick_texts(source.layers, rows))
    if len(source.keys):
        given = _pick_texts(source.keys, rows)
        given[layer_codes == 0] = b""
        told = _cut_layers(mrid, layer_codes, layer_words)
        given[given == told] = b""
    else:
        given = np.zeros(len(mrid), dtype="S1")
    key_codes, key_words = _encode_words(given)
    load = np.full(len(mrid), FIRST_LOAD, dtype=np.uint16)
    return RowOrigins(layer_codes, key_codes, load, layer_words, key_words)


def _pick_texts(texts: Sequence[str] | NDArray[Any], rows: NDArray[np.integer[Any]]) -> Strings:
    """Return the text at each row; an empty one for -1."""
    return np.append(encode_texts(texts), b"")[rows]


def _encode_words(texts: Strings) -> tuple[NDArray[np.unsignedinteger[Any]], Strings]:
    """Return the place of each text among the different ones, of which the first is empty."""
    words, codes = np.unique(np.concatenate([np.zeros(1, "S1"), texts]), return_inverse=True)
    return codes[1:].astype(np.min_scalar_type(len(words) - 1)), words


def _cut_layers(mrid: Strings, codes: NDArray[np.unsignedinteger[Any]], layers: Strings) -> Strings:
    """Return the keys that the mRIDs tell."""
    told = mrid.copy()
    for code, layer in enumerate(layers.tolist()):
        prefix = layer + b":"
        rows = np.flatnonzero(codes == code)
        if code and len(rows):
            rows = rows[np.strings.startswith(mrid[rows], prefix)]
            told[rows] = [each[len(prefix) :] for each in mrid[rows].tolist()]
    return told

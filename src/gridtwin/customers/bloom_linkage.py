"""
Link records of two organizations that may not show each other names: keyed Bloom filters.

Each side turns its records into filters of 1,024 bits with a secret that both share and nobody
else has; only the filters are exchanged. Who has the secret can try names: it is made for one pair
of organizations, and thrown away afterwards.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridtwin.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    Filters = NDArray[np.uint64]  # (records, FILTER_BITS / 64)

FILTER_BITS = 1_024
WORD_BITS = 64
LEAST_SECRET = 16  # bytes
ROWS_AT_ONCE = 256
COMMON_DICE = 0.6  # pairs below it are never looked at


class EncodedField(NamedTuple):
    """How a field goes into the filter: by how many bits each piece, and whether of two letters."""

    bits: int
    whole: bool = False  # compare it as a whole: an id, of which half is no sign


class BloomPair(NamedTuple):
    """Two records, by their rows, and how alike their filters are."""

    left: int
    right: int
    dice: float


def encode_records(
    records: pd.DataFrame, fields: Mapping[str, EncodedField], secret: bytes
) -> Filters:
    """
    Return the filters of records.

    Parameters
    ----------
    records
        The fields, as text; empty = not said.
    fields
        Which of them go into the filter.
    secret
        Shared by the two sides.

    Raises
    ------
    InputError
        If the secret is shorter than 16 bytes, or a field is missing.
    """
    missing = [name for name in fields if name not in records]
    if missing:
        msg = f"the records have no field {missing[0]!r}: name those they have"
        raise InputError(msg)
    if len(secret) < LEAST_SECRET:
        msg = f"the secret of a linkage has {len(secret)} bytes: share {LEAST_SECRET} or more"
        raise InputError(msg)
    filters = np.zeros((len(records), FILTER_BITS), dtype=bool)
    for name, how in fields.items():
        places: dict[str, list[int]] = {}
        for row, text in enumerate(records[name].fillna("").astype(str)):
            for piece in _list_pieces(text, whole=how.whole):
                if piece not in places:
                    places[piece] = _place_bits(f"{name}:{piece}", how.bits, secret)
                filters[row, places[piece]] = True
    return np.packbits(filters, axis=1).view(np.uint64)


def link_filters(left: Filters, right: Filters, *, least_dice: float = 0.7) -> list[BloomPair]:
    """
    Return pairs of records, each record in one pair at most, the most alike first.

    Parameters
    ----------
    left, right
        The filters of the two sides.
    least_dice
        Twice the bits in common over the bits of both; from which on a pair counts. Pairs below
        0.6 are never looked at.
    """
    pairs = _list_alike(left, right, max(least_dice, COMMON_DICE))
    taken_left: set[int] = set()
    taken_right: set[int] = set()
    linked = []
    for pair in sorted(pairs, key=lambda each: (-each.dice, each.left, each.right)):
        if pair.left not in taken_left and pair.right not in taken_right:
            taken_left.add(pair.left)
            taken_right.add(pair.right)
            linked.append(pair)
    return linked


def _list_alike(left: Filters, right: Filters, least: float) -> list[BloomPair]:
    sizes = np.bitwise_count(right).sum(axis=1, dtype=np.int32)
    own = np.bitwise_count(left).sum(axis=1, dtype=np.int32)
    pairs: list[BloomPair] = []
    for start in range(0, len(left), ROWS_AT_ONCE):
        block = left[start : start + ROWS_AT_ONCE]
        common = np.zeros((len(block), len(right)), np.int32)
        for word in range(left.shape[1]):
            common += np.bitwise_count(block[:, word, None] & right[None, :, word])
        dice = 2 * common / (own[start : start + len(block), None] + sizes[None, :]).clip(1)
        rows, columns = np.nonzero(dice >= least)
        pairs += [
            BloomPair(start + row, column, float(dice[row, column]))
            for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
        ]
    return pairs


def _list_pieces(text: str, *, whole: bool) -> Sequence[str]:
    """Return what of a text goes into a filter: pairs of letters, its ends marked; or all of it."""
    word = "".join(text.casefold().split())
    if not word:
        return ()
    if whole:
        return (word,)
    marked = f"_{word}_"
    return [marked[at : at + 2] for at in range(len(marked) - 1)]


def _place_bits(piece: str, bits: int, secret: bytes) -> list[int]:
    """Return the bits that a piece sets: by two keyed digests, as many as wanted."""
    digest = hmac.new(secret, piece.encode(), hashlib.sha256).digest()
    one, two = (int.from_bytes(digest[at : at + 8], "big") for at in (0, 8))
    return [(one + number * two) % FILTER_BITS for number in range(bits)]

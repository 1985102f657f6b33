"""
Read and write phase codes.

A set of phases is one byte: A, B, C, N and the two legs s1, s2 of a split-phase secondary
(IEC 61970-301 ``PhaseCode``). Zero means *not recorded*, which never means *no phases*.

Supply is reckoned in A, B and C alone. The legs of a split-phase secondary, and equipment whose
phases are not recorded, carry whatever feeds them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

A, B, C, N, S1, S2 = 1, 2, 4, 8, 16, 32
ABC = A | B | C
PHASE_LETTERS: tuple[tuple[str, int], ...] = (
    ("A", A),
    ("B", B),
    ("C", C),
    ("N", N),
    ("s1", S1),
    ("s2", S2),
)
_BITS = {text.upper(): bit for text, bit in PHASE_LETTERS} | {"S12": S1 | S2, "1": S1, "2": S2}
_TOKEN = re.compile(r"S12|S1|S2|A|B|C|N")
_CIM = re.compile(r"^.*PhaseCode[._:](none$)?", re.IGNORECASE)  # the address of a CIM phase code
_OTHER = re.compile(r"[RSTYUVWL123]+N?", re.IGNORECASE)  # the letters of other countries


def parse_phases(text: str) -> int:
    """
    Return the byte of a phase code.

    Parameters
    ----------
    text
        For example ``"ABC"``, ``"BN"``, ``"s1s2"`` or ``"As1s2"`` (a center-tapped transformer on
        phase A), or a CIM phase code such as ``"PhaseCode.ABCN"``, with its address or without.
        Upper or lower case; blanks and separators are passed over.

    Returns
    -------
        The set as bits; 0 for an empty text.

    Raises
    ------
    ValueError
        If a letter is no phase.

    Examples
    --------
    >>> parse_phases("CAN"), parse_phases("s1s2"), parse_phases(""), parse_phases("A-B-C")
    (13, 48, 0, 7)
    """
    compact = re.sub(r"[\s,.;|/_+&-]", "", _CIM.sub("", text)).upper()
    if _TOKEN.sub("", compact):
        msg = (
            f"{text!r} is no phase code: use letters of A, B, C, N, s1, s2{_suggest_code(compact)}"
        )
        raise ValueError(msg)
    mask = 0
    for token in _TOKEN.findall(compact):
        mask |= _BITS[token]
    return mask


def _suggest_code(compact: str) -> str:
    """Return what to do about codes that others use, where one can be told."""
    if compact.isdigit():
        return ", not a number or a bit mask; say which phases each number means"
    if _OTHER.fullmatch(_TOKEN.sub("", compact)):
        return "; say which of them each letter means"
    return ""


def format_phases(mask: int) -> str:
    """
    Return the phase code of a byte, in the order A, B, C, N, s1, s2.

    Examples
    --------
    >>> format_phases(13), format_phases(0)
    ('ACN', '')
    """
    return "".join(letter for letter, bit in PHASE_LETTERS if mask & bit)


PHASE_CODES: NDArray[np.object_] = np.array(
    [format_phases(mask) for mask in range(64)], dtype=object
)
PHASE_COUNT: NDArray[np.uint8] = np.array(
    [(mask & ABC).bit_count() for mask in range(64)], np.uint8
)


def to_supply_phases(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """
    Return which of A, B, C each set can carry; all three where it names none of them.

    Examples
    --------
    >>> to_supply_phases(np.array([A | N, S1 | S2, 0], dtype=np.uint8)).tolist()
    [1, 7, 7]
    """
    abc = mask & np.uint8(ABC)
    return np.where(abc == 0, np.uint8(ABC), abc)


CARRIED: NDArray[np.uint8] = to_supply_phases(
    np.arange(256, dtype=np.uint8)
)  # the same, to be looked up

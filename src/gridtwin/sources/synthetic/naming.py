"""Give everything the identifiers and names that a utility would."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridtwin.model.tables import Strings

FIRST_WORDS = (
    "Addicks", "Alder", "Bammel", "Barker", "Bayou", "Bear", "Briar", "Brookside", "Cedar",
    "Cinco", "Clay", "Cypress", "Eldridge", "Fairbanks", "Garden", "Greens", "Hardy", "Heron",
    "Hobby", "Jersey", "Katy", "Langham", "Live Oak", "Magnolia", "Mesa", "Oyster", "Pecan",
    "Pine", "Quail", "Red Bluff", "Sims", "Spring", "Telge", "Tidwell", "Walnut", "Willow",
)  # fmt: skip
SECOND_WORDS = (
    "Creek", "Bend", "Grove", "Prairie", "Park", "Ridge", "Point", "Meadow", "Junction", "Hollow",
    "Heights", "Crossing", "Landing", "Gully", "Station", "Trace", "Village", "Woods", "Field",
    "Branch", "Terrace", "Flats", "Gate", "Springs",
)  # fmt: skip

_FOUR_DIGITS: NDArray[np.uint8] = (
    np.arange(10_000)[:, None] // np.array([1_000, 100, 10, 1]) % 10 + ord("0")
).astype(np.uint8)


def number_ids(prefix: str, count: int, *, digits: int = 7) -> Strings:
    """
    Return the prefix followed by 1, 2, 3 ... with leading zeros.

    Examples
    --------
    >>> number_ids("FUSE-", 2, digits=5).tolist()
    [b'FUSE-00001', b'FUSE-00002']
    """
    digits = max(digits, len(str(count)))
    width = len(prefix) + digits
    letters = np.empty((count, width), dtype=np.uint8)
    letters[:, : len(prefix)] = np.frombuffer(prefix.encode(), dtype=np.uint8)
    rest = np.arange(1, count + 1, dtype=np.int64)
    for end in range(width, len(prefix), -4):
        start = max(end - 4, len(prefix))
        letters[:, start:end] = _FOUR_DIGITS[rest % 10_000, 4 - (end - start) :]
        rest //= 10_000
    return letters.view(f"S{width}").reshape(count)


def number_by_label(
    label: NDArray[np.uint8], prefixes: Sequence[str], *, digits: int = 7
) -> Strings:
    """Return an identifier per row: the prefix of its label, and its number among that label."""
    width = max(map(len, prefixes)) + max(digits, len(str(len(label))))
    mrid = np.zeros(len(label), dtype=f"S{width}")
    for code, prefix in enumerate(prefixes):
        rows = np.flatnonzero(label == code)
        mrid[rows] = number_ids(prefix, len(rows), digits=digits)
    return mrid


def name_substations(count: int, rng: np.random.Generator) -> tuple[list[str], list[str]]:
    """
    Return a different place name and a different three-letter code for each substation.

    A count that outgrows the word lists goes round again with a number behind the name.
    """
    combinations = len(FIRST_WORDS) * len(SECOND_WORDS)
    names: list[str] = []
    codes: dict[str, None] = {}
    drawn = rng.permutation(combinations)
    for i in range(count):
        first, second = divmod(int(drawn[i % combinations]), len(SECOND_WORDS))
        lap = i // combinations
        name = f"{FIRST_WORDS[first]} {SECOND_WORDS[second]}" + (f" {lap + 1}" if lap else "")
        names.append(name)
        codes[_choose_code(name, codes)] = None
    return names, list(codes)


def _choose_code(name: str, taken: dict[str, Any]) -> str:
    """Return three letters of a name, in order, that no other substation has."""
    letters = [letter for letter in name.upper() if letter.isalpha()]
    for second in range(1, len(letters) - 1):
        for third in range(second + 1, len(letters)):
            code = letters[0] + letters[second] + letters[third]
            if code not in taken:
                return code
    return f"{letters[0]}{letters[1]}{len(taken)}"

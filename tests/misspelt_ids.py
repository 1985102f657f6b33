"""Write ids and names as people do in haste, and look whether they are found."""

from __future__ import annotations

import random

from gridtwin.analysis.state.name_index import NameIndex
from gridtwin.model.element_names import mrid_of
from gridtwin.model.ids import MRID_TABLES
from gridtwin.twin import Twin

CASES = 300
NEAR_KEYS = {
    "0": "9", "1": "2", "2": "13", "3": "24", "4": "35", "5": "46", "6": "57", "7": "68",
    "8": "79", "9": "80", "A": "S", "B": "V", "C": "V", "E": "R", "F": "G", "K": "L", "L": "K",
    "M": "N", "R": "E", "S": "D", "T": "R", "U": "Y", "V": "C", "X": "C", "a": "s", "e": "r",
    "i": "o", "o": "i", "n": "m", "r": "e", "t": "r",
}  # fmt: skip
WORDS = {"BKR": "breaker", "RCL": "recloser", "FUSE": "fuse", "XFMR": "transformer", "MTR": "meter"}


def misspell(text: str, rng: random.Random) -> str:
    """Return a text as somebody writes it in haste, or from memory."""
    at = rng.randrange(len(text) - 1)
    stem, _, number = text.partition("-")
    near = NEAR_KEYS.get(text[at], "x")
    return rng.choice(
        [
            text.lower(),
            text.replace("-", rng.choice(["", " ", "_", "--"])),
            f"{stem}-{number.lstrip('0')}" if number.isdigit() else text.lower(),
            f"{WORDS.get(stem, stem.lower())} {number.lstrip('0') or number}",
            text[:at] + text[at + 1] + text[at] + text[at + 2 :],  # transposed
            text[:at] + text[at] + text[at:],  # doubled
            text[:at] + text[at + 1 :],  # left out
            text[:at] + rng.choice(near) + text[at + 1 :],  # the key beside it
            text.replace("0", "O", 1),
            text.replace("-0", "-", 1),
        ]
    )


def list_texts(town: Twin, rng: random.Random) -> list[str]:
    """Return ids and names to misspell, of every table alike."""
    data = town.store.network.data
    texts = []
    for table in ("equipment", "usage_points", "feeders", "substations"):
        rows = rng.choices(range(len(getattr(data, table).mrid)), k=CASES)
        texts += [bytes(getattr(data, table).mrid[row]).decode() for row in rows]
        called = getattr(data, table).name
        if table in {"feeders", "substations"}:
            texts += [bytes(called[row]).decode() for row in rows]
    rng.shuffle(texts)
    return texts


def miss_texts(town: Twin, names: NameIndex, seed: int) -> list[tuple[str, str]]:
    """Return which of `CASES` texts are not among the first three found, as meant and written."""
    rng, data = random.Random(seed), town.store.network.data
    every = {bytes(each) for table in MRID_TABLES for each in getattr(data, table).mrid}
    every |= {bytes(each) for each in (*data.feeders.name, *data.substations.name)}
    tried, missed = 0, []
    for text in list_texts(town, rng):
        written = misspell(text, rng)
        if written.encode() in every or written == text:
            continue  # that is the id of another
        tried += 1
        hits = names.find_names(written, 3)
        meant = [
            {mrid_of(data, hit.element), bytes(_name_of(data, hit.element)).decode()}
            for hit in hits
        ]
        if not any(text in each for each in meant):
            missed.append((text, written))
        if tried == CASES:
            break
    assert tried == CASES
    return missed


def _name_of(data: object, element: object) -> bytes:
    names = getattr(getattr(data, element.table), "name", None)  # type: ignore[attr-defined]
    return b"" if names is None else names[element.row]  # type: ignore[attr-defined, no-any-return]

"""Say how the words of streets are shortened, and write the names of streets in one way."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

STREET_TYPES = {
    "STREET": "ST", "STR": "ST", "AVENUE": "AVE", "AV": "AVE", "DRIVE": "DR", "LANE": "LN",
    "COURT": "CT", "ROAD": "RD", "PLACE": "PL", "CIRCLE": "CIR", "BOULEVARD": "BLVD",
    "PARKWAY": "PKWY", "HIGHWAY": "HWY", "TERRACE": "TER", "TRAIL": "TRL", "SQUARE": "SQ",
    "COVE": "CV", "CROSSING": "XING", "FREEWAY": "FWY", "LOOP": "LOOP", "POINT": "PT",
}  # fmt: skip
DIRECTIONS = {
    "NORTH": "N", "SOUTH": "S", "EAST": "E", "WEST": "W", "NORTHEAST": "NE", "NORTHWEST": "NW",
    "SOUTHEAST": "SE", "SOUTHWEST": "SW",
}  # fmt: skip
STREET_WORDS = {**STREET_TYPES, **DIRECTIONS, "SAINT": "ST", "MOUNT": "MT", "FORT": "FT"}
# What is no part of a street's own name; written in short.
SHORT_STREET_TYPES = frozenset({*STREET_TYPES.values(), "WAY", "ALY", "RUN"})
SHORT_DIRECTIONS = frozenset(DIRECTIONS.values())

_NO_WORD = re.compile(r"[^A-Z0-9]+")


@lru_cache(maxsize=65_536)  # many addresses stand on few streets
def fold_street(text: str) -> str:
    """Return the name of a street in capitals, without marks, its known words in short."""
    words = _NO_WORD.split(fold_letters(text))
    return " ".join(STREET_WORDS.get(word, word) for word in words if word)


def fold_letters(text: str) -> str:
    """Return a text in capitals, its letters without marks."""
    if text.isascii():
        return text.upper()
    parts = unicodedata.normalize("NFKD", text)
    return "".join(each for each in parts if not unicodedata.combining(each)).upper()


def cut_street(folded: str) -> str:
    """
    Return a street's own name: without its type and directions; whole if nothing else is left.

    >>> cut_street("N OAK FOREST DR")
    'OAK FOREST'
    """
    words = folded.split()
    while len(words) > 1 and words[0] in SHORT_DIRECTIONS:
        words = words[1:]
    while len(words) > 1 and words[-1] in SHORT_DIRECTIONS | SHORT_STREET_TYPES:
        words = words[:-1]
    return " ".join(words)

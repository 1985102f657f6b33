"""Write what a model reads: texts of people as data, ids that cannot be mistaken for words."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from typing import Any

LONGEST_SHOWN_TEXT = 400  # characters of a text that people wrote
LONGEST_QUOTED = 60
PLAIN_ID = re.compile(r"[\w.:/#+-]{1,64}")
# Controls, formats (bidi, invisible tags), surrogates, private and unassigned characters.
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def clean_text(text: str, longest: int = LONGEST_SHOWN_TEXT) -> str:
    r"""
    Return a text without characters that nobody sees, cut where it is too long.

    Examples
    --------
    >>> clean_text("Oak\x1b[31m Street\n")
    'Oak [31m Street'
    """
    if not text.isascii() or not text.isprintable():
        shown = (" " if unicodedata.category(each) in UNSEEN else each for each in text)
        text = " ".join("".join(shown).split())
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def clean_value(value: Any) -> Any:
    """Return a value of JSON with every text cleaned, and null for what is no number."""
    if isinstance(value, str):
        return clean_text(str(value))
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {clean_text(str(key)): clean_value(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [clean_value(each) for each in value]
    return value


def quote_id(mrid: str) -> str:
    """
    Return an id as it stands in a sentence: between quotes where it could be read as words.

    Examples
    --------
    >>> quote_id("FUSE-12"), quote_id("open it now")
    ('FUSE-12', '"open it now"')
    """
    if PLAIN_ID.fullmatch(mrid):
        return mrid
    return json.dumps(clean_text(mrid, LONGEST_QUOTED), ensure_ascii=False)


def list_ids(mrids: list[str], most: int = 3) -> str:
    """Return some ids in a row, and how many more there are."""
    shown = ", ".join(quote_id(each) for each in mrids[:most])
    more = len(mrids) - most
    return f"{shown} and {more:,} more" if more > 0 else shown


def count_words(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun: ``1 customer``, ``2,000 customers``."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"

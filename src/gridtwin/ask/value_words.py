"""Find the values a question names: prices, percentages, counts, areas, sites, kinds, groupings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from gridtwin.analysis.quality.checks import RULES
from gridtwin.ask.time_words import COUNT_WORD, read_number
from gridtwin.ask.word_folding import PhraseTable, mend_words, split_words
from gridtwin.semantic.verified_questions import read_terms, read_words

if TYPE_CHECKING:
    from collections.abc import Mapping

FIGURE = r"(\d{1,9}(?:[.,]\d+)?)"
OVER = (
    r"(?:more than|at least|over|above|bigger than|larger than|exceeding|exceeds?|beyond|>=?|"
    r"min(?:imum)?)"
)
A_MWH = r"(?:\s?(?:/|per|a) ?(?:mwh|megawatt[- ]hours?))?"
COORDINATE = r"-?\d{1,3}(?:\.\d+)?"
BOX = rf"{COORDINATE}(?:\s*,\s*{COORDINATE}){{3}}"
POLYGON = re.compile(rf"((?:multi)?polygon\s*\(\([-\d.,\s()]+\)\)|{BOX})")
PERCENT = re.compile(rf"{FIGURE}\s?(?:%|percent|per cent|pct)(?:\s+of)?")
PRICES = (
    re.compile(rf"(?:us)?\$\s?{FIGURE}{A_MWH}"),
    re.compile(rf"{FIGURE}\s?(?:us )?(?:dollars?|usd|\$|bucks){A_MWH}"),
    re.compile(
        rf"\b(?:lmps?|prices?) (?:(?:is|are|was|were|goes|of) )?(?:{OVER} )?{FIGURE}(?! ?%)"
    ),
)
LEAST = re.compile(rf"{OVER} {FIGURE} (?=customers?|people|homes|households|meters)")
TOP = (
    re.compile(rf"\b(?:top|first|worst|biggest|largest) ({COUNT_WORD})\b"),
    re.compile(rf"\b({COUNT_WORD}) (?=worst|most|biggest|largest|highest|top)"),
)
CREWS = re.compile(rf"(?:\bwith )?\b({COUNT_WORD}) crews?\b")
BY = re.compile(
    r"\b(?:by|per|each|every|(?:of|for|across|over|between) (?:all )?(?:the )?(?=\w+s\b))\s?"
    r"(?:the )?(feeder|circuit|substation|station)s?\b"
)
SEARCHED_TEXT = re.compile(
    r"\b(?:find|search for|search|look for|look up|lookup|named|called)\s+"
    r"(?:anything |all |elements? |something |the |everything )*(?:called |named |with )?"
    r"([\w .-]{2,40})$"
)
SAID_SCOPES = (
    ("trip", re.compile(r"protection|\btripping\b")),
    ("isolated", re.compile(r"\bisolated\b")),
    ("backfed", re.compile(r"until repair|after switching|back-?fed")),
)
ABOUT_DATA = re.compile(r"\b(?:data|quality|model|findings?|checks?|rules?)\b")
ORDER = re.compile(r"\b(?:oldest|earliest|longest|by start|began first)\b")


@dataclass(frozen=True, slots=True)
class SaidValues:
    """The values that a question names, by the slot they fill."""

    text: str  # the question with slots in their place
    values: Mapping[str, object]


def take_values(text: str) -> SaidValues:
    """Return a question, in lower case, with its values replaced by slots."""
    values: dict[str, object] = {}
    for slot, patterns in (
        ("polygon", (POLYGON,)),
        ("pct", (PERCENT,)),
        ("price", PRICES),
        ("atleast", (LEAST,)),
        ("crews", (CREWS,)),
        ("top", TOP),
    ):
        text = _take_first(text, slot, patterns, values)
    for slot, pattern in (("scope", SAID_SCOPES), ("order", (("began_at", ORDER),))):
        for word, found in pattern:
            if found.search(text):
                values.setdefault(slot, word)
    if match := BY.search(text):
        values["by"] = "feeder" if match[1] in {"feeder", "circuit"} else "substation"
    return SaidValues(text, values)


def _take_first(
    text: str, slot: str, patterns: tuple[re.Pattern[str], ...], values: dict[str, object]
) -> str:
    for pattern in patterns:
        match = pattern.search(text)
        if match is None:
            continue
        values[slot] = _read_value(slot, match[1])
        named = "price <price>" if slot == "price" else f"<{slot}>"  # "$100" names a price too
        return f"{text[: match.start()]} {named} {text[match.end() :]}"
    return text


def _read_value(slot: str, word: str) -> object:
    if slot == "polygon":
        return word
    if slot in {"top", "crews"}:
        return read_number(word)
    figure = float(word.replace(",", ""))
    return int(figure) if slot == "atleast" else figure


@cache
def _lay_out(part: str) -> PhraseTable:
    phrases = {name: list(words) for name, words in getattr(read_words(), part).items()}
    return PhraseTable.from_words(phrases)


@cache
def _lay_out_terms() -> PhraseTable:
    return PhraseTable.from_words({name: [name] for name in read_terms()})


@cache
def _lay_out_rules() -> PhraseTable:
    return PhraseTable.from_words({rule.name: [rule.name.replace("_", " ")] for rule in RULES})


def take_kinds(text: str) -> tuple[list[str], dict[str, object]]:
    """Return the words of a question with kinds of sites and equipment as slots, and what kinds."""
    words = mend_words(split_words(text))
    values: dict[str, object] = {}
    for slot, part in (("level", "levels"), ("severity", "severities")):
        named = _lay_out(part).find_phrases(words)
        if named:
            values[slot] = named[0]
    named = _lay_out_terms().find_phrases(split_words(text))
    if named:
        values["term"] = max(named, key=len)
    rules = {"rule": _lay_out_rules()} if ABOUT_DATA.search(text) else {}
    tables = {**rules, "site": _lay_out("sites"), "kind": _lay_out("kinds")}
    for slot, table in tables.items():
        folded = table.fold_words(words)
        named = [each[1:] for each in folded if each.startswith("=")]
        if not named:
            continue
        values[slot] = named[0]
        kept = {"power_transformer"} if slot == "kind" else frozenset()
        words = [
            ("transformer" if each[1:] in kept else f"<{slot}>") if each.startswith("=") else each
            for each in folded
        ]
    return words, values

"""Find the values a question names: prices, percentages, counts, areas, sites, kinds, groupings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from gridtwin.analysis.quality.checks import RULES
from gridtwin.ask.time_patterns import COUNT_WORD
from gridtwin.ask.time_words import read_number
from gridtwin.ask.word_folding import PhraseTable, mend_words, split_words
from gridtwin.semantic.verified_questions import read_terms, read_words

if TYPE_CHECKING:
    from collections.abc import Mapping

FIGURE = r"(\d{1,9}(?:[.,]\d+)?)"
OVER = (
    r"(?:more than|at least|over|above|bigger than|larger than|greater than|higher than|exceeding|"
    r"exceeds?|beyond|north of|upwards? of|in excess of|no (?:fewer|less) than|not less than|"
    r"past|>=?|min(?:imum)?(?: of)?)"
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
        rf"\b(?:lmps?|prices?|(?:power|energy|electricity) costs?)"
        rf"(?:,? [a-z]+){{0,4}}? {OVER} {FIGURE}(?! ?%)"
    ),
    re.compile(
        rf"\b(?:lmps?|prices?) (?:(?:is|are|was|were|goes|of|at) )?(?:{OVER} )?{FIGURE}(?! ?%)"
    ),
)
SERVED = (
    r"(?=(?:customers?|custs?|cust|people|persons|folks|homes|households|houses|meters|accounts|"
    r"users|out|off|affected|impacted|interrupted|without)\b)"
)
LEAST = (
    re.compile(rf"(?:{OVER}|>) ?{FIGURE} {SERVED}"),
    re.compile(rf"{FIGURE} ?(?:\+|or more|and more|or above|plus|and up) {SERVED}"),
    re.compile(
        rf"{FIGURE} (?:customers?|custs?|people|homes|meters) (?:or more|and up|plus|or above)"
    ),
)
# Quantities that no tool can be told: what takes none of them is not sure.
QUANTITIES = (
    (
        " <amount> ",
        re.compile(rf"(?:less than|under|below|at most|up to) {FIGURE}\s?(?:%|percent)"),
    ),
    (
        " <duration> ",
        re.compile(
            rf"(?:{OVER}|longer than|under|less than|within) (?:\d{{1,4}}|{COUNT_WORD}|some)"
            r" ?(?:hours?|hrs?|h|minutes?|mins?|days?)\b"
        ),
    ),
    (" voltage <volts> ", re.compile(rf"\b{FIGURE} ?(?:v|volts?)\b")),
    (
        " <amount> ",
        re.compile(rf"\b{FIGURE} ?(?:kva|mva|kw|mw|kwh|mwh|amps?|a|km|miles?|feet|ft|m)\b"),
    ),
)
SUPERLATIVE = (
    r"(?:worst|most|biggest|largest|highest|lowest|least|top|longest|oldest|poorest|weakest|heaviest|"
    r"hottest|best)"
)
TOP_COUNT = rf"(?!an? )({COUNT_WORD})"
TOP = (
    re.compile(
        r"\b(?:top|first|worst|biggest|largest|highest|lowest|poorest|longest|bottom)"
        rf" {TOP_COUNT}\b"
    ),
    re.compile(rf"\b{TOP_COUNT} (?={SUPERLATIVE}\b)"),
    re.compile(
        rf"\b(?:which|the|what|show|list|name|me|rank|find) {TOP_COUNT}"
        rf" (?=[a-z]+s\b.*\b{SUPERLATIVE}\b)"
    ),
)
CREWS = re.compile(rf"(?:\bwith )?\b({COUNT_WORD}) crews?\b")
GROUP = r"(feeder|circuit|substation|station)"
BY = re.compile(
    rf"\b(?:by|per|each|every|(?:of|for|across|over|between) (?:all |the |our |my )*(?=\w+s\b))\s?"
    rf"(?:the )?{GROUP}s?\b"
    rf"|\b(?:worst|best|poorest|top|bottom|least|most|rank(?:ing)?(?: of)?|compare|which)"
    rf" (?:[a-z]+(?:ing|ed|able) )?(?:<top> )?(?:the )?{GROUP}s\b"
    rf"|\b(?:which|what) {GROUP}s?\b(?=.*\b{SUPERLATIVE}\b)"
    rf"|\b{SUPERLATIVE} (?:[a-z]+ ){{0,2}}{GROUP}s?\b(?! <)"
    rf"|<top> (?:[a-z]+ ){{0,2}}{GROUP}s\b"
    rf"|\b{GROUP}[- ](?:by|wise|level)\b"
    rf"|\b{GROUP}s? (?:league table|ranking|comparison|table|breakdown|split)\b"
)
GROUP_WORDS = frozenset(
    ["feeder", "feeders", "circuit", "circuits", "substation", "substations", "customers",
     "percent", "biggest", "largest", "highest", "lowest", "worst", "above"]
)  # fmt: skip
MANUALS_SAY = re.compile(r"\b(?:manual|instruction|bulletin)s?\b.*?\bsay about\s+(.{2,120})$")
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
    text = _take_first(text, "polygon", (POLYGON,), values)
    for written, quantity in QUANTITIES:
        text = quantity.sub(written, text)
    for slot, patterns in (
        ("pct", (PERCENT,)),
        ("price", PRICES),
        ("atleast", LEAST),
        ("crews", (CREWS,)),
        ("top", TOP),
    ):
        text = _take_first(text, slot, patterns, values)
    for slot, pattern in (("scope", SAID_SCOPES), ("order", (("began_at", ORDER),))):
        for word, found in pattern:
            if found.search(text):
                values.setdefault(slot, word)
    if match := BY.search(text):
        said = next(each for each in match.groups() if each)
        values["by"] = "feeder" if said in {"feeder", "circuit"} else "substation"
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

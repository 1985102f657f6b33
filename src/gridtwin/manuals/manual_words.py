"""Make words of a text as they are looked for: stems, exact numbers of parts, units made one."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

# Units by the ways in which they are written; the first word is the one that is kept.
UNIT_SPELLINGS = {
    "kv": ("kv", "kilovolt", "kilovolts"),
    "v": ("v", "volt", "volts"),
    "kva": ("kva",),
    "mva": ("mva",),
    "kvar": ("kvar",),
    "ka": ("ka", "kiloampere", "kiloamperes"),
    "a": ("a", "amp", "amps", "ampere", "amperes"),
    "nm": ("n·m", "n\u22c5m", "n-m", "n m", "nm", "newton meters",
           "newton-meters", "newton metres"),
    "ftlb": ("ft-lb", "ft-lbs", "ft·lb", "ft lb", "ft lbs", "lb-ft", "lbf-ft", "foot-pounds",
             "foot pounds", "ftlb", "ftlbs"),
    "kg": ("kg", "kilogram", "kilograms"),
    "lb": ("lb", "lbs", "pound", "pounds"),
    "mm": ("mm", "millimeter", "millimeters", "millimetre", "millimetres"),
    "gal": ("gal", "gallon", "gallons"),
    "l": ("l", "liter", "liters", "litre", "litres"),
    "ms": ("ms", "millisecond", "milliseconds"),
    "mohm": ("m\u03c9", "m\u2126", "mohm", "megohm", "megohms"),
    "uohm": ("\u00b5\u03c9", "\u03bc\u03c9", "\u00b5\u2126", "\u03bc\u2126", "micro-ohm",
             "micro-ohms", "microohm", "microohms"),
    "month": ("month", "months", "mo"),
    "year": ("year", "years", "yr", "yrs"),
    "min": ("minute", "minutes"),
    "hz": ("hz", "hertz"),
    "psi": ("psi", "psig"),
    "kpa": ("kpa",),
    "bil": ("bil",),
}  # fmt: skip
LONGEST_WORD = 40  # letters; more is no word
RELATED_WEIGHT = 0.8
LONGEST_PREFIX = 4  # letters before the digits of a model
LEAST_JOINED = 6  # letters of a word that may be written apart
KEPT_WORDS = 200_000  # whose stems are remembered
_CHUNK = re.compile(r"[^\W_]+(?:[-/.,#'\u2019·\u22c5][^\W_]+)*")
_DIGIT = re.compile(r"\d")
_GROUPED_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_PLAIN_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_FIGURE = re.compile(rf"\d[\dp.]*(?:{'|'.join(UNIT_SPELLINGS)})?")
_PARTS = re.compile(r"\d+|[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class ManualWords:
    """
    What words of manuals mean.

    Attributes
    ----------
    same
        By a word the one it stands for.
    related
        By a stem the stems that may stand in its place.
    stops
        Words that say nothing.
    asides
        Stems of a question that ask for nothing.
    languages
        Frequent words that tell languages apart, by ISO 639-1.
    """

    same: Mapping[str, str]
    related: Mapping[str, tuple[str, ...]]
    stops: frozenset[str]
    asides: frozenset[str]
    languages: Mapping[str, frozenset[str]]


@cache
def _read_file() -> dict[str, Any]:
    import yaml

    text = (files("gridtwin.manuals") / "manual_words.yaml").read_text(encoding="utf-8")
    words: dict[str, Any] = yaml.load(text, yaml.BaseLoader)  # noqa: S506 - texts only
    return words


@cache
def _list_kept() -> frozenset[str]:
    """Return the words whose stem is that of another word."""
    return frozenset(_read_file()["kept"])


@cache
def read_manual_words() -> ManualWords:
    """Return the vocabulary of manuals."""
    words = _read_file()
    same = {
        spelling: unit
        for unit, spellings in UNIT_SPELLINGS.items()
        for spelling in spellings
        if spelling.isalpha() and len(spelling) > 2
    }
    same |= {each: word for word, listed in words["same"].items() for each in listed}
    related: dict[str, tuple[str, ...]] = {}
    for word, listed in words["related"].items():
        stem, *others = (stem_word(same.get(each, each)) for each in (word, *listed))
        kept = (*related.get(stem, ()), *others)  # two words may have one stem
        related[stem] = tuple(dict.fromkeys(each for each in kept if each != stem))
    languages = {name: frozenset(listed) for name, listed in words["languages"].items()}
    asides = frozenset(map(stem_word, words["asides"]))
    return ManualWords(same, related, frozenset(words["stops"]), asides, languages)


@cache
def _unit_pattern() -> tuple[re.Pattern[str], dict[str, str]]:
    kept = {spelling: unit for unit, spellings in UNIT_SPELLINGS.items() for spelling in spellings}
    ways = "|".join(sorted(map(re.escape, kept), key=len, reverse=True))
    return re.compile(rf"(\d(?:[\d,.]*\d)?)[ -]?({ways})(?![^\W_])"), kept


@cache
def _phrase_pattern() -> re.Pattern[str]:
    """Return what finds units of several words or signs that no number stands before."""
    _, kept = _unit_pattern()
    phrases = [
        re.escape(each)
        for each in sorted(kept, key=len, reverse=True)
        if not each.isalpha() and (len(each) > 5 or " " not in each)
    ]
    return re.compile(rf"(?<![^\W_])({'|'.join(phrases)})(?![^\W_])")


@cache
def _get_stemmer() -> object:
    import snowballstemmer

    return snowballstemmer.stemmer("english")


@lru_cache(KEPT_WORDS)
def stem_word(word: str) -> str:
    """Return a word without its endings; snowball's English."""
    if word in _list_kept():
        return word.removesuffix("s")
    return str(_get_stemmer().stemWord(word))  # type: ignore[attr-defined]


@lru_cache(KEPT_WORDS)
def _make_words(chunk: str) -> tuple[str, ...]:
    """Return the words of what stands between blanks."""
    vocabulary = read_manual_words()
    if not _DIGIT.search(chunk):
        same = vocabulary.same
        whole = chunk.replace("-", "").replace("'", "").replace("\u2019", "")
        if whole in same:
            return (stem_word(same[whole]),)
        parts = _PARTS.findall(chunk.removesuffix("'s").removesuffix("\u2019s"))
        return tuple(
            stem_word(same.get(part, part))
            for part in parts
            if part not in vocabulary.stops and len(part) <= LONGEST_WORD
        )
    if _GROUPED_NUMBER.fullmatch(chunk):
        return (chunk.replace(",", ""),)
    if _PLAIN_NUMBER.fullmatch(chunk):
        return (chunk,)
    parts = _PARTS.findall(chunk)
    joined = "".join(parts)
    if len(joined) > LONGEST_WORD:
        return ()
    kept = (part for part in parts if part in UNIT_SPELLINGS or len(part) > 1)
    return (joined, *(part for part in kept if part != joined))


def split_manual_words(text: str) -> list[str]:
    """
    Return the words of a text as pages and questions are compared.

    A number of a part or model stands whole and without its hyphens, beside its parts; so does a
    number with its unit.

    Examples
    --------
    >>> split_manual_words("Tighten the VX-15's bolts to 1,200 N·m")
    ['tighten', 'vx15', 'vx', '15', 'bolt', '1200nm', '1200', 'nm']
    """
    text = unicodedata.normalize("NFKC", text).lower().replace("\u03bc", "\u00b5")
    text = text.replace("\u2010", "-").replace("\u2011", "-").replace("\u2013", "-")
    pattern, kept = _unit_pattern()
    text = pattern.sub(lambda match: _join_unit(match[1], kept[match[2]]), text)
    text = _phrase_pattern().sub(lambda match: kept[match[1]], text)
    words: list[str] = []
    for chunk in _CHUNK.findall(text):
        words += _make_words(chunk.removesuffix("'s").removesuffix("\u2019s"))
    return words


def _join_unit(number: str, unit: str) -> str:
    """Return a number and its unit as one word; behind a broken number, which stands by itself."""
    plain = number.replace(",", "").rstrip(".")
    return f"{plain} {plain.replace('.', 'p')}{unit}" if "." in plain else f"{plain}{unit}"


@dataclass(frozen=True, slots=True)
class QuestionWord:
    """
    One word of a question.

    Attributes
    ----------
    word
        As pages hold it.
    others
        What may stand in its place, and how much that counts.
    weight
        Of the word, among those of the question.
    is_extra
        Whether a page that lacks it answers as well: a figure, which may be what was measured, or
        words that stand apart and may be one number of a model.
    """

    word: str
    others: Mapping[str, float]
    weight: float = 1.0
    is_extra: bool = False

    def hold_most(self, words: Collection[str]) -> float:
        """Return how much of it some words hold, 0 to 1."""
        if self.word in words:
            return 1.0
        return max((weight for other, weight in self.others.items() if other in words), default=0)


def _join_known(text: str) -> str:
    """Return a text in which words of the vocabulary that are written apart are one."""
    vocabulary = read_manual_words()
    known = {word for word in (*vocabulary.same, *vocabulary.related) if len(word) >= LEAST_JOINED}
    pieces = text.split()
    for at, (first, second) in reversed([*enumerate(pairwise(pieces))]):
        joined = (first + second).lower()
        if joined in known and first.isalpha() and second.isalpha():
            pieces[at : at + 2] = [joined]
    return " ".join(pieces)


def _list_related(word: str) -> tuple[str, ...]:
    """Return what may stand in the place of a word of a question."""
    related = read_manual_words().related
    again = word.removeprefix("re")
    if word in related or again not in related:
        return related.get(word, ())
    return (again, *related[again])


def read_question_words(text: str) -> list[QuestionWord]:
    """
    Return the words of a question, each once, and what they are related to.

    What is written apart is looked for together, too: parts of a number of a model (`VX 15`), and
    words of the vocabulary (`high pot`). A word that says *again* asks for what is done again.
    """
    words = list(dict.fromkeys(split_manual_words(_join_known(text))))
    words = [word for word in words if word not in read_manual_words().asides] or words
    read = [
        QuestionWord(
            word,
            dict.fromkeys(_list_related(word), RELATED_WEIGHT),
            is_extra=_FIGURE.fullmatch(word) is not None,
        )
        for word in words
    ]
    for first, second in pairwise(_CHUNK.findall(text.lower())):  # LBS 100 is no weight
        is_prefix = first.isalpha() and first not in read_manual_words().stops
        if is_prefix and len(first) <= LONGEST_PREFIX and _DIGIT.match(second):
            joined = first + second
            if joined not in words and second.isalnum():
                read.append(QuestionWord(joined, {}, is_extra=True))
    return read

"""Understand a question: its slots, its folded words, and whether it is an order."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from gridtwin.ask.element_words import NAMED_DEVICE, NAMED_OUTAGE, take_elements
from gridtwin.ask.order_words import SUPPOSED, find_order
from gridtwin.ask.time_patterns import TIME_WORDS
from gridtwin.ask.time_words import SaidTime, take_time
from gridtwin.ask.value_words import (
    GROUP_WORDS,
    MANUALS_SAY,
    SEARCHED_TEXT,
    take_kinds,
    take_values,
)
from gridtwin.ask.word_folding import (
    QUOTES,
    PhraseTable,
    find_turns,
    fold_text,
    fold_words,
    mend_toward,
    say_direction,
    split_words,
)
from gridtwin.errors import InputError
from gridtwin.semantic.verified_questions import read_words

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from gridtwin.ask.element_words import NamedElement
    from gridtwin.tools.shared_twin import SharedTwin

LONGEST_QUESTION = 500  # characters
ANY_SLOT = re.compile(r"<\w+>")
PART_OF_STORY = re.compile(
    r"[.;:!?\n,]+|\b(?:and so|and then|so that|and|but|because|so|whether|since|although|while)\b"
)
ASKS = re.compile(
    r"\?|\b(?:which|what|how|where|when|who|whom|whose|why|whether|can you|could you|would you|"
    r"please|tell|show|give|list|find|need|want|would like|i'd like|i'd love|wonder|wondering|know|"
    r"check|look)\b"
)
SUPPOSES = re.compile(r"(?:if|were|suppose|should|in case)\b")
TO_COME = "tomorrow"  # as what has yet to come is asked for
SLOT_WORDS = TIME_WORDS | GROUP_WORDS
FOREIGN = "of what lies outside the network"
LEAST_WORDS_TOLD = 12  # of a question in which a story may stand
LEAST_WORDS_ASKED = 2  # that carry meaning, of a part that asks
SAID_OPEN = re.compile(r"\bopen(?:s|ed|ing)?\b")
STANDS = re.compile(  # "is it open" asks where it stands, and supposes nothing
    r"\b(?:is|are|was|stands?|stays?)\b[^<]{0,30}<(?:feeder|substation|meter|device)>"
    r"[\w ]{0,30}\b(?:open|closed)\b|^\s*<device>\s*,?\s*(?:open|closed)\s*\?"
    r"|\bwho (?:opened|closed)\b|\bwhen (?:was|did)\b"
)
SAID_CLOSED = re.compile(r"\bclos(?:e|es|ed|ing)\b")
SWITCHED = re.compile(r"(?<=open |lose |sing |ning )\s*<(?:feeder|substation|meter|device)>")
DEFINES = re.compile(
    r"\b(?:mean|means|meaning|defin\w*|stands? for|explain|remind me|what is|what's|what are|huh)\b"
)
FOLLOWS = re.compile(r"^(?:and|what about|how about|same|now|only|also|but|then|or)\b")


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a long question, with the elements and times of the whole."""

    words: tuple[str, ...]  # folded
    turns: tuple[str, ...] = ()
    not_held: str = ""
    asks: bool = False  # it asks for something, and does not only tell


@dataclass(frozen=True, slots=True)
class Understood:
    """What a question says: its words and its slots."""

    question: str
    words: tuple[str, ...]  # folded
    said: int = 0  # words in all, those that say nothing too
    turns: tuple[str, ...] = ()  # words that turn what is asked into something else
    elements: tuple[NamedElement, ...] = ()
    unknown: tuple[str, ...] = ()  # ids that the twin has not
    time: SaidTime | None = None
    values: Mapping[str, object] = field(default_factory=dict)
    opened: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    text_words: tuple[str, ...] = ()  # the same, where a text is searched for
    term_words: tuple[str, ...] = ()  # the same, where a term is to be explained
    order: str | None = None  # the verb of an order, and
    command: str = ""  # what a person may run instead
    not_held: str = ""  # what the twin does not hold, where that is asked for
    follows: bool = False  # it refers to the question before
    clauses: tuple[Clause, ...] = ()  # of a long question, each for itself

    @property
    def outages(self) -> tuple[NamedElement, ...]:
        """The outages it names."""
        return tuple(each for each in self.elements if each.sort == NAMED_OUTAGE)

    @property
    def equipment(self) -> tuple[NamedElement, ...]:
        """The elements it names, outages left out."""
        return tuple(each for each in self.elements if each.sort != NAMED_OUTAGE)


def understand_question(
    question: str, shared: SharedTwin, *, now: datetime, zone: tzinfo
) -> Understood:
    """
    Return what a question says.

    Raises
    ------
    InputError
        If it is empty, or longer than `LONGEST_QUESTION`.
    """
    if not question.strip():
        msg = "there is no question: ask, for instance, which outages there are"
        raise InputError(msg)
    if len(question) > LONGEST_QUESTION:
        count = f"{len(question):,} characters"
        msg = f"the question has {count}, and {LONGEST_QUESTION} are read: ask less"
        raise InputError(msg)
    plain = _mend_slots(" ".join(question.lower().translate(QUOTES).split()), shared)
    text, time = take_time(plain, now, zone)
    said = take_values(text)
    text, elements, unknown = take_elements(said.text, shared)
    text = say_direction(text)
    words, kinds = take_kinds(text)
    verb, command = find_order(text)
    not_held = _find_not_held(text)
    named = [each for each in elements if not each.words.isdigit()]  # 1204 may be any number
    if not not_held and not named and _is_foreign(text):
        not_held = FOREIGN
    if time is not None and not time.is_moment and time.start > now:
        not_held = _find_not_held(TO_COME)
    opened, closed = _find_positions(text, [each for each in elements if each.sort != NAMED_OUTAGE])
    found = Understood(
        question,
        tuple(fold_words(words)),
        len(words),
        find_turns(words),
        tuple(elements),
        tuple(unknown),
        time,
        {**said.values, **kinds},
        opened,
        closed,
        term_words=_fold_term(text, kinds),
        order=verb,
        command=command,
        not_held=not_held,
        follows=bool(FOLLOWS.match(plain)),
        clauses=_list_clauses(text),
    )
    return _with_searched_text(found, text)


def _mend_slots(text: str, shared: SharedTwin) -> str:
    """Return a question with slips mended in words that times and groups are found by."""

    def is_named(word: str) -> bool:
        data = shared.network.data
        names = (*data.feeders.name, *data.substations.name)
        return any(word in bytes(each).decode().lower() for each in names)

    return mend_toward(text, SLOT_WORDS, is_named)


def _list_clauses(text: str) -> tuple[Clause, ...]:
    """Return the parts of a long question: people tell a story before they ask, or after."""
    if len(text.split()) < LEAST_WORDS_TOLD:
        return ()
    slots = ANY_SLOT.findall(text)
    clauses = []
    for part in split_story(text):
        said = take_kinds(part)[0]
        words = fold_words(said)
        if len(words) >= LEAST_WORDS_ASKED:
            own = ANY_SLOT.findall(part)
            rest = [each for each in slots if each not in own]
            asked_for = "" if SUPPOSES.match(part) else _find_not_held(part)
            asks = bool(ASKS.search(part))
            clauses.append(Clause((*words, *rest), find_turns(said), asked_for, asks))
    return tuple(clauses) if len(clauses) > 1 or slots else ()


def split_story(text: str) -> list[str]:
    """Return the parts of a text, each with the sign that ends it."""
    ends = [match.end() for match in PART_OF_STORY.finditer(text)]
    begins = [0, *ends]
    return [text[begin:end].strip() for begin, end in zip(begins, [*ends, len(text)], strict=True)]


def _with_searched_text(found: Understood, text: str) -> Understood:
    plain = text.rstrip(" ?.!")
    told = MANUALS_SAY.search(plain)  # there a kind is a word like any other
    match = told or SEARCHED_TEXT.search(plain)
    if match is None or "<" in match[1] or ("kind" in found.values and told is None):
        return found
    rest = [*take_kinds(text[: match.start(1)])[0], "<text>"]
    values = {**found.values, "text": match[1].strip()}
    if told is not None:
        values.pop("kind", None)
    not_held = found.not_held if told is None else ""  # the manuals may hold it
    return replace(found, values=values, text_words=tuple(fold_words(rest)), not_held=not_held)


def _fold_term(text: str, values: Mapping[str, object]) -> tuple[str, ...]:
    """Return the words of a question with the term it names as a slot."""
    term = values.get("term") if DEFINES.search(text) else None
    return () if term is None else tuple(fold_text(text.replace(str(term), " <term> ", 1)))


@cache
def _lay_out_not_held() -> PhraseTable:
    return PhraseTable.from_words({each.about: each.words for each in read_words().not_held})


def _find_not_held(text: str) -> str:
    if "<price>" in text:  # what costs is energy there
        return ""
    found = _lay_out_not_held().find_phrases(split_words(text))
    return found[0] if found else ""


@cache
def _lay_out_foreign() -> PhraseTable:
    return PhraseTable.from_words({FOREIGN: read_words().foreign})


def _is_foreign(text: str) -> bool:
    return bool(_lay_out_foreign().find_phrases(split_words(text)))


def _find_positions(
    text: str, elements: list[NamedElement]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return which elements a question supposes to be open, and which closed."""
    opened: list[str] = []
    closed: list[str] = []
    device = re.compile("<device>") if "<device>" in text else SWITCHED
    if device is not SWITCHED:  # no feeder is opened where a switch is named
        elements = [each for each in elements if each.sort == NAMED_DEVICE]
    marks = sorted(
        [(match.start(), True) for match in SAID_OPEN.finditer(text)]
        + [(match.start(), False) for match in SAID_CLOSED.finditer(text)]
    )
    both = len({opens for _, opens in marks}) == 2
    stands = STANDS.search(text) and not SUPPOSED.search(text)
    if not marks or stands or (both and len(elements) == 1):
        return (), ()
    slots = [match.start() for match in device.finditer(text)]
    after = bool(slots) and marks[0][0] > slots[0]  # "this one open, that one closed"
    for at, element in zip(slots, elements, strict=False):
        near = [mark for mark in marks if (mark[0] > at) == after]
        opens = near[0 if after else -1][1] if near else marks[-1 if after else 0][1]
        (opened if opens else closed).append(element.mrid)
    return tuple(opened), tuple(closed)


def read_now() -> datetime:
    """Return what the clock says, to the second."""
    return datetime.now(UTC).replace(microsecond=0)

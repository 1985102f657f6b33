"""Understand a question: its slots, its folded words, and whether it is an order."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from gridtwin.ask.element_words import NAMED_OUTAGE, take_elements
from gridtwin.ask.time_words import SaidTime, take_time
from gridtwin.ask.value_words import SEARCHED_TEXT, take_kinds, take_values
from gridtwin.ask.word_folding import QUOTES, PhraseTable, fold_text, fold_words, split_words
from gridtwin.errors import InputError
from gridtwin.semantic.verified_questions import read_words

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from gridtwin.ask.element_words import NamedElement
    from gridtwin.tools.shared_twin import SharedTwin

LONGEST_QUESTION = 500  # characters
SUPPOSED = re.compile(
    r"\b(?:if|would|suppose|simulate|simulating|were|hypothetical\w*|opening|closing|could i|"
    r"should|"
    r"how (?:do|can|could|to)|where do|what happens?)\b"
)
ASKS_YOU = re.compile(r"\b(?:would|could|can|will) you\b")
CLAUSE = re.compile(r"[.;:!?\n]+|,|\b(?:and then|and also|and|then)\b")
POLITE = re.compile(
    r"^(?:\s|please|now|kindly|just|also|you|hey|hi|hello|ok|okay|can|could|would|will|must|should|"
    r"go ahead and|i want you to|i need you to|i want to|i need to|let's|let us|to|immediately)*\b"
)
DESCRIBES = re.compile(
    r"^(?:open|closed?|set|log|trip|drop|text|call|change|switch)\w*\s+(?:outages?|incidents?|"
    r"tickets?|points?|of|the log|operations?|switches (?:there|on|are)|ties?)\b"
    r"|^log of\b|^switch(?:ing)? (?:plan|operation|sequence)|^restore plan"
)
STATEMENT = re.compile(
    r"\b(?:select|insert|update|delete|drop|alter|truncate|grant)\b.*\b(?:from|table|into|set|all|on)\b"
)
SAID_OPEN = re.compile(r"\bopen(?:ed|ing)?\b")
SAID_CLOSED = re.compile(r"\bclos(?:e|ed|ing)\b")
ELEMENT_SLOT = re.compile(r"<(?:feeder|substation|meter|device)>")
DEFINES = re.compile(
    r"\b(?:mean|means|meaning|defin\w*|stands? for|explain|what is|what's|what are)\b"
)
FEEDING = re.compile(r"(<(?:feeder|substation|meter|device)>) +(?:feed|serve|supply|power)s?\b")
FOLLOWS = re.compile(r"^(?:and|what about|how about|same|now|only|also|but|then|or)\b")


@dataclass(frozen=True, slots=True)
class Understood:
    """What a question says: its words and its slots."""

    question: str
    words: tuple[str, ...]  # folded
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
    plain = " ".join(question.lower().translate(QUOTES).split())
    text, time = take_time(plain, now, zone)
    said = take_values(text)
    text, elements, unknown = take_elements(said.text, shared)
    text = FEEDING.sub(r"\1 downstream", text)  # "what feeds X" asks for the other side
    words, kinds = take_kinds(text)
    verb, command = find_order(text)
    opened, closed = _find_positions(text, [each for each in elements if each.sort != NAMED_OUTAGE])
    found = Understood(
        question,
        tuple(fold_words(words)),
        tuple(elements),
        tuple(unknown),
        time,
        {**said.values, **kinds},
        opened,
        closed,
        term_words=_fold_term(text, kinds),
        order=verb,
        command=command,
        not_held=_find_not_held(text),
        follows=bool(FOLLOWS.match(plain)),
    )
    return _with_searched_text(found, text)


def _with_searched_text(found: Understood, text: str) -> Understood:
    match = SEARCHED_TEXT.search(text.rstrip(" ?.!"))
    if match is None or "<" in match[1] or "kind" in found.values:
        return found
    rest = [*take_kinds(text[: match.start(1)])[0], "<text>"]
    values = {**found.values, "text": match[1].strip()}
    return replace(found, values=values, text_words=tuple(fold_words(rest)))


def _fold_term(text: str, values: Mapping[str, object]) -> tuple[str, ...]:
    """Return the words of a question with the term it names as a slot."""
    term = values.get("term") if DEFINES.search(text) else None
    return () if term is None else tuple(fold_text(text.replace(str(term), " <term> ", 1)))


def find_order(text: str) -> tuple[str | None, str]:
    """
    Return the verb by which a text orders something, and the command for it; None for no order.

    A clause that begins with such a verb is an order, unless the question only supposes it.
    """
    if STATEMENT.search(text):
        return STATEMENT.search(text)[0].split()[0], ""  # type: ignore[index]
    if SUPPOSED.search(ASKS_YOU.sub(" ", text)):
        return None, ""
    orders = read_words().orders
    for clause in CLAUSE.split(text):
        said = POLITE.sub("", clause.strip(), count=1).strip()
        verb = said.split(" ", 1)[0]
        if verb in orders and not DESCRIBES.match(said):
            return verb, orders[verb]
    return None, ""


@cache
def _lay_out_not_held() -> PhraseTable:
    return PhraseTable.from_words({each.about: each.words for each in read_words().not_held})


def _find_not_held(text: str) -> str:
    found = _lay_out_not_held().find_phrases(split_words(text))
    return found[0] if found else ""


def _find_positions(
    text: str, elements: list[NamedElement]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return which elements a question supposes to be open, and which closed."""
    opened: list[str] = []
    closed: list[str] = []
    marks = sorted(
        [(match.start(), True) for match in SAID_OPEN.finditer(text)]
        + [(match.start(), False) for match in SAID_CLOSED.finditer(text)]
    )
    both = len({opens for _, opens in marks}) == 2
    if not marks or (both and len(elements) == 1):  # "is it open or closed" supposes nothing
        return (), ()
    for match, element in zip(ELEMENT_SLOT.finditer(text), elements, strict=False):
        before = [mark for mark in marks if mark[0] < match.start()]
        (opened if (before[-1] if before else marks[0])[1] else closed).append(element.mrid)
    return tuple(opened), tuple(closed)


def read_now() -> datetime:
    """Return what the clock says, to the second."""
    return datetime.now(UTC).replace(microsecond=0)

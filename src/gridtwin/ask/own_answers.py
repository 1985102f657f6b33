"""Answer what needs no twin: what a word means, and what can be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridtwin.semantic.verified_questions import read_questions, read_terms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SHOWN_QUESTIONS = 12


def define_word(word: str) -> str:
    """Return what a word means."""
    return f"{word}: {read_terms()[word]}"


def list_questions() -> str:
    """Return some of what can be asked."""
    questions = read_questions()
    step = max(1, len(questions) // SHOWN_QUESTIONS)
    asked = [write_example(each.asks[0]) for each in questions[::step]]
    return f"{len(questions)} kinds of question are known. Such as: {'; '.join(asked)}."


def write_example(ask: str) -> str:
    """Return a phrasing as a person reads it: slots in capitals."""
    return ask.replace("{", "").replace("}", "") if "{" not in ask else _spell_slots(ask)


def _spell_slots(ask: str) -> str:
    for slot, shown in EXAMPLES.items():
        ask = ask.replace(f"{{{slot}}}", shown)
    return ask


EXAMPLES = {
    "element": "ID",
    "feeder": "FEEDER",
    "substation": "SUBSTATION",
    "outage": "OUTAGE",
    "meter": "METER",
    "period": "yesterday",
    "moment": "at 8 pm yesterday",
    "since": "since 6 am",
    "site": "hospitals",
    "kind": "fuses",
    "level": "feeder",
    "price": "$100",
    "pct": "120 %",
    "top": "5",
    "atleast": "50",
    "crews": "2",
    "polygon": "west,south,east,north",
    "severity": "errors",
    "rule": "islands",
    "text": "NAME",
    "term": "SAIFI",
}
OWN_TOOLS: Mapping[str, Callable[..., str]] = {"define": define_word, "help": list_questions}

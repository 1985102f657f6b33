"""Choose what a question means among the verified questions, or offer some, or none."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from gridtwin.ask.element_words import NAMED_DEVICE, NAMED_FEEDER, NAMED_METER, NAMED_SUBSTATION
from gridtwin.ask.own_answers import write_example
from gridtwin.ask.word_folding import SLOT_NAME, fold_text
from gridtwin.semantic.verified_questions import read_questions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gridtwin.ask.understanding import Understood
    from gridtwin.semantic.verified_questions import VerifiedQuestion

MOST_OFFERED = 3
SURE_SCORE = 0.56  # from which on a reading may be taken at once
CLEAR_MARGIN = 0.05  # by which it has to be better than the next
OFFER_SCORE = 0.30  # from which on a reading is worth offering
KNOWN_SHARE = 0.5  # of the words of a question that have to mean something here
UNKNOWN_WEIGHT = 2.0  # of a word that no verified question has
SLOT_WEIGHT = 0.6  # of a slot beside words
BEST_SHARE = 0.7  # of the score that the nearest wording makes; the rest all wordings together
ANY_ELEMENT = {NAMED_FEEDER, NAMED_SUBSTATION, NAMED_METER, NAMED_DEVICE}
SLOT_ALIASES = {"since": "time", "period": "time", "moment": "time", "text": "text"}
VARIANTS = {
    "{level}": ("{level}", "transformers", "sections", "switches", "feeders"),
    "{kind}": ("{kind}", "transformers", "switches"),
}
SOFT_SLOTS = {"kind", "level", "severity", "term", "text", "scope", "rule", "site"}
FORBIDDING = {"polygon", "price", "pct", "site"}  # values that a reading has to use


@dataclass(frozen=True, slots=True)
class Wording:
    """One phrasing of a verified question, folded."""

    words: Counter[str]


@dataclass(frozen=True, slots=True)
class Scored:
    """A reading with how well it fits."""

    question: VerifiedQuestion
    score: float
    covered: float  # share of the question's words that some wording of it has


@dataclass(frozen=True, slots=True)
class Library:
    """The verified questions, folded and weighed."""

    wordings: tuple[tuple[VerifiedQuestion, tuple[Wording, ...], frozenset[str]], ...]
    weights: dict[str, float]

    def weigh_word(self, word: str) -> float:
        """Return how much a word says."""
        if word.startswith("<"):
            return SLOT_WEIGHT
        return self.weights.get(word, UNKNOWN_WEIGHT)

    def weigh_words(self, words: Iterable[str]) -> float:
        """Return how much some words say together."""
        return math.fsum(self.weigh_word(word) for word in words)


@cache
def lay_out_library() -> Library:
    """Return the verified questions as they are compared."""
    held = []
    counts: Counter[str] = Counter()
    for question in read_questions():
        texts = [text for ask in question.asks for text in _vary(ask)]
        wordings = tuple(Wording(Counter(fold_phrasing(text))) for text in texts)
        bag = frozenset(word for each in wordings for word in each.words)
        counts.update(bag)
        held.append((question, wordings, bag))
    total = len(held)
    weights = {word: math.log(1 + total / count) / 2 for word, count in counts.items()}
    return Library(tuple(held), weights)


def _vary(ask: str) -> list[str]:
    for slot, words in VARIANTS.items():
        if slot in ask:
            return [ask.replace(slot, word) for word in words]
    return [ask]


def fold_phrasing(text: str) -> list[str]:
    """Return a phrasing folded as a question is."""
    return _generalize(fold_text(SLOT_NAME.sub(lambda match: f" <{match[1]}> ", text)))


def _generalize(words: Iterable[str]) -> list[str]:
    """Return words with slots made one that are interchangeable."""
    return [
        "<element>"
        if word[1:-1] in ANY_ELEMENT
        else f"<{SLOT_ALIASES.get(word[1:-1], word[1:-1])}>"
        if word.startswith("<")
        else word
        for word in words
    ]


def rank_readings(understood: Understood) -> list[Scored]:
    """Return the verified questions that a question may mean, the likeliest first."""
    library = lay_out_library()
    words = Counter(_generalize(understood.words))
    others = {
        "text": Counter(_generalize(understood.text_words)),
        "term": Counter(_generalize(understood.term_words)),
    }
    found = []
    for question, wordings, bag in library.wordings:
        if not can_mean(question, understood):
            continue
        own = next((others[slot] for slot in question.needs if slot in others), words)
        score = _score_words(own, wordings, bag, library)
        covered = _measure_covered(own, bag, library)
        found.append(Scored(question, score - _count_unused(question, understood), covered))
    return sorted(found, key=lambda each: -each.score)


def _score_words(
    words: Counter[str], wordings: tuple[Wording, ...], bag: frozenset[str], library: Library
) -> float:
    whole = library.weigh_words(words.elements())
    if not whole:
        return 0.0
    best = max(
        2
        * library.weigh_words((words & each.words).elements())
        / (whole + library.weigh_words(each.words.elements()))
        for each in wordings
    )
    return BEST_SHARE * best + (1 - BEST_SHARE) * _measure_covered(words, bag, library)


def _measure_covered(words: Counter[str], bag: frozenset[str], library: Library) -> float:
    whole = library.weigh_words(words.elements())
    own = library.weigh_words(word for word in words.elements() if word in bag)
    return own / whole if whole else 0.0


def measure_known(understood: Understood) -> float:
    """Return the share of a question's words that mean something here."""
    library = lay_out_library()
    words = understood.text_words or understood.words
    whole = library.weigh_words(words)
    known = library.weigh_words(
        word for word in words if word in library.weights or word.startswith(("<", "="))
    )
    return known / whole if whole else 0.0


def can_mean(question: VerifiedQuestion, understood: Understood) -> bool:
    """Return whether a question has the slots of a verified one, and no others that count."""
    needs, takes = set(question.needs), set(question.takes)
    return (
        all(_has_slot(slot, understood) for slot in needs)
        and _uses_elements(needs, takes, understood)
        and _uses_time(needs, takes, understood)
        and all(slot in needs | takes for slot in FORBIDDING if slot in understood.values)
    )


def _has_slot(slot: str, understood: Understood) -> bool:
    if slot == "term":
        return bool(understood.term_words)
    equipment = understood.equipment
    checks = {
        "element": len(equipment) == 1,
        "elements": bool(equipment),
        "two": len(equipment) == 2,
        "outage": len(understood.outages) == 1,
        "positions": bool(understood.opened or understood.closed),
        "period": understood.time is not None and not understood.time.is_moment,
    }
    return checks.get(slot, slot in understood.values)


def _uses_elements(needs: set[str], takes: set[str], understood: Understood) -> bool:
    if understood.outages and "outage" not in needs:
        return False
    equipment = understood.equipment
    if not equipment or needs & {"element", "elements", "two", "positions"}:
        return not ("outage" in needs and equipment)
    sorts = {each.sort for each in equipment}
    fits = ("group" in takes and sorts <= {NAMED_FEEDER, NAMED_SUBSTATION}) or (
        "feeder" in takes and sorts == {NAMED_FEEDER}
    )
    return fits and len(equipment) == 1


def _uses_time(needs: set[str], takes: set[str], understood: Understood) -> bool:
    time = understood.time
    if time is None:
        return True
    if time.is_moment:
        return "moment" in takes
    return bool({"period"} & (needs | takes)) or (time.open_end and "since" in takes)


def _count_unused(question: VerifiedQuestion, understood: Understood) -> float:
    """Return what it costs a reading that it leaves values aside."""
    used = {*question.needs, *question.takes, *question.implies}
    used |= {"by"} if "level" in used else set()
    unused = [
        slot
        for slot in understood.values
        if slot not in used and slot not in SOFT_SLOTS and slot not in FORBIDDING
    ]
    return 0.15 * len(unused)


def fill_arguments(question: VerifiedQuestion, understood: Understood) -> dict[str, Any]:
    """Return the arguments of the tool that answers a reading."""
    slots = list_slots(understood)
    args = {name: _fill(value, slots) for name, value in question.args.items()}
    args = {name: value for name, value in args.items() if value != []}
    for slot in question.takes:
        for name, value in _list_taken(slot, understood, slots):
            args.setdefault(name, value)
    if "site" in question.needs:
        args["kind"] = understood.values["site"]
    if "price" in question.needs:
        args["price"] = understood.values["price"]
    return args


def _list_taken(slot: str, understood: Understood, slots: dict[str, Any]) -> list[tuple[str, Any]]:
    names = {
        "top": "limit", "atleast": "min_customers", "site": "kind", "moment": "at",
        "group": "on", "feeder": "feeder", "since": "since",
    }  # fmt: skip
    time = understood.time
    if slot == "period":
        named = time is not None and not time.is_moment
        return [("start", slots["start"]), ("end", slots["end"])] if named else []
    if slot == "moment":
        return [("at", slots["start"])] if time is not None and time.is_moment else []
    if slot == "since":
        return [("since", slots["start"])] if time is not None and time.open_end else []
    if slot in {"group", "feeder"}:
        return [(names[slot], understood.equipment[0].mrid)] if understood.equipment else []
    value = understood.values.get(slot)
    return [] if value is None else [(names.get(slot, slot), value)]


def list_slots(understood: Understood) -> dict[str, Any]:
    """Return what fills the slots of a reading, by their names."""
    equipment = [each.mrid for each in understood.equipment]
    slots: dict[str, Any] = dict(understood.values)
    slots |= {"all": equipment, "opened": [*understood.opened], "closed": [*understood.closed]}
    slots |= dict(zip(("first", "second"), equipment, strict=False))
    if equipment:
        slots["element"] = equipment[0]
    if understood.outages:
        slots["outage"] = understood.outages[0].mrid
    if understood.time is not None:
        slots["start"] = understood.time.start.strftime("%Y-%m-%dT%H:%M:%SZ")
        slots["end"] = understood.time.end.strftime("%Y-%m-%dT%H:%M:%SZ")
    return slots


def _fill(value: Any, slots: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [_fill(each, slots) for each in value]
    if not isinstance(value, str):
        return value
    whole = re.fullmatch(r"\{(\w+)\}", value)
    return slots.get(whole[1], []) if whole else value


def rank_nearest(understood: Understood) -> list[str]:
    """Return the three verified questions nearest in words, whatever slots they need."""
    library = lay_out_library()
    words = Counter(_generalize(understood.words))
    scores = [
        (_score_words(words, wordings, bag, library), -at, question)
        for at, (question, wordings, bag) in enumerate(library.wordings)
    ]
    best = sorted(scores, key=lambda each: each[:2], reverse=True)[:MOST_OFFERED]
    return [write_example(question.asks[0]) for _, _, question in best]

"""Choose what a question means among the verified questions, or offer some, or none."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from gridtwin.ask.element_words import NAMED_DEVICE, NAMED_FEEDER, NAMED_METER, NAMED_SUBSTATION
from gridtwin.ask.own_answers import write_example
from gridtwin.ask.word_folding import SLOT_NAME, find_turns, fold_text, say_direction, split_words
from gridtwin.semantic.verified_questions import read_questions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gridtwin.ask.understanding import Understood
    from gridtwin.semantic.verified_questions import VerifiedQuestion

MOST_OFFERED = 3
UNKNOWN_WEIGHT = 2.0  # of a word that no verified question has
SLOT_WEIGHT = 0.6  # of a slot beside words
BEST_SHARE = 0.7  # of the score that the nearest wording makes; the rest all wordings together
ANY_ELEMENT = {NAMED_FEEDER, NAMED_SUBSTATION, NAMED_METER, NAMED_DEVICE}
SINCE_WEIGHT = 0.2  # of what tells "since" from other times
SLOT_ALIASES = {"since": "time", "period": "time", "moment": "time", "text": "text"}
VARIANTS = {
    "{level}": ("{level}", "transformers", "sections", "switches", "feeders"),
    "{kind}": ("{kind}", "transformers", "switches"),
}
SOFT_SLOTS = {"kind", "level", "severity", "term", "text", "scope", "rule", "site"}
# Words of the field that say of what or how something is asked, and not what.
FRAMING = frozenset(
    f"={word}"
    for word in (
        "now", "count", "customer", "meter", "transformer", "feeder", "substation", "find",
        "describe", "help", "define", "energized", "trouble", "series", "path", "weather", "worst",
        "expect",
    )
)  # fmt: skip
FORBIDDING = {"polygon", "price", "pct", "site"}  # values that a reading has to use
UNTOLD_QUANTITIES = {"<duration>", "<volts>", "<amount>"}  # that no tool can be told
MOST_IDLE = 4  # words that say nothing, beside slots alone, from which on something else was said
UNUSED_COST = 0.15  # of a value that a reading leaves aside
SELDOM_COST = 0.15  # of a sort of elements that a reading is seldom asked of


@dataclass(frozen=True, slots=True)
class Wording:
    """One phrasing of a verified question, folded."""

    words: Counter[str]


@dataclass(frozen=True, slots=True)
class Fit:
    """What a reading takes up of a question, and what it passes over."""

    covered: float = 1.0  # share of the question's words that some wording of it has
    leaves_topic: bool = False  # a word of the field that no wording of it has
    leaves_turn: bool = False  # a word that turns what is asked, which no wording of it has
    leaves_value: bool = False  # a time, a number or a feeder that it cannot use
    misses_topic: bool = False  # what its nearest wording is about stands nowhere in the question
    disputed: bool = False  # of a part of a story, of which the whole would mean another


@dataclass(frozen=True, slots=True)
class Scored:
    """A reading with how well it fits."""

    question: VerifiedQuestion
    score: float
    fit: Fit


@dataclass(frozen=True, slots=True)
class FoldedQuestion:
    """A verified question with its wordings, folded."""

    question: VerifiedQuestion
    wordings: tuple[Wording, ...]
    bag: frozenset[str]  # the words of all of them
    turns: frozenset[str]  # those that turn what is asked


@dataclass(frozen=True, slots=True)
class Library:
    """The verified questions, folded and weighed."""

    questions: tuple[FoldedQuestion, ...]
    weights: dict[str, float]

    def weigh_word(self, word: str) -> float:
        """Return how much a word says."""
        if word.startswith("<"):
            return SINCE_WEIGHT if word == "<since>" else SLOT_WEIGHT
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
        turns = frozenset(turn for text in texts for turn in find_turns(split_words(text)))
        held.append(FoldedQuestion(question, wordings, bag, turns))
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
    slotted = " ".join(SLOT_NAME.sub(lambda match: f" <{match[1]}> ", text).split())
    return _generalize(fold_text(say_direction(slotted)))


def _generalize(words: Iterable[str]) -> list[str]:
    """Return words with slots made one that are interchangeable."""
    found = []
    for word in words:
        slot = word[1:-1] if word.startswith("<") else ""
        found.append(f"<{SLOT_ALIASES.get(slot, slot)}>" if slot else word)
        if slot in ANY_ELEMENT:
            found[-1] = "<element>"
        elif slot == "since":
            found.append("<since>")
    return found


def rank_readings(understood: Understood) -> list[Scored]:
    """Return the verified questions that a question may mean, the likeliest first."""
    library = lay_out_library()
    words = Counter(_generalize(understood.words))
    others = {
        "text": Counter(_generalize(understood.text_words)),
        "term": Counter(_generalize(understood.term_words)),
    }
    found = []
    for folded in library.questions:
        question = folded.question
        if not can_mean(question, understood):
            continue
        own = next((others[slot] for slot in question.needs if slot in others), words)
        near, share = find_nearest(own, folded, library)
        covered = _measure_covered(own, folded.bag, library)
        score = BEST_SHARE * share + (1 - BEST_SHARE) * covered
        score -= _weigh_against(question, understood)
        fit = _measure_fit(own, understood, folded, covered)
        misses = bool(_list_telling(near)) and not _list_telling(near & own)
        misses |= own is words and understood.said - own.total() > MOST_IDLE and _is_bare(own)
        about = {written for each in question.about for written in (f"={each}", f"<{each}>")}
        fit = replace(fit, misses_topic=misses or (bool(about) and about.isdisjoint(own)))
        found.append(Scored(question, score, fit))
    return sorted(found, key=lambda each: -each.score)


def _measure_fit(
    words: Counter[str], understood: Understood, folded: FoldedQuestion, covered: float
) -> Fit:
    topics = {word for word in words if word.startswith("=") or word == "<kind>"}
    left = words.keys() - folded.bag
    return Fit(
        covered,
        bool(topics - folded.bag - FRAMING),
        bool(set(understood.turns) - folded.turns),
        not uses_time(folded.question, understood)
        or _leaves_group(folded.question, understood)
        or bool(_leaves_forbidding(folded.question, understood))
        or any(word[0].isdigit() or word in UNTOLD_QUANTITIES for word in left),
    )


def _is_bare(words: Iterable[str]) -> bool:
    """Return whether of a question slots alone are left."""
    return all(word.startswith("<") for word in words)


def _list_telling(words: Iterable[str]) -> set[str]:
    """Return the words among some that say what is asked: no slots, none of the framing ones."""
    return {word for word in words if not word.startswith("<")} - FRAMING


def find_nearest(
    words: Counter[str], folded: FoldedQuestion, library: Library
) -> tuple[Counter[str], float]:
    """Return the wording of a verified question that is nearest to some words, and how near."""
    whole = library.weigh_words(words.elements())
    shares = [
        2
        * library.weigh_words((words & each.words).elements())
        / (whole + library.weigh_words(each.words.elements()) or 1.0)
        for each in folded.wordings
    ]
    best = max(range(len(shares)), key=shares.__getitem__)
    return folded.wordings[best].words, shares[best]


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


def says_what(understood: Understood) -> bool:
    """Return whether a question says what is asked, and not only of what, how many or when."""
    words = {*understood.words, *understood.text_words, *understood.term_words}
    topics = {word for word in words if word.startswith("=")} - FRAMING
    return bool(topics or understood.elements or understood.values)


def can_mean(question: VerifiedQuestion, understood: Understood) -> bool:
    """Return whether a question has the slots of a verified one, and no others that count."""
    needs, takes = set(question.needs), set(question.takes)
    return (
        all(_has_slot(slot, understood) for slot in needs)
        and _uses_elements(needs, takes | set(question.implies), understood)
        and (_leaves_forbidding(question, understood) <= _list_passed(understood))
    )


def _leaves_forbidding(question: VerifiedQuestion, understood: Understood) -> set[str]:
    """Return the values a reading has to use, and does not."""
    return (FORBIDDING & understood.values.keys()) - {*question.needs, *question.takes}


def _list_passed(understood: Understood) -> set[str]:
    """Return what may be passed over beside an element: "the oxygen is off at MTR-1"."""
    one = any(each.sort in {NAMED_METER, NAMED_DEVICE} for each in understood.equipment)
    return {"site", "pct"} if one else set()


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
    groups = sorts <= {NAMED_FEEDER, NAMED_SUBSTATION}
    fits = (takes & {"group", "by"} and groups) or ("feeder" in takes and sorts == {NAMED_FEEDER})
    return bool(fits) and len(equipment) == 1


def _leaves_group(question: VerifiedQuestion, understood: Understood) -> bool:
    """Return whether a feeder or substation is named that a reading tells among all."""
    uses = {"element", "elements", "two", "positions", "group", "feeder"}
    return bool(understood.equipment) and not uses & {*question.needs, *question.takes}


def uses_time(question: VerifiedQuestion, understood: Understood) -> bool:
    """Return whether a verified question can use the time that a question names."""
    time, slots = understood.time, {*question.needs, *question.takes}
    if time is None:
        return True
    if time.is_moment:
        return "moment" in slots
    return "period" in slots or (time.open_end and "since" in slots)


def _weigh_against(question: VerifiedQuestion, understood: Understood) -> float:
    """Return what it costs a reading that it leaves values aside, or is seldom asked so."""
    used = {*question.needs, *question.takes, *question.implies}
    used |= {"by"} if "level" in used else set()
    unused = [
        slot
        for slot in understood.values
        if slot not in used and slot not in SOFT_SLOTS and slot not in FORBIDDING
    ]
    seldom = any(each.sort in question.seldom_of for each in understood.equipment)
    supposed = bool(understood.opened or understood.closed) and "positions" not in question.needs
    aside = (not uses_time(question, understood)) + _leaves_group(question, understood)
    left = len(unused) + aside + supposed
    return UNUSED_COST * left + SELDOM_COST * seldom


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
    if slot == "by" and value is None and understood.equipment:
        value = understood.equipment[0].sort  # that of the one named, among all
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
        (find_nearest(words, folded, library)[1], -at, folded.question)
        for at, folded in enumerate(library.questions)
    ]
    best = sorted(scores, key=lambda each: each[:2], reverse=True)[:MOST_OFFERED]
    return [write_example(question.asks[0]) for _, _, question in best]

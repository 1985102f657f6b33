"""Hold the numbers and ids of a text against the answers it rests on; what is in none is marked."""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping
    from datetime import tzinfo

    from gridtwin.results.documents.ask_documents import ModelFigure

WORD_WITH_DIGIT = re.compile(r"[\w$€+/:.,#%\u2212-]*\d[\w$€+/:.,#%-]*")
CITATION = re.compile(r"\[\d+(?:\s*[,;-]\s*\d+)*\]")
LIST_MARK = re.compile(r"^[ \t]*\d{1,2}[.)](?= )", re.MULTILINE)
AMOUNT = re.compile(
    r"[$€]?(?P<number>[-+\u2212]?\d[\d,]*(?:\.\d+)?)(?P<unit>[%a-zµ]{0,4})", re.IGNORECASE
)
NUMBER_SPAN = re.compile(r"(\d[\d,]*(?:\.\d+)?)[-/](\d[\d,]*(?:\.\d+)?)")
WRITTEN_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::\d\d)?(am|pm|z)?", re.IGNORECASE)
ISO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)")
NEXT_WORD = re.compile(r"\s*([a-zA-Z%]+)")
KNOWN_UNITS = {"", "%", "kv", "kva", "kw", "kwh", "v", "a", "h", "min", "s", "km", "m", "st", "nd",
               "rd", "th", "mw", "mwh", "mva", "k", "am", "pm", "x"}  # fmt: skip
# How a number is said in another unit than the one of the documents.
FACTORS = {"mw": 1_000.0, "mwh": 1_000.0, "mva": 1_000.0, "k": 1_000.0, "h": 60.0, "hour": 60.0,
           "hours": 60.0, "percent": 0.01, "%": 0.01}  # fmt: skip


@dataclass(slots=True)
class HeldAnswer:
    """What one answer holds: its numbers in order, and all its words."""

    numbers: list[float] = field(default_factory=list)
    text: str = ""

    @classmethod
    def from_document(cls, document: Any, zone: tzinfo = UTC) -> HeldAnswer:
        """Return what a document holds; its times in the zone of who reads them, too."""
        text = json.dumps(document, ensure_ascii=False, default=str)
        for time in ISO_TIME.findall(text):
            try:
                local = datetime.fromisoformat(time).astimezone(zone)
            except (ValueError, OverflowError):
                continue
            text += f" {local:%Y-%m-%d %H:%M} {local:%I:%M} {local.day} {local:%I}"
        numbers = {float(each.replace(",", "")) for each in re.findall(r"\d[\d,]*\.?\d*", text)}
        return cls(sorted(numbers), text.casefold())

    def has_number(self, value: float, half: float) -> bool:
        """Return whether it holds a number that is this one when it is rounded as this one is."""
        at = bisect_left(self.numbers, value - half * (1 + 1e-9) - 1e-12)
        return at < len(self.numbers) and self.numbers[at] <= value + half * (1 + 1e-9) + 1e-12

    def has_word(self, word: str) -> bool:
        """Return whether it holds a word by itself."""
        pattern = rf"(?<![\w-]){re.escape(word.casefold())}(?![\w-])"
        return re.search(pattern, self.text) is not None


def check_figures(
    text: str, answers: Mapping[int, HeldAnswer], said: str = ""
) -> list[ModelFigure]:
    """
    Return the numbers and ids of a text, each with the answers that hold it.

    A number counts as held where an answer has one that rounds to it, be it in another unit: a
    share as a percentage, kilowatts as megawatts, minutes as hours.

    Parameters
    ----------
    text
        What was written; its citations such as ``[2]`` are no figures.
    answers
        What the tools answered, by the numbers of their calls.
    said
        The question: what it says itself needs no answer that holds it, and is left out.
    """
    asked = HeldAnswer.from_document(said)
    figures: list[ModelFigure] = []
    for word, start in _list_figures(text):
        unit = NEXT_WORD.match(text, start + len(word))
        after = unit[1].lower() if unit else ""
        if _is_held(word, after, asked):
            continue
        calls = [at for at, each in answers.items() if _is_held(word, after, each)]
        figures.append({"text": word, "start": start, "calls": calls})
    return figures


def find_citations(text: str) -> set[int]:
    """Return the numbers of calls that a text cites."""
    return {int(each) for mark in CITATION.findall(text) for each in re.findall(r"\d+", mark)}


def find_bad_citations(text: str, made: Container[int]) -> list[int]:
    """Return the numbers of calls that a text cites and that were never made."""
    return sorted(each for each in find_citations(text) if each not in made)


def _list_figures(text: str) -> Iterator[tuple[str, int]]:
    """Yield each word with a digit and where it begins, list marks and citations left out."""

    def blank(match: re.Match[str]) -> str:
        return " " * len(match[0])

    shown = LIST_MARK.sub(blank, CITATION.sub(blank, text))
    for match in WORD_WITH_DIGIT.finditer(shown):
        word = match[0].rstrip(".,:/-#")
        lead = len(word) - len(word.lstrip(".,:/#"))
        word = word[lead:]
        span = NUMBER_SPAN.fullmatch(word)
        if span:
            yield span[1], match.start() + lead + span.start(1)
            yield span[2], match.start() + lead + span.start(2)
        elif word:
            yield word, match.start() + lead


def _is_held(word: str, after: str, answer: HeldAnswer) -> bool:
    """Return whether an answer holds a word, as a number or as it stands."""
    amount = AMOUNT.fullmatch(word)
    unit = amount["unit"].lower() if amount else ""
    if amount is not None and unit in KNOWN_UNITS:
        told = amount["number"].replace(",", "").replace("\u2212", "-").lstrip("+")
        _, _, decimals = told.partition(".")
        value, half = abs(float(told)), 0.5 * 10.0 ** -len(decimals)
        factor = FACTORS.get(unit or after, 1.0)
        return answer.has_number(value, half) or (
            factor != 1.0 and answer.has_number(value * factor, half * factor)
        )
    clock = WRITTEN_CLOCK.fullmatch(word)
    if clock is not None:
        return answer.has_word(f"{int(clock[1]):02d}:{clock[2]}") or answer.has_word(word)
    return answer.has_word(word) or word.casefold() in answer.text

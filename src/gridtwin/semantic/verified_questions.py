"""Read the verified questions and the words of the field, as the YAML of this room says them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from gridtwin.semantic.semantic_model import read_semantic_model
from gridtwin.semantic.yaml_files import read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class VerifiedQuestion:
    """A question that is known to be answered by a tool, in several wordings."""

    name: str
    tool: str
    asks: tuple[str, ...]  # phrasings; slots stand in braces
    reads: str  # what is understood, with slots
    args: Mapping[str, Any] = field(default_factory=dict)  # fixed, or with slots
    needs: tuple[str, ...] = ()  # slots without which it is not meant
    takes: tuple[str, ...] = ()  # slots it can use besides
    implies: tuple[str, ...] = ()  # slots that change nothing: it is answered so anyway
    command: str = ""  # what a person may type instead
    assumes: str = ""  # what its answer takes for granted
    sql: str = ""  # name of the question of weeks whose SQL is run
    seldom_of: tuple[str, ...] = ()  # sorts of elements that it is seldom asked of
    about: tuple[str, ...] = ()  # synonyms or slots, one of which has to be said for it to be sure


@dataclass(frozen=True, slots=True)
class NotHeld:
    """What the twin does not hold, and the words that ask for it."""

    about: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FieldWords:
    """Words of the field: each name stands for the phrases under it."""

    synonyms: Mapping[str, tuple[str, ...]]
    plain: frozenset[str]
    filling: frozenset[str]
    turns: frozenset[str]
    orders: Mapping[str, str]
    not_held: tuple[NotHeld, ...]
    foreign: frozenset[str]
    sites: Mapping[str, tuple[str, ...]]
    kinds: Mapping[str, tuple[str, ...]]
    levels: Mapping[str, tuple[str, ...]]
    severities: Mapping[str, tuple[str, ...]]


@cache
def read_questions() -> tuple[VerifiedQuestion, ...]:
    """Return the verified questions."""
    told: list[dict[str, Any]] = read_yaml("questions.yaml")
    return tuple(VerifiedQuestion(**_freeze_lists(each)) for each in told)


def _freeze_lists(told: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(held) if isinstance(held, list) else held for key, held in told.items()}


@cache
def read_words() -> FieldWords:
    """Return the words of the field."""
    told = read_yaml("words.yaml", plain=True)
    phrases = {
        part: {name: tuple(words) for name, words in told[part].items()}
        for part in ("synonyms", "sites", "kinds", "levels", "severities")
    }
    return FieldWords(
        plain=frozenset(told["plain"]),
        filling=frozenset(told["filling"]),
        turns=frozenset(told["turns"]),
        orders=told["orders"],
        not_held=tuple(NotHeld(each["about"], tuple(each["words"])) for each in told["not_held"]),
        foreign=frozenset(told["foreign"]),
        **phrases,
    )


@cache
def read_terms() -> dict[str, str]:
    """Return what words mean that a person may ask for."""
    model = read_semantic_model()
    named = [
        (each.name, f"{each.meaning}; of table {table.name}.")
        for table in model.tables
        for each in table.columns
    ]
    named += [
        (each.name, f"{each.meaning}; of table {table.name}.")
        for table in model.tables
        for each in table.metrics
    ]
    terms: dict[str, str] = read_yaml("terms.yaml", plain=True)
    # Only names that nobody takes for a word of a question.
    return {name: meaning for name, meaning in named if "_" in name} | terms

"""
Say what the tables of the questions mean: their columns, measures, links, and the questions.

One model for all who ask, read from ``tables.yaml``: the names of the questions are those that a
folder and a database answer, and what is published to other warehouses describes the same tables
with the same words.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from gridtwin.semantic.yaml_files import read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

SemanticKind = Literal["dimension", "time", "fact"]
SemanticType = Literal["text", "number", "time", "flag"]


@dataclass(frozen=True, slots=True)
class SemanticColumn:
    """A column by which rows are grouped or chosen, or a fact of each row."""

    name: str
    kind: SemanticKind
    type: SemanticType
    meaning: str
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SemanticMetric:
    """A measure over many rows of a table: an aggregate of its columns, in standard SQL."""

    name: str
    expression: str
    meaning: str
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SemanticTable:
    """A table of schema ``gridtwin``, what a row of it is, and what names the row."""

    name: str
    meaning: str
    key: tuple[str, ...]
    columns: tuple[SemanticColumn, ...]
    metrics: tuple[SemanticMetric, ...] = ()
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SemanticLink:
    """Each row of a table has at most one of another, by a column of each."""

    table: str
    column: str
    refers: str
    key: str


@dataclass(frozen=True, slots=True)
class SemanticQuestion:
    """A question by the name of its file of SQL, in words, with the values it is asked with."""

    name: str
    words: str
    values: Mapping[str, float] = field(default_factory=dict)
    of_area: bool = False  # whether it is of the transformers under a polygon


@dataclass(frozen=True, slots=True)
class PeriodForm:
    """
    A table of a question whose rows are of one interval or of more: of a day, say.

    A store that keeps sums of days shows these for whole days; one that does not shows each
    interval for itself, as the query says.
    """

    name: str
    table: str  # of schema ``gridtwin``, whose intervals they are
    query: str  # of its intervals, ``{table}`` standing for where it is


@dataclass(frozen=True, slots=True)
class SemanticModel:
    """Tables, how they are linked, and what is asked of them."""

    meaning: str
    rules: str  # for who writes SQL over them
    tables: tuple[SemanticTable, ...]
    links: tuple[SemanticLink, ...]
    questions: tuple[SemanticQuestion, ...]
    forms: tuple[PeriodForm, ...] = ()

    def find_table(self, name: str) -> SemanticTable:
        """Return a table by its name."""
        return next(table for table in self.tables if table.name == name)


@cache
def read_semantic_model() -> SemanticModel:
    """Return the model."""
    told: dict[str, Any] = read_yaml("tables.yaml")
    return SemanticModel(
        told["meaning"],
        told["rules"],
        tuple(_read_table(each) for each in told["tables"]),
        tuple(SemanticLink(**each) for each in told["links"]),
        tuple(SemanticQuestion(**each) for each in told["questions"]),
        tuple(PeriodForm(**each) for each in told["forms"]),
    )


def _read_table(told: dict[str, Any]) -> SemanticTable:
    return SemanticTable(
        told["name"],
        told["meaning"],
        tuple(told["key"]),
        tuple(SemanticColumn(**_freeze_synonyms(each)) for each in told["columns"]),
        tuple(SemanticMetric(**_freeze_synonyms(each)) for each in told.get("metrics", ())),
        tuple(told.get("synonyms", ())),
    )


def _freeze_synonyms(told: dict[str, Any]) -> dict[str, Any]:
    return told | {"synonyms": tuple(told.get("synonyms", ()))}

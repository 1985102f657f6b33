"""Write a corpus of invented manuals, and questions with the page that answers each."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.errors import InputError
from gridtwin.manuals.simulate.corpus_pages import (
    InventedEquipment,
    InventedFact,
    invent_equipment,
    make_pages,
)
from gridtwin.manuals.simulate.corpus_writer import InventedManual, write_manual

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.random import Generator

    Progress = Callable[[int, int], None]

QUESTION_FILE, EQUIPMENT_FILE, MANUAL_FOLDER = "questions.jsonl", "equipment.csv", "files"
QUESTION_SETS = ("seen", "held")
LEAST_PAGES = 12
UNANSWERED_SHARE = 6  # questions that something answers for each that nothing does


@dataclass(frozen=True, slots=True)
class CorpusQuestion:
    """
    A question and its answer.

    Attributes
    ----------
    asked
        ``seen`` or ``held``: whether ranking may be tuned on it.
    question, named
        Without and with the equipment that is meant.
    manufacturer, model
        Of the equipment.
    file, page
        Where it is answered: the newest revision; empty and 0 where nothing answers it.
    value
        What the page says.
    """

    asked: str
    question: str
    named: str
    manufacturer: str
    model: str
    file: str
    page: int
    value: str


@dataclass(frozen=True, slots=True)
class WrittenCorpus:
    """What was written."""

    documents: int
    pages: int
    questions: int


@dataclass(frozen=True, slots=True)
class _Answerable:
    equipment: InventedEquipment
    fact: InventedFact
    file: str
    page: int


def simulate_manuals(
    out: Path,
    progress: Progress,
    *,
    manuals: int = 100,
    pages: int = 100,
    questions: int = 300,
    seed: int = 1,
) -> WrittenCorpus:
    """
    Write a corpus into a new folder.

    Parameters
    ----------
    out
        Gets `files/`, `questions.jsonl` and `equipment.csv`.
    progress
        Told how many manuals are written, and of how many.
    manuals, pages
        How many manuals, and how many pages each has; older revisions and bulletins are among
        them and count.
    questions
        How many of each of `QUESTION_SETS`; behind them a sixth as many that nothing answers.
    seed
        Another one makes another corpus.

    Raises
    ------
    InputError
        If the folder holds something, or a number is too small.
    """
    if out.exists() and any(out.iterdir()):
        msg = f"{out} is not empty: name a new folder"
        raise InputError(msg)
    if pages < LEAST_PAGES or manuals < 1:
        msg = f"a corpus has one manual or more, of {LEAST_PAGES} pages or more"
        raise InputError(msg)
    answerable: list[_Answerable] = []
    equipment: list[InventedEquipment] = []
    written = count = number = 0
    while written < manuals:
        made = invent_equipment(number, np.random.default_rng([seed, number]))
        equipment.append(made)
        documents = list(_make_documents(made, number, pages, seed))[: manuals - written]
        folder = out / MANUAL_FOLDER / made.maker.lower().replace(" & ", "-").replace(" ", "-")
        for document in documents:
            write_manual(document, folder)
            count += len(document.pages) + 1
        newest = documents[0]
        file = (folder / newest.name).relative_to(out / MANUAL_FOLDER).as_posix()
        last = len(newest.pages) + 1 - newest.scanned
        answerable += [
            _Answerable(made, fact, file, at)
            for at, page in enumerate(newest.pages, 2)
            for fact in page.facts
            if at <= last
        ]
        written += len(documents)
        number += 1
        progress(written, manuals)
    asked = [
        question
        for which in QUESTION_SETS
        for question in _ask_questions(which, answerable, questions, seed)
    ]
    _write_tables(out, equipment, asked)
    return WrittenCorpus(written, count, len(asked))


def _make_documents(
    equipment: InventedEquipment, number: int, pages: int, seed: int
) -> Iterator[InventedManual]:
    """Yield the manual of a series; behind it what else there is of the series."""
    title = f"{equipment.kind.capitalize()} {equipment.series}: installation and maintenance"
    layout = ("one", "two", "one", "turned", "one")[number % 5]
    ending = {7: "docx", 13: "html", 19: "md"}.get(number % 25, "pdf")
    is_revised = number % 10 == 4

    def make(revision: str, dated: str, year: int, suffix: str) -> InventedManual:
        random = np.random.default_rng([seed, number, year])
        return InventedManual(
            name=f"{equipment.series.lower()}-manual-rev-{revision.lower()}.{suffix}",
            title=title,
            maker=equipment.maker,
            number=f"MN-{number:05d}",
            revision=revision,
            dated=dated,
            models=equipment.models,
            catalog=f"{equipment.series}*",
            pages=tuple(make_pages(equipment, pages - 1, random)),
            layout=layout,
            scanned=2 if number % 20 == 3 and suffix == "pdf" else 0,
        )

    yield make("C", "March 2024", 2024, ending)
    if is_revised:
        yield make("B", "June 2019", 2019, "pdf")
    if number % 10 == 2:
        yield _make_bulletin(equipment, number)


def _make_bulletin(equipment: InventedEquipment, number: int) -> InventedManual:
    from gridtwin.manuals.simulate.corpus_pages import InventedPage

    part = equipment.parts[number % len(equipment.parts)]
    lines = (
        f"The {part} of some units was delivered with a defective weld.",
        f"Operate the equipment de-energized only until the {part} was looked at.",
        "Report affected serial numbers to the manufacturer.",
    )
    return InventedManual(
        name=f"{equipment.series.lower()}-bulletin.pdf",
        title=f"Service bulletin: {part} of {equipment.series}",
        maker=equipment.maker,
        number=f"SB-{number:05d}",
        revision="A",
        dated="May 2025",
        models=equipment.models,
        catalog=f"{equipment.series}*",
        pages=(InventedPage("Defective welds", lines),),
    )


@cache
def _read_wordings() -> dict[str, Any]:
    import yaml

    text = (files("gridtwin.manuals.simulate") / "corpus_questions.yaml").read_text("utf-8")
    wordings: dict[str, Any] = yaml.load(text, yaml.BaseLoader)  # noqa: S506 - texts only
    return wordings


def _ask_questions(
    which: str, answerable: list[_Answerable], count: int, seed: int
) -> Iterator[CorpusQuestion]:
    """Yield questions of a set, and behind them some that nothing answers."""
    wordings = _read_wordings()
    random = np.random.default_rng([seed, 77, QUESTION_SETS.index(which)])
    for _ in range(count):
        one = answerable[int(random.integers(len(answerable)))]
        ways = wordings[which][f"{one.fact.task}.{one.fact.aspect}"]
        question = _choose(random, ways).format(part=one.fact.part, value=one.fact.value)
        names = _name_equipment(question, one.equipment, wordings["naming"], random)
        yield CorpusQuestion(which, *names, one.file, one.page, one.fact.value)
    unanswered = [
        begun.format(end=end)
        for begun, ends in wordings["unanswered"][which].items()
        for end in ends
    ]
    for at in random.permutation(len(unanswered))[: count // UNANSWERED_SHARE].tolist():
        one = answerable[int(random.integers(len(answerable)))]
        names = _name_equipment(unanswered[at], one.equipment, wordings["naming"], random)
        yield CorpusQuestion(which, *names, "", 0, "")


def _name_equipment(
    question: str, equipment: InventedEquipment, ways: list[str], random: Generator
) -> tuple[str, str, str, str]:
    """Return a question, the same with the equipment named, and the maker and model meant."""
    model = _choose(random, list(equipment.models))
    named = _choose(random, ways).format(
        question=question,
        maker=equipment.maker,
        model=model,
        spaced=model.replace("-", " "),
        kind=equipment.kind,
    )
    return question, named, equipment.maker, model


def _choose(random: Generator, values: list[str]) -> str:
    return values[int(random.integers(len(values)))]


def _write_tables(
    out: Path, equipment: list[InventedEquipment], asked: list[CorpusQuestion]
) -> None:
    with (out / QUESTION_FILE).open("w", encoding="utf-8") as file:
        for each in asked:
            file.write(json.dumps(asdict(each), ensure_ascii=False) + "\n")
    with (out / EQUIPMENT_FILE).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["kind", "manufacturer", "model", "catalog_number"])
        for made in equipment:
            for model in made.models:
                writer.writerow([made.kind, made.maker, model, f"{made.series}{model[-1]}00"])


def read_questions_of_corpus(out: Path, which: str) -> list[CorpusQuestion]:
    """Return the questions of a corpus that belong to one of `QUESTION_SETS`."""
    lines = (out / QUESTION_FILE).read_text(encoding="utf-8").splitlines()
    asked = [CorpusQuestion(**json.loads(line)) for line in lines]
    return [each for each in asked if each.asked == which]

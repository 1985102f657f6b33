"""Measure works in turn, and say how their times compare."""

from __future__ import annotations

import gc
import os
import platform
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ROUNDS = 3
SHORTEST = 0.05  # seconds that a measurement lasts at least


class Row(NamedTuple):
    """One line of the report."""

    what: str
    ours: float  # seconds of processor time
    other: float
    bar: float

    def line(self) -> str:
        """Return the line as a row of a table."""
        ratio = self.other / self.ours
        met = "yes" if ratio >= self.bar else "no"
        ours, other = f"{self.ours * 1e3:,.4g}", f"{self.other * 1e3:,.4g}"
        return f"| {self.what} | {ours} | {other} | {ratio:,.3g}x | {self.bar:g}x | {met} |"


def seconds(*works: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Return the median processor time of each work, the works taken in turn; short ones often."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, spent in zip(works, times, strict=True):
            gc.collect()
            start, runs = time.process_time(), 0
            while not runs or time.process_time() - start < SHORTEST:
                work()
                runs += 1
            spent.append((time.process_time() - start) / runs)
    return [max(float(np.median(spent)), 1e-9) for spent in times]


def machine() -> str:
    """Return what the figures were measured on."""
    return f"{os.cpu_count()} cores {platform.machine()}, Python {platform.python_version()}"


DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "benchmarks.md"


def tables(rows: Iterable[Row], limits: Iterable[Limit]) -> list[str]:
    """Return a table of ratios and one of limits, as lines; none of what is empty."""
    ratios, bounds = [row.line() for row in rows], [limit.line() for limit in limits]
    if ratios:
        ratios = [
            "| what | ours, ms | other, ms | ratio | bar | met |",
            "| --- | --- | --- | --- | --- | --- |",
            *ratios,
        ]
    if bounds:
        bounds = ["| what | measured | limit | met |", "| --- | --- | --- | --- |", *bounds]
    return [*ratios, *([""] if ratios and bounds else []), *bounds]


def publish(title: str, lines: Iterable[str]) -> None:
    """Print a section and put it into docs/benchmarks.md, in the place of the one it had."""
    text = "\n".join([f"## {title}", "", *lines, ""])
    head, *sections = f"\n{PAGE.read_text(encoding='utf-8')}".split("\n## ")
    kept = {part.partition("\n")[0]: f"## {part.rstrip()}\n" for part in sections}
    kept[title] = text
    PAGE.write_text("\n".join([f"{head.strip()}\n", *kept.values()]), encoding="utf-8")
    print(text)


def replace_figures(page: str, lines: Iterable[str]) -> None:
    """Print figures and put them into a page of docs, between the marks it has for them."""
    path, text = DOCS / page, "\n".join(lines)
    before, _, after = _part_page(path.read_text(encoding="utf-8"))
    path.write_text(f"{before}\n{text}\n\n{after}", encoding="utf-8")
    print(text)


def read_figures(page: str) -> dict[str, dict[str, str]]:
    """Return the columns of the table that a page of docs has between its marks, by their heads."""
    _, text, _ = _part_page((DOCS / page).read_text(encoding="utf-8"))
    table = [line.strip().strip("|") for line in text.splitlines() if line.startswith("|")]
    heads, _, *rows = [[cell.strip() for cell in line.split("|")] for line in table]
    return {
        head: {row[0]: row[place] for row in rows if row[place]}
        for place, head in enumerate(heads)
        if head
    }


def _part_page(whole: str) -> tuple[str, str, str]:
    """Return a page up to its mark of figures, its figures, and what comes after them."""
    begin = whole.index("\n", whole.index("<!-- figures")) + 1
    end = whole.index("<!-- figures end -->")
    return whole[:begin], whole[begin:end], whole[end:]


class Limit(NamedTuple):
    """One line of the report on what has a limit of its own."""

    what: str
    measured: float
    limit: float
    unit: str

    def line(self) -> str:
        """Return the line as a row of a table."""
        met = "yes" if self.measured < self.limit else "no"
        measured, limit = f"{self.measured:,.3g} {self.unit}", f"{self.limit:g} {self.unit}"
        return f"| {self.what} | {measured} | {limit} | {met} |"

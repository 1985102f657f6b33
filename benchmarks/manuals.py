"""
Measure the search over manuals, and write the tables of docs/manuals.md.

``PYTHONPATH=tests python benchmarks/manuals.py FOLDER`` makes an invented corpus of 1,000 documents
of 100 pages in FOLDER, unless it is there, and takes it in; what is measured is written as JSON
beside it, so that a run that was ended goes on. The questions asked are those of the set ``held``,
on which nothing was tuned; with ``--seen`` the others.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import time
from pathlib import Path
from typing import Any

from gridtwin.manuals.document_routing import LibraryCatalog
from gridtwin.manuals.library_mirror import MirroredLibrary
from gridtwin.manuals.manual_facts import fold_model
from gridtwin.manuals.manual_ingest import add_manuals
from gridtwin.manuals.manual_library import ManualLibrary
from gridtwin.manuals.manual_search import ManualSearch
from gridtwin.manuals.mirror_sync import sync_manuals
from gridtwin.manuals.simulate.invented_corpus import (
    MANUAL_FOLDER,
    CorpusQuestion,
    read_questions_of_corpus,
    simulate_manuals,
)
from gridtwin.store.postgis.cluster import run_cluster
from gridtwin.store.postgis.connect import connect
from gridtwin.store.postgis.migrate import migrate
from hostile_manuals import draw_pdf, write_hostile

PAGE = Path(__file__).parents[1] / "docs" / "manuals.md"
BEGIN, END = "<!-- measured, as python benchmarks/manuals.py writes it -->", "<!-- measured end -->"
CHANGED = 10  # files
HOSTILE = 200  # files


def main() -> None:
    """Measure what was not measured yet, and write the page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--manuals", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--seen", action="store_true")
    given = parser.parse_args()
    corpus, place = given.folder / "corpus", given.folder / "held.manuals"
    kept = given.folder / "measured.json"
    if not (corpus / "questions.jsonl").exists():
        shutil.rmtree(corpus, ignore_errors=True)
        simulate_manuals(corpus, quiet, manuals=given.manuals, pages=100, seed=given.seed)
    measured: dict[str, Any] = json.loads(kept.read_text()) if kept.exists() else {}
    if "ingest" not in measured:
        measured["ingest"] = measure_ingest(corpus, place)
    library = ManualLibrary(place)
    if given.seen:
        print(json.dumps(score_questions(corpus, library, "seen"), indent=1))
        return
    measured["questions"] = score_questions(corpus, library, "held")
    measured["mirror"] = measure_mirror(corpus, library)
    measured["changed"] = measure_change(corpus, library)
    measured["hostile"] = measure_hostile(given.folder / "hostile")
    kept.write_text(json.dumps(measured, indent=1))
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n\n{write_table(measured)}\n{END}{after}")


def quiet(*_: int) -> None:
    """Tell nobody how far it is."""


def count_cpu_s() -> float:
    """Return the processor time of this process and of those it started and that have ended."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in spent)


def measure_ingest(corpus: Path, place: Path) -> dict[str, float]:
    """Take the corpus into a new library."""
    shutil.rmtree(place, ignore_errors=True)
    before, start = count_cpu_s(), time.monotonic()
    report = add_manuals(ManualLibrary(place, create=True), corpus / MANUAL_FOLDER, quiet)
    peaks = [resource.getrusage(who).ru_maxrss
             for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]  # fmt: skip
    return {
        "documents": report.added,
        "pages": report.pages,
        "faults": len(report.faults),
        "cpu_s": count_cpu_s() - before,
        "wall_s": time.monotonic() - start,
        "peak_mib": (peaks[0] + 2 * peaks[1]) / 1024,
        "library_mib": sum(each.stat().st_size for each in place.rglob("*")) / 2**20,
    }


def score_questions(corpus: Path, library: ManualLibrary, which: str) -> dict[str, Any]:
    """Ask each question with its equipment given, and with it named in words."""
    search, root = ManualSearch(library), (corpus / MANUAL_FOLDER).resolve()
    catalog = LibraryCatalog.from_library(library)
    by_file = {each.path: each.document for each in library.list_documents()}
    questions = read_questions_of_corpus(corpus, which)
    scores: dict[str, Any] = {}
    for way in ("given", "named"):
        ranks, spent, walls, answered, nothing = [], [], [], 0, 0
        for asked in questions:
            within = catalog.find_by_model(fold_model(asked.model)) if way == "given" else None
            question = asked.question if way == "given" else asked.named
            begun, start = time.process_time(), time.perf_counter()
            found = search.find_passages(question, limit=3, within=within)
            spent.append(1_000 * (time.process_time() - begun))
            walls.append(1_000 * (time.perf_counter() - start))
            if not asked.file:
                nothing += 1
                answered += bool(found)
                continue
            places = [(each.document.document, each.page) for each in found]
            ranks.append(find_rank(asked, by_file[str(root / asked.file)], places))
        scores[way] = {
            "asked": len(ranks),
            "first": sum(rank == 1 for rank in ranks) / len(ranks),
            "three": sum(rank <= 3 for rank in ranks) / len(ranks),
            "nothing": nothing,
            "answered": answered,
            "cpu_ms": [find_share(spent, share) for share in (0.5, 0.95)],
            "wall_ms": [find_share(walls, share) for share in (0.5, 0.95)],
        }
    return scores


def find_rank(asked: CorpusQuestion, document: str, places: list[tuple[str, int]]) -> int:
    """Return at which place the right page stands; far behind where it does not."""
    right = (document, asked.page)
    return places.index(right) + 1 if right in places else 1_000


def find_share(values: list[float], share: float) -> float:
    """Return the value below which a share of them lies."""
    return sorted(values)[int(share * (len(values) - 1))]


def measure_mirror(corpus: Path, library: ManualLibrary) -> dict[str, Any]:
    """Copy the library into a PostgreSQL of its own, and ask it the questions, over all."""
    questions = read_questions_of_corpus(corpus, "held")
    with run_cluster() as server, server.create_database() as url:
        with connect(url) as connection:
            migrate(connection)
        begun, start = time.process_time(), time.monotonic()
        sync_manuals(library, url, quiet)
        synced = {"cpu_s": time.process_time() - begun, "wall_s": time.monotonic() - start}
        near, far = ManualSearch(library), ManualSearch(MirroredLibrary(url))
        far.read_catalog()
        walls, same = [], 0
        for question in (text for each in questions for text in (each.named, each.question)):
            start = time.perf_counter()
            there = far.find_passages(question)
            walls.append(1_000 * (time.perf_counter() - start))
            pages = [(each.document.document, each.page) for each in there]
            here = near.find_passages(question)
            same += pages == [(each.document.document, each.page) for each in here]
        shares = [find_share(walls, share) for share in (0.5, 0.95)]
        return {**synced, "asked": len(walls), "same": same, "wall_ms": shares}


def measure_change(corpus: Path, library: ManualLibrary) -> dict[str, float]:
    """Add some files, take them in, and take them out again."""
    folder = corpus / MANUAL_FOLDER / "changed"
    folder.mkdir(exist_ok=True)
    for number in range(CHANGED):
        lines = [f"Manual {number}: torque of part {at} is {at} Nm" for at in range(40)]
        draw_pdf(folder / f"{number}.pdf", lines, pages=100)
    before, start = count_cpu_s(), time.monotonic()
    report = add_manuals(library, corpus / MANUAL_FOLDER, quiet)
    spent, wall = count_cpu_s() - before, time.monotonic() - start
    shutil.rmtree(folder)
    add_manuals(library, corpus / MANUAL_FOLDER, quiet)
    return {"documents": report.added, "cpu_s": spent, "wall_s": wall}


def measure_hostile(folder: Path) -> dict[str, Any]:
    """Take hostile files in, and sound ones beside them."""
    shutil.rmtree(folder, ignore_errors=True)
    told = write_hostile(folder / "files", HOSTILE, large=True)
    for number in range(5):
        draw_pdf(folder / "files" / f"sound-{number}.pdf", [f"Torque of part {number} is 5 Nm"])
    library = ManualLibrary(folder / "held.manuals", create=True)
    before = count_cpu_s()
    report = add_manuals(library, folder / "files", quiet)
    reasons = {Path(path).name: reason for path, reason in report.faults}
    silent = [name for name, line in told.items() if line not in reasons.get(name, "\0")]
    spent = count_cpu_s() - before
    held = {"told": len(told) - len(silent), "silent": silent, "sound": report.added}
    return {"files": len(told), **held, "cpu_s": spent}


def write_table(measured: dict[str, Any]) -> str:
    """Return the table of the page."""
    ingest, changed, hostile = (measured[name] for name in ("ingest", "changed", "hostile"))
    given, named = (measured["questions"][way] for way in ("given", "named"))
    mirror = measured["mirror"]
    rows = [
        (
            f"{ingest['documents']:,} documents of {ingest['pages']:,} pages taken in",
            f"{ingest['cpu_s'] / 60:.1f} min of processor time ({ingest['wall_s'] / 60:.0f} min)",
            "20 min",
            ingest["cpu_s"] < 1_200,
        ),
        ("memory, all processes", f"{ingest['peak_mib']:,.0f} MiB", "4,096 MiB",
         ingest["peak_mib"] < 4_096),
        (f"{changed['documents']} files of 100 pages added",
         f"{changed['cpu_s']:.1f} s of processor time ({changed['wall_s']:.1f} s)", "10 s",
         changed["cpu_s"] < 10),
        (f"{given['asked']} unseen questions, equipment given: right page first",
         f"{given['first']:.1%}", "80 %", given["first"] >= 0.8),
        ("the same: among three", f"{given['three']:.1%}", "95 %", given["three"] >= 0.95),
        (f"{named['asked']} unseen questions over all, equipment named: first",
         f"{named['first']:.1%}", "60 %", named["first"] >= 0.6),
        ("the same: among three", f"{named['three']:.1%}", "80 %", named["three"] >= 0.8),
        (f"of {given['nothing']} questions without an answer, answered; equipment given, named",
         f"{given['answered']}, {named['answered']}", "5 %",
         max(given["answered"], named["answered"]) <= 0.05 * given["nothing"]),
        ("query over all, median and 95 %",
         f"{named['cpu_ms'][0]:.0f} ms, {named['cpu_ms'][1]:.0f} ms of processor time"
         f" ({named['wall_ms'][0]:.0f} ms, {named['wall_ms'][1]:.0f} ms)", "50 ms",
         named["cpu_ms"][1] < 50),
        ("library copied into PostgreSQL",
         f"{mirror['cpu_s']:.0f} s of processor time, without the server's"
         f" ({mirror['wall_s']:.0f} s)", "", True),
        (f"{mirror['asked']} queries of the copy, over all: as the library answers",
         f"{mirror['same']}", f"{mirror['asked']}", mirror["same"] == mirror["asked"]),
        ("the same: median and 95 %",
         f"{mirror['wall_ms'][0]:.0f} ms, {mirror['wall_ms'][1]:.0f} ms", "150 ms",
         mirror["wall_ms"][1] < 150),
        (f"{hostile['files']} hostile files: told each", f"{hostile['told']}",
         f"{hostile['files']}", hostile["told"] == hostile["files"]),
    ]  # fmt: skip
    lines = ["| what | measured | bar | met |", "| --- | --- | --- | --- |"]
    lines += [
        f"| {what} | {got} | {bar} | {'yes' if met else 'no'} |" for what, got, bar, met in rows
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()

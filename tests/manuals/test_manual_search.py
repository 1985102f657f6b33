"""The right page comes first, of the newest revision, and only to who may see it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pypdfium2
import pytest

from gridtwin.errors import InputError, NotFoundError
from gridtwin.manuals.manual_feedback import note_question, report_use, vote_page
from gridtwin.manuals.manual_ingest import add_manuals
from gridtwin.manuals.manual_library import ManualLibrary
from gridtwin.manuals.manual_search import ManualSearch
from gridtwin.manuals.simulate.invented_corpus import (
    MANUAL_FOLDER,
    read_questions_of_corpus,
    simulate_manuals,
)
from hostile_manuals import draw_pdf
from small_manuals import save_small_library
from waiting import wait_until

STRANGE_QUESTIONS = (
    "what is the capital of France",
    "how do I book vacation days",
    "who won the football match",
    "price of copper next year",
    "recipe for apple pie",
    "password of the wireless network",
)
MANUALS = 9  # the fifth has an older revision, the third a bulletin


def quiet(done: int, steps: int) -> None:
    """Tell nobody how far it is."""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an invented corpus."""
    out = tmp_path_factory.mktemp("manuals") / "corpus"
    made = simulate_manuals(out, quiet, manuals=MANUALS, pages=40, questions=60, seed=5)
    assert made.documents == MANUALS
    return out


@pytest.fixture(scope="module")
def library(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> ManualLibrary:
    """Return a library of the corpus."""
    held = ManualLibrary(tmp_path_factory.mktemp("manuals") / "held.manuals", create=True)
    report = add_manuals(held, corpus / MANUAL_FOLDER, quiet, processes=2)
    assert (report.added, report.faults) == (MANUALS, [])
    return held


def snapshot(library: ManualLibrary) -> list[tuple[object, ...]]:
    """Return all that a library says of its documents and pages, and what it answers."""
    with library.open_database() as connection:
        pages = connection.execute(
            "SELECT document, page, heading, lines FROM document_pages ORDER BY document, page"
        ).fetchall()
        links = connection.execute(
            "SELECT document, superseded_by, indexed FROM documents ORDER BY document"
        ).fetchall()
    found = ManualSearch(library).find_passages("torque of the bushing", limit=20)
    return [*pages, *links, *((each.document.document, each.page, each.score) for each in found)]


def test_questions_in_other_words_find_their_page(corpus: Path, library: ManualLibrary) -> None:
    search = ManualSearch(library)
    files = {
        each.path.removeprefix(f"{(corpus / MANUAL_FOLDER).resolve()}/"): each.document
        for each in library.list_documents()
    }
    ranks: dict[str, list[int]] = {"given": [], "named": []}
    answered: list[bool] = []
    for asked in read_questions_of_corpus(corpus, "seen"):
        if not asked.file:
            questions = (asked.question, asked.named)
            answered += [bool(search.find_passages(question)) for question in questions]
            continue
        for way, question, within in (
            ("given", asked.question, {files[asked.file]}),
            ("named", asked.named, None),
        ):
            found = search.find_passages(question, limit=3, within=within)
            places = [(each.document.document, each.page) for each in found]
            right = (files[asked.file], asked.page)
            ranks[way].append(places.index(right) if right in places else 9)
    assert len(answered) == 20
    assert sum(answered) <= 0.1 * len(answered)
    assert not any(search.find_passages(question) for question in STRANGE_QUESTIONS)
    for held in ranks.values():
        assert sum(rank == 0 for rank in held) >= 0.85 * len(held)
        assert sum(rank < 3 for rank in held) >= 0.95 * len(held)


def test_a_passage_stands_where_its_boxes_are(library: ManualLibrary) -> None:
    found = ManualSearch(library).find_passages("tighten the bushing terminal bolts", limit=8)
    drawn = [each for each in found if each.passage.boxes]
    assert drawn
    for each in drawn:
        document = pypdfium2.PdfDocument(each.document.path)
        text = document[each.page - 1].get_textpage()
        wider = [(x - 1, y - 1, right + 1, top + 1) for x, y, right, top in each.passage.boxes]
        shown = " ".join(text.get_text_bounded(*box) for box in wider)
        assert set(each.passage.text.split()) <= set(shown.split())
        text.close()
        document.close()


def test_older_revisions_answer_only_who_asks_for_them(library: ManualLibrary) -> None:
    old = [each for each in library.list_documents() if each.superseded_by]
    assert [each.revision for each in old] == ["B"]
    newest = library.find_document(old[0].superseded_by)
    assert (newest.revision, newest.number) == ("C", old[0].number)
    search, question = ManualSearch(library), f"torque of the bushing of the {newest.title}"
    assert old[0].document not in {
        each.document.document for each in search.find_passages(question, limit=20)
    }
    assert old[0].document in {
        each.document.document for each in search.find_passages(question, limit=20, superseded=True)
    }


def test_who_lacks_a_permission_sees_nothing_of_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    (folder / "relays/deep").mkdir(parents=True)
    draw_pdf(folder / "relays/deep/settings.pdf", ["Pickup of the relay 600 A"])
    draw_pdf(folder / "open.pdf", ["Pickup of mail on Friday"])
    library = ManualLibrary(tmp_path / "library", create=True)
    add_manuals(library, folder, quiet, processes=1)
    library.restrict_folder("relays", "protection")
    search = ManualSearch(library)

    def find(permissions: frozenset[str] | None) -> list[str]:
        found = search.find_passages("pickup of the relay", permissions=permissions)
        return [Path(each.document.path).name for each in found]

    assert find(None)[0] == find(frozenset({"protection"}))[0] == "settings.pdf"
    assert "settings.pdf" not in find(frozenset({"other"}))
    (folder / "relays/deep/settings.pdf").rename(folder / "moved.pdf")
    add_manuals(library, folder, quiet, processes=1)
    assert find(frozenset())[0] == "moved.pdf"
    (folder / "moved.pdf").rename(folder / "relays/settings.pdf")
    add_manuals(library, folder, quiet, processes=1)
    assert "settings.pdf" not in find(frozenset())
    library.restrict_folder("relays", "")
    assert find(frozenset())[0] == "settings.pdf"


def test_questions_that_make_no_sense_are_refused(library: ManualLibrary) -> None:
    search = ManualSearch(library)
    for question in ("", "the of", "x" * 501):
        with pytest.raises(InputError):
            search.find_passages(question)
    with pytest.raises(NotFoundError):
        search.mark_page("0" * 16, 1, "torque")


def test_only_what_changed_is_read_again(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    for name in ("a", "b", "c"):
        draw_pdf(folder / f"{name}.pdf", [f"Torque of the part {name}"])
    (folder / "copy.pdf").write_bytes((folder / "a.pdf").read_bytes())
    library = ManualLibrary(tmp_path / "library", create=True)
    first = add_manuals(library, folder, quiet, processes=1)
    assert (first.added, first.duplicates) == (3, 1)
    (folder / "a.pdf").unlink()  # its copy holds the document still
    (folder / "c.pdf").unlink()
    draw_pdf(folder / "b.pdf", ["Interval of the inspection"])
    second = add_manuals(library, folder, quiet, processes=1)
    assert (second.added, second.unchanged, second.gone) == (1, 1, 2)
    search = ManualSearch(library)
    assert len(library.list_documents()) == 2
    assert search.find_passages("interval of inspection")[0].passage.text.startswith("Interval")
    fresh = ManualLibrary(tmp_path / "fresh", create=True)
    add_manuals(fresh, folder, quiet, processes=1)
    assert {each.document for each in fresh.list_documents()} == {
        each.document for each in library.list_documents()
    }


def test_ended_anywhere_and_started_again_it_ends_the_same(
    corpus: Path, library: ManualLibrary, tmp_path: Path
) -> None:
    place = tmp_path / "killed.manuals"
    words = ["manuals", "add", str(corpus / MANUAL_FOLDER), "--library", str(place)]
    code = "from gridtwin.cli.entry import main; main()"
    command = [sys.executable, "-c", code, *words, "--processes", "1"]

    def count_documents() -> int:
        try:
            return len(ManualLibrary(place).list_documents())
        except NotFoundError:
            return 0

    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: count_documents() >= 2)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    killed = ManualLibrary(place)
    assert 2 <= len(killed.list_documents()) <= MANUALS
    add_manuals(killed, corpus / MANUAL_FOLDER, quiet, processes=1)
    assert snapshot(killed) == snapshot(library)


def test_what_people_ask_and_say_is_counted(tmp_path: Path) -> None:
    library = save_small_library(tmp_path / "small.manuals")
    note_question(library, "Where is  the winch?", answered=False)
    note_question(library, "where is the winch?", answered=False)
    note_question(library, "torque", answered=True)
    document = library.list_documents()[0].document
    vote_page(library, document, 1, helpful=False, question="torque")
    vote_page(library, document, 1, helpful=True)
    report = report_use(library)
    assert (report.asked, report.answered) == (3, 1)
    assert [(each.question, each.times) for each in report.unanswered] == [
        ("where is the winch?", 2)
    ]
    assert [(each.page, each.helpful, each.useless) for each in report.votes] == [(1, 1, 1)]
    with pytest.raises(NotFoundError):
        vote_page(library, document, 99, helpful=True)


def test_a_corpus_is_the_same_for_the_same_seed(corpus: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    simulate_manuals(again, quiet, manuals=MANUALS, pages=40, questions=60, seed=5)
    files = sorted(path.relative_to(corpus) for path in corpus.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file())
    same = [path for path in files if path.suffix != ".docx"]  # it holds the time of its making
    assert all((corpus / path).read_bytes() == (again / path).read_bytes() for path in same)
    with pytest.raises(InputError, match="not empty"):
        simulate_manuals(again, quiet, manuals=1)

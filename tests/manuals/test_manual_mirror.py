"""A database answers as the library it mirrors: the same pages, to the same people."""

from __future__ import annotations

from pathlib import Path

import pytest

from command_line import run_cli
from gridtwin.errors import NotFoundError, StoreError
from gridtwin.manuals.equipment_links import read_reviews, review_link
from gridtwin.manuals.library_mirror import MirroredLibrary
from gridtwin.manuals.manual_feedback import note_question, report_use, vote_page
from gridtwin.manuals.manual_ingest import add_manuals
from gridtwin.manuals.manual_library import ManualLibrary
from gridtwin.manuals.manual_search import FoundPassage, ManualSearch
from gridtwin.manuals.mirror_sync import sync_manuals
from gridtwin.manuals.simulate.invented_corpus import (
    MANUAL_FOLDER,
    read_questions_of_corpus,
    simulate_manuals,
)
from gridtwin.store.postgis.connect import connect
from hostile_manuals import draw_pdf


def quiet(done: int, steps: int) -> None:
    """Tell nobody how far it is."""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an invented corpus: the second manual has a bulletin, the last an older revision."""
    out = tmp_path_factory.mktemp("mirrored") / "corpus"
    simulate_manuals(out, quiet, manuals=7, pages=24, questions=25, seed=9)
    return out


@pytest.fixture
def library(corpus: Path, tmp_path: Path) -> ManualLibrary:
    """Return a library of the corpus."""
    held = ManualLibrary(tmp_path / "held.manuals", create=True)
    add_manuals(held, corpus / MANUAL_FOLDER, quiet, processes=1)
    return held


def list_answers(found: list[FoundPassage]) -> list[tuple[object, ...]]:
    return [(each.document, each.page, each.heading, each.passage) for each in found]


def test_a_mirror_answers_as_its_library(
    corpus: Path, library: ManualLibrary, database: str
) -> None:
    documents = library.list_documents()
    closed = documents[0].folder
    library.restrict_folder(closed, "protection")
    review_link(library, ("Maker", "M-1"), documents[0].document, "accepted", actor="kim")
    report = sync_manuals(library, database, quiet)
    assert (report.added, report.removed) == (7, 0)
    mirror = MirroredLibrary(database)
    assert mirror.list_documents() == documents
    assert mirror.read_models().keys() == library.read_models().keys()
    assert read_reviews(mirror) == read_reviews(library)
    assert mirror.read_page(documents[0].document, 2) == library.read_page(documents[0].document, 2)
    assert mirror.holds_unchanged(Path(documents[0].path), documents[0].document)
    near, far = ManualSearch(library), ManualSearch(mirror)
    one = {documents[1].document}
    answers = 0
    for asked in read_questions_of_corpus(corpus, "seen"):
        for question, within, permissions, superseded in (
            (asked.question, one, None, False),
            (asked.question, None, frozenset[str](), True),
            (asked.named, None, None, False),
        ):
            here, there = (
                search.find_passages(
                    question, within=within, permissions=permissions, superseded=superseded
                )
                for search in (near, far)
            )
            assert list_answers(there) == list_answers(here), question
            assert [each.score for each in there] == pytest.approx(
                [each.score for each in here], rel=1e-4
            )
            answers += len(here)
            if permissions is not None:
                assert not any(each.document.folder.startswith(closed) for each in there)
    assert answers > 200
    with pytest.raises(NotFoundError):
        mirror.read_page("0" * 16, 1)


def test_only_what_changed_is_written_again(tmp_path: Path, database: str) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    for name in ("a", "b", "c"):
        draw_pdf(folder / f"{name}.pdf", [f"Torque of the part {name}"])
    library = ManualLibrary(tmp_path / "library", create=True)
    add_manuals(library, folder, quiet, processes=1)
    assert sync_manuals(library, database, quiet).added == 3
    mirror = MirroredLibrary(database)
    search = ManualSearch(mirror)
    assert len(search.find_passages("torque of the part")) == 3
    (folder / "c.pdf").unlink()
    (folder / "a.pdf").rename(folder / "z.pdf")
    draw_pdf(folder / "b.pdf", ["Interval of the inspection"])
    add_manuals(library, folder, quiet, processes=1)
    report = sync_manuals(library, database, quiet)
    assert (report.added, report.removed, report.unchanged) == (1, 2, 1)
    assert mirror.list_documents() == library.list_documents()
    assert [Path(each.document.path).name for each in search.find_passages("torque")] == ["z.pdf"]
    assert search.find_passages("interval of inspection")[0].passage.text.startswith("Interval")
    with connect(database) as connection:
        left = connection.execute(
            "SELECT count(*) FROM gridtwin_manuals.postings WHERE id NOT IN"
            " (SELECT id FROM gridtwin_manuals.documents)"
        ).fetchone()
        assert left == (0,)
        key = connection.execute("SELECT pg_advisory_lock(%s)", (0x6D616E75_616C7301,))
        assert key.rowcount == 1
        with pytest.raises(StoreError, match="another sync"):
            sync_manuals(library, database, quiet)


def test_what_is_asked_of_a_mirror_is_counted_there(tmp_path: Path, database: str) -> None:
    with pytest.raises(NotFoundError):
        MirroredLibrary(database).check_documents()
    (tmp_path / "files").mkdir()
    draw_pdf(tmp_path / "files/a.pdf", ["Torque of the cover 5 Nm"])
    place = str(tmp_path / "held.manuals")
    add_manuals(ManualLibrary(Path(place), create=True), tmp_path / "files", quiet, processes=1)
    assert run_cli("manuals", "sync", database, "--library", place).returncode == 0
    found = run_cli("manuals", "search", "torque of the cover", "--in", database)
    assert found.returncode == 0, found.stderr
    assert "Torque of the cover 5 Nm" in found.stdout
    mirror = MirroredLibrary(database)
    mirror.check_documents()
    for _ in range(2):
        note_question(mirror, "Where is\0 the winch?", answered=False)
    vote_page(mirror, mirror.list_documents()[0].document, 1, helpful=True, question="a\0b")
    report = report_use(mirror)
    assert (report.asked, report.answered) == (3, 1)
    assert [(each.question, each.times) for each in report.unanswered] == [
        ("where is the winch?", 2)
    ]
    assert [(each.page, each.helpful) for each in report.votes] == [(1, 1)]

"""Of a person the last word on a page and a question counts, and votes stay few: in both stores."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridtwin.manuals import manual_feedback
from gridtwin.manuals.library_mirror import MirroredLibrary
from gridtwin.manuals.library_reading import LibraryReader
from gridtwin.manuals.manual_feedback import report_use, vote_page
from gridtwin.manuals.mirror_sync import sync_manuals
from small_manuals import save_small_library


@pytest.fixture(params=["library", "mirror"])
def library(request: pytest.FixtureRequest, tmp_path: Path) -> LibraryReader:
    """Return a library of two small manuals, or its mirror."""
    held = save_small_library(tmp_path / "small.manuals")
    if request.param == "library":
        return held
    url = request.getfixturevalue("database")
    sync_manuals(held, url, lambda *_: None)
    return MirroredLibrary(url)


def count_votes(library: LibraryReader) -> list[tuple[int, int, int]]:
    return [(each.page, each.helpful, each.useless) for each in report_use(library).votes]


def test_one_person_has_one_vote_on_a_page_and_a_question(library: LibraryReader) -> None:
    document = library.list_documents()[0].document
    for helpful in (True, True, False):
        vote_page(library, document, 1, helpful=helpful, question="Torque?", voter="kim")
    assert count_votes(library) == [(1, 0, 1)]
    vote_page(library, document, 1, helpful=True, question="torque?", voter="lee")
    vote_page(library, document, 1, helpful=True, question="battery", voter="kim")
    assert count_votes(library) == [(1, 2, 1)]
    with library.open_use_database() as connection:
        kept = connection.execute("SELECT * FROM page_votes").fetchall()
    assert len({row[-1] for row in kept}) == 3  # nothing says that two are of one person
    assert not any("kim" in str(row) for row in kept)


def test_the_oldest_votes_go(library: LibraryReader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manual_feedback, "MOST_KEPT_VOTES", 5)
    document = library.list_documents()[0].document
    with library.open_use_database() as connection:
        for number, voted in enumerate(["2020-01-01T00:00:00+00:00", "2026-01-01T00:00:00+00:00"]):
            connection.execute(
                "INSERT INTO page_votes (document, page, question, helpful, voted, voter)"
                " VALUES (?, 1, '', 0, ?, ?)",
                (document, voted, f"{number}"),
            )
    vote_page(library, document, 1, helpful=True, voter="0")
    assert count_votes(library) == [(1, 1, 1)]  # that of years ago is gone
    for number in range(1, 9):
        vote_page(library, document, 1, helpful=True, voter=f"{number}")
    assert count_votes(library) == [(1, 5, 0)]

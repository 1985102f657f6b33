"""Whatever happens to files, index or program on the way, a library ends as its folder is."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridtwin.manuals.manual_ingest import add_manuals
from gridtwin.manuals.manual_library import ManualLibrary, mark_superseded
from gridtwin.manuals.manual_search import ManualSearch
from gridtwin.manuals.page_index import PageIndex
from gridtwin.manuals.reading_limits import ReadingLimits
from hostile_manuals import draw_pdf


def quiet(done: int, steps: int) -> None:
    """Tell nobody how far it is."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of three manuals."""
    files = tmp_path / "files"
    files.mkdir()
    for name in ("a", "b", "c"):
        draw_pdf(files / f"{name}.pdf", [f"Torque of the part {name}"])
    return files


@pytest.fixture
def library(tmp_path: Path) -> ManualLibrary:
    """Return an empty library."""
    return ManualLibrary(tmp_path / "held.manuals", create=True)


def find_files(library: ManualLibrary, question: str = "torque of the part") -> set[str]:
    found = ManualSearch(library).find_passages(question)
    return {Path(each.document.path).name for each in found}


def test_a_file_that_vanishes_while_others_are_read_is_told(
    folder: Path, library: ManualLibrary
) -> None:
    def remove_last(*_: int) -> None:
        (folder / "c.pdf").unlink(missing_ok=True)

    report = add_manuals(library, folder, remove_last, processes=1)
    ((path, reason),) = report.faults
    assert (Path(path).name, reason) == ("c.pdf", "it cannot be opened (No such file or directory)")
    assert find_files(library) == {"a.pdf", "b.pdf"}
    again = add_manuals(library, folder, quiet, processes=1)
    assert (again.gone, again.faults) == (1, [])


def test_what_is_written_while_a_file_is_read_is_read_next_time(
    folder: Path, library: ManualLibrary
) -> None:
    def write_anew(done: int, steps: int) -> None:
        if done == steps:
            draw_pdf(folder / "a.pdf", ["Interval of the inspection"])

    add_manuals(library, folder, write_anew, processes=1)
    report = add_manuals(library, folder, quiet, processes=1)
    assert (report.added, report.unchanged) == (1, 2)
    assert find_files(library, "interval of inspection") == {"a.pdf"}


def test_an_index_that_was_removed_is_made_again(folder: Path, library: ManualLibrary) -> None:
    add_manuals(library, folder, quiet, processes=1)
    (index,) = (each for each in library.path.iterdir() if each.is_dir())
    for each in index.iterdir():
        each.unlink()
    index.rmdir()
    assert find_files(library) == set()
    report = add_manuals(library, folder, quiet, processes=1)
    assert report.unchanged == 3
    assert find_files(library) == {"a.pdf", "b.pdf", "c.pdf"}


@pytest.mark.parametrize("is_back", [False, True])
def test_ended_while_documents_go_it_ends_the_same(
    folder: Path, library: ManualLibrary, monkeypatch: pytest.MonkeyPatch, *, is_back: bool
) -> None:
    add_manuals(library, folder, quiet, processes=1)
    content = (folder / "c.pdf").read_bytes()
    (folder / "c.pdf").unlink()
    drop = PageIndex.drop_documents

    def drop_and_end(index: PageIndex, documents: list[str]) -> None:
        drop(index, documents)
        raise KeyboardInterrupt

    monkeypatch.setattr(PageIndex, "drop_documents", drop_and_end)
    with pytest.raises(KeyboardInterrupt):
        add_manuals(library, folder, quiet, processes=1)
    monkeypatch.undo()
    if is_back:
        (folder / "c.pdf").write_bytes(content)
    add_manuals(library, folder, quiet, processes=1)
    left = {"a.pdf", "b.pdf", "c.pdf"} if is_back else {"a.pdf", "b.pdf"}
    assert find_files(library) == left
    assert PageIndex(library.path).count_pages() == len(left) == len(library.list_documents())


def test_what_could_not_be_read_is_read_again_where_one_asks_for_it(
    folder: Path, library: ManualLibrary
) -> None:
    draw_pdf(folder / "long.pdf", ["Interval of the inspection"], pages=30)
    few, many = ReadingLimits(most_pages=20), ReadingLimits(most_pages=40)
    assert len(add_manuals(library, folder, quiet, limits=few, processes=1).faults) == 1
    assert len(add_manuals(library, folder, quiet, limits=many, processes=1).faults) == 1
    report = add_manuals(library, folder, quiet, limits=many, processes=1, retry=True)
    assert (report.added, report.unchanged, report.faults) == (1, 3, [])


@pytest.mark.parametrize(
    ("revisions", "newest"),
    [
        ([("1", "B", "2023-01"), ("2", "C", "2019-06")], "1"),  # both are dated: the date counts
        ([("1", "D", ""), ("2", "C", "2019-06")], "1"),  # one is not: the revision does
        ([("1", "9", ""), ("2", "10", "")], "2"),
        ([("1", "", "2020-01-05"), ("2", "", "2020-01-31")], "2"),
    ],
)
def test_the_newest_revision_is_told_by_date_or_else_by_number(
    revisions: list[tuple[str, str, str]], newest: str, library: ManualLibrary
) -> None:
    with library.open_database() as connection:
        for document, revision, dated in revisions:
            connection.execute(
                "INSERT INTO documents (document, path, folder, title, kind, manufacturer, number,"
                " revision, dated, language, pages, unreadable)"
                " VALUES (?, '', '', 'Recloser', 'manual', '', 'MN-1', ?, ?, 'en', 1, 0)",
                (document, revision, dated),
            )
        mark_superseded(connection)
    superseded = {each.document: each.superseded_by for each in library.list_documents()}
    assert superseded == {"1": "", "2": ""} | {({"1", "2"} - {newest}).pop(): newest}

"""Figures and ruled tables of pages are found, kept with their captions, and shown as pictures."""

from __future__ import annotations

import io
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import figure_manuals as drawn
from command_line import run_cli
from gridtwin.errors import BusyError, InputError, NotFoundError, SourceError
from gridtwin.manuals import figure_pictures
from gridtwin.manuals.document_pages import PageFigure, take_reading, write_reading
from gridtwin.manuals.figure_captions import tell_caption
from gridtwin.manuals.figure_pictures import SMALL_PICTURE, FigurePictures
from gridtwin.manuals.figure_worker import DrawingOrder
from gridtwin.manuals.library_mirror import MirroredLibrary
from gridtwin.manuals.manual_desk import ManualDesk
from gridtwin.manuals.manual_ingest import add_manuals
from gridtwin.manuals.manual_library import ManualLibrary
from gridtwin.manuals.manual_search import ManualSearch
from gridtwin.manuals.mirror_sync import sync_manuals
from gridtwin.manuals.reading_limits import MEBIBYTE, ReadingLimits
from gridtwin.manuals.reading_worker import read_document

LIMITS = ReadingLimits()
SKETCH = (140, 130, 440, 300)  # where the drawing and the image stand, points
CAPTION = "Figure 1: Outline of the latch"


def quiet(done: int, steps: int) -> None:
    """Tell nobody how far it is."""


def find(path: Path) -> tuple[PageFigure, ...]:
    """Return the figures of the first page of a file."""
    return read_document(path, LIMITS).pages[0].figures


def lies_within(box: tuple[float, ...], other: tuple[float, ...], by: float = 6.0) -> bool:
    """Return whether the sides of a box are near those of another."""
    return all(abs(one - two) <= by for one, two in zip(box, other, strict=True))


@pytest.fixture
def library(tmp_path: Path) -> ManualLibrary:
    """Return a library of one manual with a drawing and a table on a page."""
    (tmp_path / "files").mkdir()
    drawn.draw_page(tmp_path / "files/latch.pdf", drawn.sketch, drawn.ruled_table)
    held = ManualLibrary(tmp_path / "held.manuals", create=True)
    report = add_manuals(held, tmp_path / "files", quiet, processes=1)
    assert report.figures == 2
    return held


def test_drawings_images_and_ruled_tables_are_found_with_their_captions(tmp_path: Path) -> None:
    table, figure = find(drawn.draw_page(tmp_path / "a.pdf", drawn.sketch, drawn.ruled_table))
    assert (table.number, table.kind, table.caption) == (
        1,
        "table",
        "Table 4-1: Torques of fasteners",
    )
    assert lies_within(table.box, (56, 580, 356, 620))
    assert (figure.number, figure.kind, figure.caption) == (2, "figure", CAPTION)
    assert lies_within(figure.box, SKETCH, by=20)
    (image,) = find(drawn.draw_page(tmp_path / "b.pdf", drawn.photo))
    assert (image.kind, image.caption) == ("figure", "Fig. 2 Nameplate")
    assert lies_within(image.box, SKETCH, by=1)
    (grid,) = find(drawn.draw_page(tmp_path / "c.pdf", drawn.grid_table))
    assert (grid.kind, grid.caption) == ("table", "")
    assert lies_within(grid.box, (60, 500, 340, 560), by=2)
    (formed,) = find(drawn.draw_page(tmp_path / "d.pdf", drawn.formed_sketch))
    assert lies_within(formed.box, (320, 565, 470, 650), by=10)


def test_frames_logos_and_notes_are_no_figures(tmp_path: Path) -> None:
    assert find(drawn.draw_page(tmp_path / "a.pdf", drawn.decoration)) == ()
    (figure,) = find(drawn.draw_page(tmp_path / "b.pdf", drawn.decoration, drawn.sketch))
    assert figure.caption == CAPTION


def test_what_stands_on_every_page_is_kept_only_with_a_caption(tmp_path: Path) -> None:
    path = drawn.draw_page(tmp_path / "a.pdf", drawn.grid_table, drawn.sketch, pages=6)
    pages = read_document(path, LIMITS).pages
    assert {tuple((each.number, each.caption) for each in page.figures) for page in pages} == {
        ((1, CAPTION),)
    }


def test_a_table_with_few_rules_needs_a_caption(tmp_path: Path) -> None:
    assert find(drawn.draw_page(tmp_path / "a.pdf", drawn.open_table)) == ()

    def captioned(canvas: Any) -> None:
        drawn.open_table(canvas)
        canvas.drawString(60, 640, "Table 7. Torques")

    (table,) = find(drawn.draw_page(tmp_path / "b.pdf", captioned))
    assert (table.kind, table.caption) == ("table", "Table 7. Torques")
    assert lies_within(table.box, (60, 520, 400, 630), by=2)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("Figure 3", "figure"),
        ("FIG. 3-2: Bushing", "figure"),
        ("Table A.4 \u2013 Torques", "table"),
        ("Figure 3 shows the latch.", ""),
        ("Table 2 and the drawing", ""),
        ("Figures of merit", ""),
        ("The table 3", ""),
    ],
)
def test_captions_are_told_from_sentences(line: str, kind: str) -> None:
    assert tell_caption(line) == kind


@pytest.mark.parametrize(
    ("below", "caption"),
    [
        (("Figure 3: Latch with the spring", "and its seal"), "and its seal"),
        (("Figure 3", "Latch with the spring"), "Figure 3 Latch with the spring"),
        (("Figure 3: Latch", "Tighten all bolts by hand."), "Figure 3: Latch"),
        (("Figure 3: Latch.", "and so on"), "Figure 3: Latch."),
    ],
)
def test_a_caption_of_several_lines_is_one_and_ends_before_the_text(
    below: tuple[str, str], caption: str, tmp_path: Path
) -> None:
    def write_below(canvas: Any) -> None:
        drawn.draw_photo(canvas, 1, "")
        for at, line in enumerate(below):
            canvas.drawString(140, 115 - 12 * at, line)

    (figure,) = find(drawn.draw_page(tmp_path / "a.pdf", write_below))
    assert figure.caption.endswith(caption)


def test_letters_of_a_drawing_belong_to_it_and_are_no_headings(tmp_path: Path) -> None:
    (page,) = read_document(drawn.draw_page(tmp_path / "a.pdf", drawn.sketch), LIMITS).pages
    letters = [line for line in page.lines if line.text in {"A", "B", "C"}]
    assert len(letters) == 3
    (figure,) = page.figures
    assert all(figure.box[0] <= line.box[0] < line.box[2] <= figure.box[2] for line in letters)
    assert not any(line.is_heading for line in letters)


def test_what_is_read_comes_out_of_the_process_that_reads(tmp_path: Path) -> None:
    reading = read_document(drawn.draw_page(tmp_path / "a.pdf", drawn.sketch), LIMITS)
    assert take_reading(write_reading(reading)) == reading


def test_a_question_that_a_caption_answers_finds_its_figure(library: ManualLibrary) -> None:
    (found,) = ManualSearch(library).find_passages("outline of the latch")
    assert [each.caption for each in found.figures] == [CAPTION, "Table 4-1: Torques of fasteners"]
    (found,) = ManualSearch(library).find_passages("torque of fasteners")
    assert found.figures[0].kind == "table"
    (record,) = ManualDesk(library).search("outline of the latch")["passages"]
    assert record["figures"][0]["picture"].endswith("/pages/1/figures/2")


def test_a_figure_is_drawn_kept_and_shown_when_its_file_is_gone(library: ManualLibrary) -> None:
    desk, (known,) = ManualDesk(library), library.list_documents()
    picture = Image.open(io.BytesIO(desk.draw_figure(known.document, 1, 2)))
    assert picture.format == "WEBP"
    width, height = picture.size
    (_, figure) = library.read_figures([(known.document, 1)])[0]
    box = figure.box
    assert width / height == pytest.approx((box[2] - box[0] + 8) / (box[3] - box[1] + 8), rel=0.02)
    assert width > 500  # 150 dots an inch
    darkest, brightest = picture.convert("L").getextrema()
    assert (darkest < 120, brightest) == (True, 255)  # type: ignore[operator]
    small = Image.open(io.BytesIO(desk.draw_figure(known.document, 1, 2, longest=SMALL_PICTURE)))
    assert max(small.size) <= SMALL_PICTURE
    Path(known.path).unlink()
    again = desk.draw_figure(known.document, 1, 2)
    assert Image.open(io.BytesIO(again)).size == (width, height)
    with pytest.raises(NotFoundError, match="unchanged file"):
        desk.draw_figure(known.document, 1, 1)
    with pytest.raises(NotFoundError, match="figure"):
        desk.draw_figure(known.document, 1, 3)
    with pytest.raises(InputError, match="webp or png"):
        desk.draw_figure(known.document, 1, 2, ending="gif")


def test_a_turned_page_gives_a_turned_picture(tmp_path: Path) -> None:
    sizes = []
    for turned in (0, 90):
        path = drawn.draw_page(tmp_path / f"{turned}.pdf", drawn.photo, turned=turned)
        (figure,) = find(path)
        order = DrawingOrder(str(path), 1, figure.box, 400, "png")
        sizes.append(Image.open(io.BytesIO(figure_pictures.draw_apart(order, LIMITS))).size)
    assert sizes[0] == sizes[1][::-1]


def test_the_folder_of_pictures_stays_small(library: ManualLibrary) -> None:
    (known,) = library.list_documents()
    table, figure = library.read_figures([(known.document, 1)])[0]
    pictures = FigurePictures(library, most_bytes=1)
    for each in (table, figure):
        assert pictures.read_picture(known, 1, each)
    assert not list(pictures.folder.glob("*/*"))
    pictures = FigurePictures(library, most_bytes=12_000)
    for longest in (300, 400, 500):
        pictures.read_picture(known, 1, figure, longest=longest)
        held = sum(each.stat().st_size for each in pictures.folder.glob("*/*"))
        assert 0 < held <= 12_000


def test_pictures_wait_for_others_not_without_end(
    library: ManualLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figure_pictures, "LONGEST_DRAWING_WAIT_S", 0.01)
    (known,) = library.list_documents()
    busy = figure_pictures.DRAWN_AT_ONCE
    assert all(figure_pictures._drawing.acquire() for _ in range(busy))
    try:
        with pytest.raises(BusyError):
            ManualDesk(library).draw_figure(known.document, 1, 1)
    finally:
        figure_pictures._drawing.release(busy)


def test_figures_and_pictures_go_with_their_document(library: ManualLibrary) -> None:
    desk, (known,) = ManualDesk(library), library.list_documents()
    assert desk.draw_figure(known.document, 1, 1)
    assert len(list(library.locate_pictures().glob("*/*"))) == 1
    Path(known.path).unlink()
    add_manuals(library, Path(known.path).parent, quiet, processes=1)
    assert not list(library.locate_pictures().glob("*/*"))
    assert library.read_figures([(known.document, 1)]) == [()]
    with pytest.raises(NotFoundError):
        desk.draw_figure(known.document, 1, 1)


@pytest.mark.parametrize(
    "paths", [100_000, pytest.param(1_000_000, marks=pytest.mark.long, id="a million")]
)
def test_a_page_of_very_many_lines_costs_no_text(paths: int, tmp_path: Path) -> None:
    path = drawn.write_path_bomb(tmp_path / "a.pdf", paths)
    (page,) = read_document(path, LIMITS).pages
    assert page.text == "Torque of the latch 5 Nm"
    (figure,) = page.figures
    assert lies_within(figure.box, (0, 0, 612, 500))


def test_an_image_that_is_a_bomb_is_told_and_drawn_by_nobody(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    drawn.write_image_bomb(tmp_path / "files/a.pdf", 4_000, 2_000)
    library = ManualLibrary(tmp_path / "held.manuals", create=True)
    report = add_manuals(library, tmp_path / "files", quiet, processes=1)
    assert (report.added, report.figures) == (1, 1)
    (known,) = library.list_documents()
    (figure,) = library.read_figures([(known.document, 1)])[0]
    order = DrawingOrder(known.path, 1, figure.box, 2_000, "webp")
    limits = ReadingLimits(most_memory=300 * MEBIBYTE, most_cpu_s=1)
    with pytest.raises(SourceError, match="cannot be drawn with 300 MiB of memory and 1 s"):
        figure_pictures.draw_apart(order, limits)


def test_what_an_older_gridtwin_read_is_read_again(library: ManualLibrary) -> None:
    with library.open_database() as connection:
        connection.execute("DROP TABLE document_figures")
        connection.execute("ALTER TABLE documents DROP COLUMN reader")
        connection.execute("PRAGMA user_version = 1")
    opened = ManualLibrary(library.path)
    (known,) = opened.list_documents()
    assert opened.read_figures([(known.document, 1)]) == [()]
    report = add_manuals(opened, Path(known.path).parent, quiet, processes=1)
    assert (report.added, report.figures, report.duplicates) == (1, 2, 0)
    assert len(opened.read_figures([(known.document, 1)])[0]) == 2
    assert add_manuals(opened, Path(known.path).parent, quiet, processes=1).unchanged == 1


def test_a_mirror_shows_the_same_figures(
    library: ManualLibrary, database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    sync_manuals(library, database, quiet)
    mirror = MirroredLibrary(database)
    (known,) = library.list_documents()
    wanted = [(known.document, 1), (known.document, 2), ("0" * 16, 1)]
    assert mirror.read_figures(wanted) == library.read_figures(wanted)
    near, far = (ManualDesk(each).search("outline of the latch") for each in (library, mirror))
    assert far["passages"][0]["figures"] == near["passages"][0]["figures"]
    assert ManualDesk(mirror).draw_figure(known.document, 1, 1) == ManualDesk(library).draw_figure(
        known.document, 1, 1
    )
    assert mirror.locate_pictures().is_relative_to(tmp_path / "cache")
    assert sync_manuals(library, database, quiet).unchanged == 1
    Path(known.path).unlink()
    add_manuals(library, Path(known.path).parent, quiet, processes=1)
    sync_manuals(library, database, quiet)
    assert mirror.read_figures(wanted) == [(), (), ()]
    with pytest.raises(NotFoundError):
        ManualDesk(mirror).draw_figure(known.document, 1, 1)
    assert not list(mirror.locate_pictures().glob("*/*"))


def test_the_command_line_writes_a_picture(library: ManualLibrary, tmp_path: Path) -> None:
    place = str(library.path)
    found = run_cli("manuals", "search", "outline of the latch", "--library", place)
    (known,) = library.list_documents()
    assert f"{CAPTION} (gridtwin manuals figure {known.document} 1 2)" in found.stdout
    out = tmp_path / "latch.png"
    words = ("manuals", "figure", known.document, "1", "2", "--library", place, "--out", str(out))
    done = run_cli(*words)
    assert done.returncode == 0, done.stderr
    with Image.open(out) as picture:
        assert picture.format == "PNG"
    assert run_cli(*words).returncode == 2  # it is there already


def test_a_library_of_an_older_gridtwin_keeps_its_votes(tmp_path: Path) -> None:
    from gridtwin.manuals.library_upgrade import upgrade_database

    connection = sqlite3.connect(tmp_path / "use.sqlite")
    connection.execute(
        "CREATE TABLE page_votes (document TEXT NOT NULL, page INTEGER NOT NULL,"
        " question TEXT NOT NULL, helpful INTEGER NOT NULL, voted TEXT NOT NULL) STRICT"
    )
    connection.executemany(
        "INSERT INTO page_votes VALUES ('a', 1, '', ?, '2026-01-01')", [(1,), (1,), (0,)]
    )
    connection.execute("PRAGMA user_version = 1")
    connection.commit()
    upgrade_database(connection, "manual_use.sqlite")
    upgrade_database(connection, "manual_use.sqlite")
    assert connection.execute(
        "SELECT sum(helpful), count(DISTINCT voter) FROM page_votes"
    ).fetchone() == (2, 3)
    connection.close()

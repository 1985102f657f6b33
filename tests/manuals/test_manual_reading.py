"""Documents are read as they stand, and no file of strangers stops another."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridtwin.errors import SourceError
from gridtwin.manuals.document_pages import DocumentPage, PageLine, pack_lines, unpack_lines
from gridtwin.manuals.manual_facts import find_facts, fits_model, fold_model, rank_revision
from gridtwin.manuals.manual_ingest import add_manuals
from gridtwin.manuals.manual_library import ManualLibrary
from gridtwin.manuals.manual_words import read_question_words, split_manual_words
from gridtwin.manuals.page_headings import drop_repeated
from gridtwin.manuals.reading_limits import ReadingLimits
from gridtwin.manuals.reading_pool import ReadingPool
from gridtwin.manuals.reading_worker import read_document
from gridtwin.manuals.simulate.corpus_pages import InventedPage
from gridtwin.manuals.simulate.corpus_writer import InventedManual, write_manual
from hostile_manuals import draw_pdf, write_hostile

LIMITS = ReadingLimits()
PARTS = ("bushing", "battery", "handle", "gasket", "meter", "cable")
PAGES = tuple(
    InventedPage(
        f"Replacing the {part}", (f"Torque of the {part} to 55 N·m.", f"Tool:  socket {at}")
    )
    for at, part in enumerate(PARTS)
)


def quiet(done: int, steps: int) -> None:
    """Tell nobody how far it is."""


def invent(name: str, *, layout: str = "one") -> InventedManual:
    return InventedManual(
        name, "Recloser VX15: manual", "Norwell Electric", "MN-1", "C", "March 2024",
        ("VX-15A", "VX-15B"), "VX15*", PAGES, layout,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["a.pdf", "a.docx", "a.html", "a.md"])
def test_each_format_gives_the_same_pages_and_facts(name: str, tmp_path: Path) -> None:
    path = write_manual(invent(name), tmp_path)
    reading = read_document(path, LIMITS)
    assert [page.heading for page in reading.pages] == [
        "Recloser VX15: manual",
        *(f"Replacing the {part}" for part in PARTS),
    ]
    second = reading.pages[1].text
    assert "Torque of the bushing to 55 N·m." in second
    assert "socket 0" in second
    assert "Rev. C" not in second  # the footer is gone
    facts = find_facts(path, reading)
    assert (facts.title, facts.manufacturer) == ("Recloser VX15: manual", "Norwell Electric")
    assert facts.models == ("vx15a", "vx15b")
    assert facts.catalog == ("vx15*",)
    assert (facts.number, facts.revision, facts.dated) == ("MN-1", "C", "2024-03")
    assert (facts.kind, facts.language) == ("manual", "en")


def test_lines_of_a_pdf_have_the_boxes_that_hold_their_words(tmp_path: Path) -> None:
    import pypdfium2

    path = write_manual(invent("a.pdf", layout="two"), tmp_path)
    (line,) = [each for each in read_document(path, LIMITS).pages[1].lines if "55 N" in each.text]
    document = pypdfium2.PdfDocument(path)
    text = document[1].get_textpage()
    assert text.get_text_bounded(*line.box).split() == line.text.split()
    text.close()
    document.close()


def test_what_stands_on_every_page_is_dropped_and_nothing_else() -> None:
    def page(number: int) -> DocumentPage:
        texts = (
            "Maker  Manual",
            f"Body {'abcdefgh'[number]}",
            "Common words",
            f"Page {number} of 8",
        )
        tops = (790, 700, 650, 30)
        lines = (
            PageLine(text, (50, top - 10, 90, top)) for text, top in zip(texts, tops, strict=True)
        )
        return DocumentPage(number, tuple(lines))

    kept = drop_repeated([page(number) for number in range(8)])
    assert [line.text for line in kept[3].lines] == ["Body d", "Common words"]
    assert len(drop_repeated([page(1)])[0].lines) == 4


HTML = """<!doctype html><title>Fuse</title><nav>Home</nav><h2>Replacing <b>it</b></h2>
<p>Open the <i>door</i>.<br>Wait.</p><ul><li><p>Torque: 5 Nm</p></li><li>Close</li></ul>
<table><tr><th><p>Item</p></th><th>Number</th></tr><tr><td>Link</td><td><p>F-1</p></td></tr></table>
<script>run()</script>bare<!-- hidden --> text
<table><tr><td><p>{long}</p><p>Second block</p></td></tr></table>"""


def test_each_block_of_a_web_page_is_one_line_once(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text(HTML.format(long="Long words. " * 60))
    lines = [line for page in read_document(path, LIMITS).pages for line in page.lines]
    assert [line.text[:24] for line in lines] == [
        *("Replacing it", "Open the door.", "Wait.", "Torque: 5 Nm", "Close"),
        *("Item  Number", "Link  F-1", "bare text", "Long words. Long words. ", "Second block"),
    ]
    assert [line.text for line in lines if line.is_heading] == ["Replacing it"]


def test_a_revision_is_told_from_other_words(tmp_path: Path) -> None:
    for text, revision in (
        ("Issue a permit before any work.", ""),
        ("Publication MN-7, Issue 4", "4"),
        ("Rev. C, March 2024", "C"),
        ("rev 2.1 of this manual", "2.1"),
    ):
        path = tmp_path / "a.txt"
        path.write_text(text)
        assert find_facts(path, read_document(path, LIMITS)).revision == revision


def test_lines_are_kept_as_they_were() -> None:
    lines = (PageLine("Ω 55", (1.0, 2.0, 3.0, 4.0), is_heading=True), PageLine("b"))
    assert unpack_lines(pack_lines(lines)) == lines


def test_words_are_exact_where_numbers_are_and_folded_where_words_are() -> None:
    assert split_manual_words("XFMR") == split_manual_words("transformers")
    assert "vx15" in split_manual_words("the VX-15's")
    assert split_manual_words("1,200 N·m") == split_manual_words("1200 Newton meters")
    assert "15p5kv" in split_manual_words("15.5-kV")
    assert split_manual_words("insulator") != split_manual_words("insulation")
    assert "vx15" in {word.word for word in read_question_words("battery of a VX 15")}
    assert "lbs100c" in {word.word for word in read_question_words("crank of an LBS 100C")}
    (swap,) = read_question_words("swap")
    assert swap.hold_most(set(split_manual_words("Replacing it"))) == 0.8
    (apart,) = read_question_words("high pot")
    assert apart.hold_most(set(split_manual_words("Dielectric test"))) == 0.8
    (again,) = read_question_words("retighten")
    assert again.hold_most(set(split_manual_words("Torque it"))) == 0.8


def test_models_and_revisions_are_compared_as_people_mean_them() -> None:
    assert fits_model(fold_model("VX-15 b"), "vx15*")
    assert not fits_model(fold_model("VX-15"), "vx15b")
    revisions = ["C", "10", "9", "", "2.1"]
    assert min(revisions, key=rank_revision) == ""
    assert rank_revision("10") > rank_revision("9")
    assert rank_revision("C") > rank_revision("B")


def test_hostile_files_are_told_each_and_cost_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    told = write_hostile(folder, 24)
    draw_pdf(folder / "sound.pdf", ["The torque of the cover bolt is 55 Nm"])
    library = ManualLibrary(tmp_path / "library", create=True)
    limits = ReadingLimits(most_pages=20, most_bytes=1_000_000)
    draw_pdf(folder / "long.pdf", ["page"], pages=30)
    told["long.pdf"] = "30 pages"
    with (folder / "large.pdf").open("wb") as file:
        file.truncate(5_000_000)
    told["large.pdf"] = "MiB"
    report = add_manuals(library, folder, quiet, limits=limits, processes=2)
    reasons = {Path(path).name: reason for path, reason in report.faults}
    assert reasons.keys() == told.keys()
    assert not {name: (line, reasons[name]) for name, line in told.items()
                if line not in reasons[name]}  # fmt: skip
    assert [each.title for each in library.list_documents()] == ["sound"]
    again = add_manuals(library, folder, quiet, limits=limits, processes=1)
    assert (again.added, again.unchanged) == (0, len(told) + 1)
    assert again.faults == report.faults


def test_a_file_that_takes_too_much_ends_its_process_only(tmp_path: Path) -> None:
    bomb = b"<p>" + b"<b>x</b>" * 6_000_000
    (tmp_path / "a.html").write_bytes(bomb)
    (tmp_path / "b.txt").write_text("The torque is 55 Nm.")
    limits = ReadingLimits(most_memory=400 * 1024 * 1024)
    with ReadingPool(limits, 1) as pool:
        done = {each.path.name: each for each in pool.read_files(sorted(tmp_path.iterdir()))}
    assert done["a.html"].fault
    assert done["a.html"].reading is None
    reading = done["b.txt"].reading
    assert reading is not None
    assert reading.pages[0].text == "The torque is 55 Nm."


def test_a_name_that_lies_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_text("no PDF")
    with pytest.raises(SourceError, match="holds something else"):
        read_document(tmp_path / "a.pdf", LIMITS)

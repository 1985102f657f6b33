"""Scanned pages are read by Tesseract, and answer as others do."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridtwin.manuals.manual_ingest import add_manuals
from gridtwin.manuals.manual_library import ManualLibrary
from gridtwin.manuals.manual_search import ManualSearch
from gridtwin.manuals.page_ocr import has_ocr
from gridtwin.manuals.simulate.corpus_pages import InventedPage
from gridtwin.manuals.simulate.corpus_writer import InventedManual, write_manual

pytestmark = pytest.mark.long
LINES = ("Torque of the bushing terminal to 55 N·m.", "Inspection interval:  24 months")


def test_a_scanned_page_is_found_and_marked_where_it_stands(tmp_path: Path) -> None:
    assert has_ocr(), "tesseract is needed: run `make tesseract`"
    pages = (
        InventedPage("Safety", ("Keep away from live parts.",)),
        InventedPage("Replacing the bushing terminal", LINES),
    )
    manual = InventedManual(
        "a.pdf", "Recloser VX15: manual", "Norwell Electric", "MN-1", "C", "March 2024",
        ("VX-15A",), "VX15*", pages, scanned=1,
    )  # fmt: skip
    write_manual(manual, tmp_path / "files")
    library = ManualLibrary(tmp_path / "held.manuals", create=True)
    report = add_manuals(library, tmp_path / "files", lambda *_: None, processes=1)
    assert (report.pages, report.unreadable) == (3, 0)
    (found, *_) = ManualSearch(library).find_passages("how tight does the bushing terminal go")
    assert found.page == 3
    assert "bushing terminal to 55" in found.passage.text
    left, bottom, right, top = found.passage.boxes[0]
    assert 40 < left < right < 612
    assert 600 < bottom < top < 792  # the first lines of the page

"""Give the demo's equipment invented makers and models, and the manuals that belong to them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from gridtwin.manuals.manual_ingest import IngestReport
    from gridtwin.model.network import Network
    from gridtwin.results.documents.manual_documents import PassageRecord
    from gridtwin.twin import Twin

MANUALS, PAGES = 100, 16
QUESTION = "how close can I get without protective equipment"


def equip_network(network: Network, corpus: Path) -> Network:
    """
    Return a network with invented makers and models; write their manuals unless they are there.

    Raises
    ------
    MissingExtraError
        If what writes manuals is not installed.
    """
    from gridtwin.manuals.simulate.invented_assets import assign_invented_models
    from gridtwin.manuals.simulate.invented_corpus import QUESTION_FILE, simulate_manuals

    if not (corpus / QUESTION_FILE).is_file():  # another demo may have been ended on the way
        shutil.rmtree(corpus, ignore_errors=True)
        simulate_manuals(corpus, _keep_quiet, manuals=MANUALS, pages=PAGES, questions=30)
    return assign_invented_models(network, corpus)


def add_corpus(corpus: Path, place: Path) -> IngestReport:
    """Take the manuals of a corpus into the library at a place, but for what is scanned in them."""
    from gridtwin.manuals.manual_ingest import add_manuals
    from gridtwin.manuals.manual_library import ManualLibrary
    from gridtwin.manuals.reading_limits import ReadingLimits
    from gridtwin.manuals.simulate.invented_corpus import MANUAL_FOLDER

    library = ManualLibrary(place, create=True)
    unscanned = ReadingLimits(most_ocr_s=0)  # a scan takes longer than all other pages of a manual
    return add_manuals(library, corpus / MANUAL_FOLDER, _keep_quiet, limits=unscanned)


def ask_manuals(twin: Twin, mrid: str) -> PassageRecord | None:
    """Return what the manuals of an element answer to the demo's question."""
    from gridtwin.tools.manual_shelf import open_shelf

    found = open_shelf(twin).search(QUESTION, twin.situation("normal"), of=twin.find_one(mrid))
    return next(iter(found["passages"]), None)


def _keep_quiet(done: int, steps: int) -> None:
    """Tell nobody how far it is."""

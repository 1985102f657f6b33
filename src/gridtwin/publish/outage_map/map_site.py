"""Write the public outage map as plain files, and keep its figures new."""

from __future__ import annotations

import hashlib
import json
from importlib import resources
from typing import TYPE_CHECKING

from gridtwin.errors import InputError
from gridtwin.publish.atomic_file import write_whole
from gridtwin.publish.outage_map.area_tiles import draw_area_tiles

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from gridtwin.publish.outage_map.public_areas import PublicAreas
    from gridtwin.results.documents.outage_map_documents import OutageMapDocument

FIGURES_FILE = "outages.json"


class OutageMapSite:
    """
    A folder that a web server hands out.

    Parameters
    ----------
    folder
        Where it is written; made if it is not there.
    areas
        The areas that are told of.

    Raises
    ------
    InputError
        If nothing can be written there.
    """

    def __init__(self, folder: Path, areas: PublicAreas) -> None:
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            msg = f"{folder}: no folder can be made there: {error.strerror}"
            raise InputError(msg) from error
        archive = draw_area_tiles(areas)
        # The name says the content: figures and areas of one name belong together, and a cache
        # may keep them for ever.
        self.tiles_file = f"areas-{hashlib.sha256(archive).hexdigest()[:16]}.pmtiles"
        write_whole(folder / self.tiles_file, archive)

    def write_figures(self, document: OutageMapDocument) -> None:
        """Put new figures in the place of those before, whole or not at all."""
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"
        write_whole(self._folder / FIGURES_FILE, text.encode())

    def write_page(self) -> None:
        """Write the page; what an earlier release wrote stays for those who have it open."""
        site = resources.files("gridtwin.publish.outage_map") / "site"
        self._copy_files(site, self._folder)

    def _copy_files(self, source: Traversable, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        # The page comes last: whoever finds it finds what it needs.
        entries = sorted(source.iterdir(), key=lambda entry: (entry.is_file(), entry.name))
        for entry in entries:
            if entry.is_dir():
                self._copy_files(entry, folder / entry.name)
            else:
                write_whole(folder / entry.name, entry.read_bytes())

"""A library of two small manuals beside a twin, for what only needs one to be there."""

from __future__ import annotations

from pathlib import Path

from gridtwin.manuals.manual_ingest import add_manuals
from gridtwin.manuals.manual_library import ManualLibrary

RECLOSER = """# Recloser VX-15: installation and maintenance

Manufacturer: Norwell Electric

Models: VX-15

Document: MN-1

Revision C, March 2024

# Replacing the bushing terminal

Torque the fasteners of the bushing terminal to 55 N·m.

# Inspection of the control battery

Inspection interval: 24 months.
"""
BULLETIN = """# Service bulletin: control battery of VX-15

Manufacturer: Norwell Electric

Models: VX-15

Document: SB-7

The control battery of some units leaks. Replace it.
"""


def save_small_library(place: Path) -> ManualLibrary:
    """Keep the two manuals in a library, and return it."""
    folder = place.with_suffix(".files")
    folder.mkdir()
    (folder / "recloser.md").write_text(RECLOSER)
    (folder / "bulletin.md").write_text(BULLETIN)
    library = ManualLibrary(place, create=True)
    add_manuals(library, folder, lambda *_: None, processes=1)
    return library

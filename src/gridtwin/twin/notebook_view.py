"""Show a twin in a notebook, also one that lives in memory alone."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from gridtwin.publish.notebook_map import MapView, find_address

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridtwin.store.protocol import Store


def show_store(store: Store, save: Callable[[str], Store], view: str, height_px: int) -> MapView:
    """Return the page over a twin; one in memory is saved for it into a folder, as it is now."""
    address, folder = find_address(store), None
    if not address:
        folder = TemporaryDirectory(prefix="gridtwin-")
        address = str(Path(folder.name) / "grid.twin")
        copy = save(address)
        for mrid, phases in store.states.read_state().deviations.items():
            copy.states.operate(mrid, phases)
    return MapView(address, view=view, height_px=height_px, folder=folder)

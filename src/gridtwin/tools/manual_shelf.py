"""Open the manuals that belong to a twin; what is worked out of them is kept."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from gridtwin.errors import NotFoundError
from gridtwin.manuals.library_places import LIBRARY_FILE, LIBRARY_SUFFIX
from gridtwin.settings import Settings

if TYPE_CHECKING:
    from gridtwin.manuals.library_mirror import MirroredLibrary
    from gridtwin.manuals.library_reading import LibraryReader
    from gridtwin.manuals.manual_desk import ManualDesk
    from gridtwin.manuals.manual_library import ManualLibrary
    from gridtwin.twin import Twin

KEPT_DESKS = 4


def has_manuals(twin: Twin) -> bool:
    """Return whether there are manuals that belong to a twin."""
    try:
        open_shelf(twin)
    except NotFoundError:
        return False
    return True


def open_shelf(twin: Twin) -> ManualDesk:
    """
    Return the manuals of a twin: of ``GRIDTWIN_MANUALS``, else beside it or in its database.

    Raises
    ------
    NotFoundError
        If there are none.
    """
    named = Settings.from_environment().manuals
    address = str(getattr(twin.store, "url", ""))
    if address and not named:
        mirror = _open_mirror(address)
        mirror.check_documents()
        return _open_desk(mirror)
    beside = str(getattr(twin.store, "path", ""))
    place = Path(named) if named else Path(beside).with_suffix(LIBRARY_SUFFIX) if beside else None
    if place is None or not (place / LIBRARY_FILE).is_file():
        what = "library of manuals"
        raise NotFoundError(what, f"*{LIBRARY_SUFFIX}")
    return _open_desk(_open_library(place))


@lru_cache(KEPT_DESKS)
def _open_library(place: Path) -> ManualLibrary:
    from gridtwin.manuals.manual_library import ManualLibrary

    return ManualLibrary(place)


@lru_cache(KEPT_DESKS)
def _open_mirror(address: str) -> MirroredLibrary:
    from gridtwin.manuals.library_mirror import MirroredLibrary

    return MirroredLibrary(address)


@lru_cache(KEPT_DESKS)
def _open_desk(library: LibraryReader) -> ManualDesk:
    from gridtwin.manuals.manual_desk import ManualDesk

    return ManualDesk(library)

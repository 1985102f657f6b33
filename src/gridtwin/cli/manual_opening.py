"""Open the manuals that a command asks: of a twin, or of a library that is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gridtwin.cli.options import open_twin
from gridtwin.errors import InputError
from gridtwin.settings import Settings

if TYPE_CHECKING:
    from gridtwin.analysis.state.situation import Situation
    from gridtwin.manuals.library_reading import LibraryReader
    from gridtwin.manuals.manual_desk import ManualDesk
    from gridtwin.manuals.manual_library import ManualLibrary
    from gridtwin.model.ids import Element
    from gridtwin.twin import Twin

Library = Annotated[
    str,
    typer.Option(
        "--library",
        envvar="GRIDTWIN_MANUALS",
        metavar="FOLDER",
        help="The library; by default beside a local twin, as NAME.manuals.",
    ),
]


def open_library(twin: str, named: str, *, create: bool = False) -> ManualLibrary:
    """Open the library of a twin, or one that is named."""
    from gridtwin.manuals.library_places import find_library_place
    from gridtwin.manuals.manual_library import ManualLibrary

    target = twin or Settings.from_environment().twin
    return ManualLibrary(find_library_place(target, named), create=create)


def open_held(twin: str, named: str) -> LibraryReader:
    """Open the library, or its mirror where the twin is in PostgreSQL and no library is named."""
    from gridtwin.manuals.library_mirror import MirroredLibrary
    from gridtwin.store.postgis.connect import is_address

    target = twin or Settings.from_environment().twin
    if named or not is_address(target):
        return open_library(twin, named)
    mirror = MirroredLibrary(target)
    mirror.check_documents()
    return mirror


def make_desk(twin: str, named: str) -> ManualDesk:
    """Open the manuals of a twin, or of a library that is named, to ask them."""
    from gridtwin.manuals.manual_desk import ManualDesk

    return ManualDesk(open_held(twin, named))


def open_desk(
    twin: str, named: str, of: str, on: str
) -> tuple[ManualDesk, Situation | None, tuple[Element | None, Element | None]]:
    """Open the library, and the twin where an element is named."""
    desk = make_desk(twin, named)
    if not (of or on):
        return desk, None, (None, None)
    opened = open_twin(twin)
    place = _find_place(opened, on) if on else None
    return desk, opened.situation("normal"), (opened.find_one(of) if of else None, place)


def _find_place(opened: Twin, name: str) -> Element:
    element = opened.find_one(name)
    if element.table not in {"feeders", "substations"}:
        msg = f"{name!r} is no feeder and no substation: give it with --of"
        raise InputError(msg)
    return element

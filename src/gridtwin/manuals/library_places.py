"""Say where a library of manuals lies, without opening it."""

from __future__ import annotations

from pathlib import Path

from gridtwin.errors import InputError

LIBRARY_SUFFIX = ".manuals"  # of the directory beside a local twin
LIBRARY_FILE = "manuals.sqlite"  # in it
USE_FILE = "manual_use.sqlite"  # questions and votes, apart from the documents


def find_library_place(target: str, named: str = "") -> Path:
    """
    Return the directory of the library of a twin.

    Parameters
    ----------
    target
        The twin; empty: none.
    named
        What a person, or the environment, says instead.

    Raises
    ------
    InputError
        If nothing says where it is.
    """
    if named:
        return Path(named)
    if not target or "://" in target:
        msg = "no library of manuals is named: give --library FOLDER, or set GRIDTWIN_MANUALS"
        raise InputError(msg)
    return Path(target.rstrip("/")).with_suffix(LIBRARY_SUFFIX)

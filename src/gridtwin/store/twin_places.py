"""Put a finished twin in its place, and what was there before away; never a half one."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from gridtwin.errors import InputError, StoreError
from gridtwin.store.arrays import flush_to_disk
from gridtwin.store.sqlite_database import STATE_FILE
from gridtwin.store.twin_card import CARD_FILE

if TYPE_CHECKING:
    from pathlib import Path

TWIN_SUFFIX = ".twin"
ASIDE_SUFFIX = ".old"  # ends the name a twin has while another takes its place


def check_place(path: Path, *, overwrite: bool) -> None:
    """
    Refuse a place where no twin can be put.

    Raises
    ------
    InputError
        If its name does not end in ``.twin``.
    StoreError
        If it is taken, unless by a twin that may be overwritten.
    """
    if path.suffix != TWIN_SUFFIX:
        msg = f"{path} cannot be the name of a twin: call it {path}{TWIN_SUFFIX}"
        raise InputError(msg)
    if not path.exists():
        return
    if not overwrite:
        msg = f"{path} exists already: choose another name, or allow it to be overwritten"
        raise StoreError(msg)
    if not ((path / CARD_FILE).is_file() or (path / STATE_FILE).is_file()):
        msg = f"{path} is no twin and is not overwritten: choose another name"
        raise StoreError(msg)


def move_into_place(new: Path, path: Path) -> None:
    """Put a finished twin in its place, and remove what was there before."""
    old = new.with_suffix(ASIDE_SUFFIX)
    replaced = path.exists()
    if replaced:
        path.rename(old)
    try:
        new.rename(path)
    except OSError:
        if replaced:
            old.rename(path)
        raise
    flush_to_disk(path.parent)
    if replaced:
        shutil.rmtree(old)

"""Write a file whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridtwin.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """
    Write a file beside its place, then move it there: who reads it sees the old or the new.

    Raises
    ------
    InputError
        If it cannot be written there.
    """
    import os
    import tempfile

    if path.is_dir() or not path.parent.is_dir():
        msg = f"{path}: that is a folder, or its folder does not exist: choose another name"
        raise InputError(msg)
    try:
        handle, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        msg = f"{path}: cannot be written there: {error.strerror}"
        raise InputError(msg) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(partial, 0o644)  # noqa: PTH101 - the name is a text
        os.replace(partial, path)  # noqa: PTH105
    except OSError as error:
        msg = f"{path}: cannot be written: {error.strerror}"
        raise InputError(msg) from error
    finally:
        if os.path.exists(partial):  # noqa: PTH110
            os.unlink(partial)  # noqa: PTH108

"""Show the map of ``gridtwin serve`` in a frame of a notebook."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
import tempfile
import time
import weakref
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from gridtwin.errors import MissingExtraError, StoreError

if TYPE_CHECKING:
    from gridtwin.store.protocol import Store

SERVER_START_S = 60.0
SERVER_END_S = 10.0
NOTEBOOKS = "http://localhost:* http://127.0.0.1:*"  # whose pages may frame the map
SERVER_COMMAND = "from gridtwin.cli.entry import main; main()"


class MapView:
    """
    The map of a twin, served by a process of its own as long as this object lives.

    Parameters
    ----------
    address
        Where the twin is kept: a directory, or the address of a database.
    view
        What is shown at first: the part of a shared link behind ``#``.
    height_px
        Height of the frame.
    folder
        A temporary directory the twin is kept in, removed at the end.

    Raises
    ------
    MissingExtraError
        If the server is not installed.
    StoreError
        If it does not start.
    """

    def __init__(
        self,
        address: str,
        *,
        view: str = "",
        height_px: int = 640,
        folder: tempfile.TemporaryDirectory[str] | None = None,
    ) -> None:
        if find_spec("fastapi") is None:
            need = "the map"
            raise MissingExtraError(need, "serve")
        self.view = view.lstrip("#")
        self.height_px = height_px
        process, self.server = _start_server(address)
        self._end = weakref.finalize(self, _end_server, process, folder)

    @property
    def url(self) -> str:
        """Where a browser finds the view."""
        return f"{self.server}#{self.view}" if self.view else self.server

    def close(self) -> None:
        """End the server; it ends by itself with the interpreter."""
        self._end()

    def _repr_html_(self) -> str:
        """Return the frame that notebooks show."""
        return (
            f'<iframe src="{html.escape(self.url, quote=True)}" title="Map of the grid"'
            f' style="width: 100%; height: {self.height_px}px; border: 0"'
            ' allow="clipboard-write"></iframe>'
        )

    def __repr__(self) -> str:
        """Return the view in one line."""
        return f"MapView({self.url})"


def find_address(store: Store) -> str:
    """Return where other processes find a twin; nothing if it is in memory only."""
    from gridtwin.store.local_store import LocalStore
    from gridtwin.store.postgis.postgis_store import PostgisStore

    if isinstance(store, LocalStore):
        return str(store.path.resolve())
    return store.url if isinstance(store, PostgisStore) else ""


def _start_server(address: str) -> tuple[subprocess.Popen[bytes], str]:
    """Start a server at a free port; return it and its address."""
    # The address may hold a password: it is no word of the command, which others can read.
    environment = {"GRIDTWIN_FRAMES": NOTEBOOKS, **os.environ, "GRIDTWIN_TWIN": address}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        log = Path(folder) / "log"
        with log.open("wb") as file:
            process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-c", SERVER_COMMAND, "serve", "--port", "0"],
                stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=environment,
            )  # fmt: skip
        end = time.monotonic() + SERVER_START_S
        while process.poll() is None and time.monotonic() < end:
            match = re.search(r" at (http://\S+)", log.read_text(errors="replace"))
            if match:
                return process, match[1]
            time.sleep(0.05)
        _end_server(process)
        said = log.read_text(errors="replace").strip().splitlines()
    msg = f"the map's server did not start: {said[-1] if said else 'it said nothing'}"
    raise StoreError(msg)


def _end_server(
    process: subprocess.Popen[bytes], folder: tempfile.TemporaryDirectory[str] | None = None
) -> None:
    process.terminate()
    try:
        process.wait(SERVER_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if folder is not None:
        folder.cleanup()

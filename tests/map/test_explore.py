"""The page shows in a frame of a notebook, and its server ends with it."""

from __future__ import annotations

import gc
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import gridtwin
from gridtwin.errors import StoreError
from gridtwin.publish.notebook_map import MapView
from networks import two_feeders_with_a_tie
from tab import until
from waiting import PATIENCE_S

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


@contextmanager
def notebook(folder: Path, body: str) -> Iterator[str]:
    """Serve a page of another origin, as a notebook is."""
    (folder / "index.html").write_text(f"<!doctype html><title>Notebook</title>{body}")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def answers(view: MapView) -> bool:
    try:
        with urllib.request.urlopen(f"{view.server}ready", timeout=PATIENCE_S) as answer:  # noqa: S310
            return answer.status == 200
    except urllib.error.URLError:
        return False


def test_the_map_shows_in_the_frame_of_another_origin(
    new_context: Callable[[], BrowserContext], own_home: Path, tmp_path: Path
) -> None:
    view = gridtwin.open(own_home).explore("panel=outages")
    context = new_context()
    page = context.new_page()
    try:
        (tmp_path / "notebook").mkdir()
        with notebook(tmp_path / "notebook", view._repr_html_()) as url:
            page.goto(url)
            frame = page.frames[1]
            until(frame, "window.gridtwin && window.gridtwin.idle")
            assert frame.get_by_text("Nobody is out.").is_visible()
    finally:
        context.close()
        view.close()


def test_a_twin_in_memory_is_shown_as_it_stands() -> None:
    twin = gridtwin.open(two_feeders_with_a_tie())
    twin.switch("BKR1", open=True)
    view = twin.explore()
    try:
        with urllib.request.urlopen(f"{view.server}api/state", timeout=PATIENCE_S) as answer:  # noqa: S310
            assert b'"customers_out":8' in answer.read()
    finally:
        view.close()


def test_the_server_ends_with_the_view(own_home: Path) -> None:
    view = gridtwin.open(own_home).explore()
    assert answers(view)
    view.close()
    assert not answers(view)
    other = gridtwin.open(own_home).explore()
    process = other._end.peek()[2][0]  # type: ignore[index]
    del other
    gc.collect()
    assert process.poll() is not None


def test_a_twin_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="did not start"):
        MapView(str(tmp_path / "none.twin"))

"""Drive the page in a real browser, on a real server; keep a picture of how a failed test ended."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

import gridtwin
from api.conftest import answering
from chromium import FLAGS, ChromiumMissingError, find_chromium
from gridtwin.api.app import create_app
from gridtwin.settings import ServeSettings
from served import TOKEN, Served, serve
from tab import VIEW, Tab
from waiting import PATIENCE_S

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

ARTIFACTS = Path(__file__).parents[2] / "test-artifacts" / "map"
METERS = 3_000
LOOKS: dict[str, dict[str, Any]] = {
    "drawn": {"reduced_motion": "no-preference"},
    "undrawn": {"reduced_motion": "reduce", "device_scale_factor": 0.5},
}
# Who was shown around before is not asked again; a blank page keeps nothing.
TOURED = "if (origin !== 'null') localStorage.setItem('gridtwin.toured', '1')"
DRAW_NOTHING = """
for (const shape of ["Arrays", "Elements"])
  for (const many of ["", "Instanced"])
    WebGL2RenderingContext.prototype[`draw${shape}${many}`] = () => {};
"""
PATIENCE_MS = PATIENCE_S * 1_000
FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let the fixtures of a test know that it failed."""
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return a browser of this process; a machine without one fails, it never skips."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    try:
        program = find_chromium()
    except ChromiumMissingError as error:
        pytest.fail(str(error), pytrace=False)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=str(program),
            headless=True,
            args=list(FLAGS),
            timeout=PATIENCE_MS,
        )
        yield running
        running.close()


@pytest.fixture(scope="session")
def territory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small territory as it was made; nobody writes to it."""
    home = tmp_path_factory.mktemp("map") / "made.twin"
    gridtwin.open(gridtwin.synthesize("houston", meters=METERS, seed=1)).save(home)
    return home


@pytest.fixture(scope="session")
def home(territory: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the territory that is shown to many tests, and operated by none."""
    return Path(shutil.copytree(territory, tmp_path_factory.mktemp("map") / "shown.twin"))


@pytest.fixture
def own_home(territory: Path, tmp_path: Path) -> Path:
    """Return a copy of the territory of the test's own, to be operated."""
    return Path(shutil.copytree(territory, tmp_path / "small.twin"))


@pytest.fixture(scope="session")
def serve_once() -> Iterator[Callable[[Path], Served]]:
    """Return what serves each twin by one ``gridtwin serve`` until all tests are over."""
    with ExitStack() as running:
        yield lru_cache(lambda home: running.enter_context(serve(home)))


@pytest.fixture(scope="module")
def server(home: Path, serve_once: Callable[[Path], Served]) -> Served:
    """Return a running ``gridtwin serve`` for the tests of a file that only look."""
    return serve_once(home)


@pytest.fixture
def own_server(own_home: Path) -> Iterator[Served]:
    """Return a server over the test's own twin, in a thread of this process."""
    settings = ServeSettings(str(own_home), operator_token=TOKEN)
    with answering(create_app(settings), settings) as client:
        yield Served(str(client.base_url.join("/")), own_home)


@pytest.fixture(
    scope="session", params=["undrawn", pytest.param("drawn", marks=pytest.mark.nightly)]
)
def new_context(browser: Browser, request: pytest.FixtureRequest) -> Callable[[], BrowserContext]:
    """
    Return what makes a profile of the browser with nothing loaded before.

    Much of what a page costs a processor without a GPU is to fill pixels, which hardly a test
    looks at: undrawn, the map does all but that, and nothing flows or flies. What is drawn is
    looked at by the tests of `drawn_tab`, those of `each_look`, and by night all.
    """
    return partial(_open_context, browser, request.param)


def _open_context(browser: Browser, look: str) -> BrowserContext:
    opened = browser.new_context(viewport=VIEW, accept_downloads=True, **LOOKS[look])
    opened.add_init_script(TOURED)
    if look == "undrawn":
        opened.add_init_script(DRAW_NOTHING)
    return opened


@pytest.fixture(scope="session")
def context(new_context: Callable[[], BrowserContext]) -> Iterator[BrowserContext]:
    """Return a profile of the browser, which keeps what it loaded for the next page."""
    with new_context() as kept:
        yield kept


@pytest.fixture
def tab(context: BrowserContext, server: Served, request: pytest.FixtureRequest) -> Iterator[Tab]:
    """Return a fresh page on the shared server, watched, and photographed where it fails."""
    with context.new_page() as page:
        yield from _watched(Tab(page, server), request.node)


@pytest.fixture
def own_tab(
    new_context: Callable[[], BrowserContext], own_server: Served, request: pytest.FixtureRequest
) -> Iterator[Tab]:
    """Return a page with nothing loaded before, on the test's own server."""
    with new_context() as fresh:
        yield from _watched(Tab(fresh.new_page(), own_server), request.node)


@pytest.fixture
def drawn_tab(
    browser: Browser, own_server: Served, request: pytest.FixtureRequest
) -> Iterator[Tab]:
    """Return a page on the test's own server whose pixels are looked at."""
    with _open_context(browser, "drawn") as fresh:
        yield from _watched(Tab(fresh.new_page(), own_server), request.node)


@pytest.fixture
def watch_tab(
    request: pytest.FixtureRequest,
) -> Callable[[Page, Served], AbstractContextManager[Tab]]:
    """Return what watches a page of a test's own server until the block ends."""
    watched = contextmanager(_watched)
    return lambda page, served: watched(Tab(page, served), request.node)


def _watched(opened: Tab, test: pytest.Item) -> Iterator[Tab]:
    def heard(message: ConsoleMessage) -> None:
        if message.type == "error":
            opened.errors.append(f"{message.text} ({json.dumps(message.location)})")

    def asked(request: Request) -> None:
        opened.requests.append(request.url)
        if request.method == "POST":
            opened.posted.append((urlsplit(request.url).path, request.post_data_json))

    opened.page.set_default_timeout(PATIENCE_MS)
    opened.page.on("console", heard)
    opened.page.on("pageerror", lambda error: opened.errors.append(str(error)))
    opened.page.on("request", asked)
    try:
        yield opened
        opened.verify()
    except BaseException:
        _keep_picture(opened, test)
        raise
    if test.stash.get(FAILED, False):
        _keep_picture(opened, test)


def _keep_picture(opened: Tab, test: pytest.Item) -> None:
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    picture = re.sub(r"[^\w-]+", "_", test.name)
    opened.page.screenshot(path=ARTIFACTS / f"{picture}.png")

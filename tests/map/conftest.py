"""Drive the page in a real browser, on a real server; keep a picture of how each test ended."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import gridtwin
from chromium import FLAGS, ChromiumMissingError, find_chromium
from served import Served, serve

if TYPE_CHECKING:
    from axe_playwright_python.base import AxeResults
    from playwright.sync_api import Browser, ConsoleMessage, Page, Request

ARTIFACTS = Path(__file__).parents[2] / "test-artifacts" / "map"
METERS = 3_000
IDLE_MS = 30_000
VIEW = {"width": 1280, "height": 800}
TABLET = {"width": 820, "height": 1180}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return a browser of this process; a machine without one fails, it never skips."""
    from playwright.sync_api import sync_playwright

    try:
        program = find_chromium()
    except ChromiumMissingError as error:
        pytest.fail(str(error), pytrace=False)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=str(program), headless=True, args=list(FLAGS)
        )
        yield running
        running.close()


@pytest.fixture(scope="session")
def territory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small territory as it was made; nobody writes to it."""
    home = tmp_path_factory.mktemp("map") / "made.twin"
    gridtwin.open(gridtwin.synthesize("houston", meters=METERS, seed=1)).save(home)
    return home


@pytest.fixture
def home(territory: Path, tmp_path: Path) -> Path:
    """Return a copy of the territory of the test's own, to be operated."""
    return Path(shutil.copytree(territory, tmp_path / "small.twin"))


@pytest.fixture
def server(home: Path) -> Iterator[Served]:
    """Return a running ``gridtwin serve`` over the test's own twin."""
    with serve(home) as running:
        yield running


@dataclass
class Tab:
    """One page of the browser, and all that it said and asked for."""

    page: Page
    served: Served
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)  # patterns of errors a test provokes

    def open(self, view: str = "") -> Page:
        """Load the page, with the state of a URL; return when the map is idle."""
        self.page.goto(self.served.url + view)
        self.idle()
        return self.page

    def idle(self) -> None:
        """Wait until the map has drawn everything."""
        self.page.wait_for_function("window.gridtwin && window.gridtwin.idle", timeout=IDLE_MS)

    def evaluate(self, expression: str, argument: Any = None) -> Any:
        """Return what JavaScript answers."""
        return self.page.evaluate(expression, argument)

    @property
    def state(self) -> dict[str, str]:
        """What the address bar keeps of the view, by name."""
        from urllib.parse import parse_qsl, urlsplit

        parts = urlsplit(self.page.url)
        return dict(parse_qsl(parts.query) + parse_qsl(parts.fragment))

    def audit(self, selector: str) -> None:
        """Hold a part of the page against axe: WCAG 2.2 A and AA."""
        from axe_playwright_python.sync_playwright import Axe

        tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
        options = {"runOnly": {"type": "tag", "values": tags}, "resultTypes": ["violations"]}
        found: AxeResults = Axe().run(self.page, context=selector, options=options)
        if found.violations_count:
            pytest.fail(found.generate_report(), pytrace=False)

    def verify(self) -> None:
        """Fail on what no test expects: an error on the console, or a request off the host."""
        strays = [url for url in self.requests if not url.startswith(_own(self.served.url))]
        assert not strays, f"requests off the host: {strays[:5]}"
        odd = [said for said in self.errors if not any(re.search(x, said) for x in self.expected)]
        assert not odd, "the console shows errors:\n" + "\n".join(odd[:10])


def _own(url: str) -> tuple[str, ...]:
    return (url, "data:", f"blob:{url}")


@pytest.fixture
def tab(browser: Browser, server: Served, request: pytest.FixtureRequest) -> Iterator[Tab]:
    """Return a fresh page on the test's own server, watched, and photographed at the end."""
    with ExitStack() as stack:
        context = browser.new_context(viewport=VIEW, accept_downloads=True)
        stack.callback(context.close)
        yield from _watched(Tab(context.new_page(), server), request.node.name)


def _watched(opened: Tab, name: str) -> Iterator[Tab]:
    def heard(message: ConsoleMessage) -> None:
        if message.type == "error":
            opened.errors.append(f"{message.text} ({json.dumps(message.location)})")

    def asked(request: Request) -> None:
        opened.requests.append(request.url)

    opened.page.on("console", heard)
    opened.page.on("pageerror", lambda error: opened.errors.append(str(error)))
    opened.page.on("request", asked)
    try:
        yield opened
    finally:
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        picture = re.sub(r"[^\w-]+", "_", name)
        opened.page.screenshot(path=ARTIFACTS / f"{picture}.png")
    opened.verify()

"""Hold a page of the browser, and all that it said and asked for."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from served import Served
from waiting import PATIENCE_S

if TYPE_CHECKING:
    from axe_playwright_python.base import AxeResults
    from playwright.sync_api import Page

VIEW = {"width": 1280, "height": 800}
TABLET = {"width": 820, "height": 1180}
POLL_MS = 100  # each look costs the page, too

each_look = pytest.mark.parametrize(
    "new_context",
    ["undrawn", pytest.param("drawn", marks=pytest.mark.long)],
    indirect=True,
    scope="session",
)


@dataclass
class Tab:
    """One page of the browser, and all that it said and asked for."""

    page: Page
    served: Served
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    posted: list[tuple[str, Any]] = field(default_factory=list)  # path, and JSON body
    expected: list[str] = field(default_factory=list)  # patterns of errors a test provokes

    def open(self, view: str = "") -> Page:
        """Load the page, with the state of a URL; return when the map is idle."""
        self.page.goto(self.served.url + view)
        self.idle()
        return self.page

    def idle(self) -> None:
        """Wait until the map has drawn everything."""
        until(self.page, "window.gridtwin && window.gridtwin.idle")

    def evaluate(self, expression: str, argument: Any = None) -> Any:
        """Return what JavaScript answers."""
        return self.page.evaluate(expression, argument)

    @property
    def state(self) -> dict[str, str]:
        """What the address bar keeps of the view, by name."""
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


def until(page: Page, expression: str, argument: Any = None) -> None:
    """
    Wait until JavaScript answers yes.

    The driver's own ``wait_for_function`` has the page evaluate text, which its policy forbids.
    """
    end = time.monotonic() + PATIENCE_S
    while not page.evaluate(expression, argument):
        assert time.monotonic() < end, f"never came true: {expression}"
        page.wait_for_timeout(POLL_MS)


def _own(url: str) -> tuple[str, ...]:
    return (url, "data:", f"blob:{url}")

"""The pages build into a site that needs nothing from elsewhere, and what they name is there."""

from __future__ import annotations

import doctest
import pkgutil
import re
import subprocess
import sys
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path

import pytest

import gridtwin

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "src/gridtwin"


class References(HTMLParser):
    """Collect what a page loads, and what it links to."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.anchors.add(values.get("id", ""))
        if tag in {"script", "img", "iframe", "source"} and "src" in values:
            self.loads.append(values["src"])
        if tag == "link" and values.get("rel") in {"stylesheet", "icon", "preload", "preconnect"}:
            self.loads.append(values["href"])
        if tag == "a" and "href" in values:
            self.links.append(values["href"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the built site; a warning of Sphinx is an error."""
    out = tmp_path_factory.mktemp("site")
    words = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "docs", str(out)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, References]:
    """Return what each page of the site refers to."""
    read = {}
    for page in site.rglob("*.html"):
        read[page.relative_to(site)] = references = References()
        references.feed(page.read_text(encoding="utf-8"))
    return read


@pytest.mark.long
def test_site_loads_nothing_from_elsewhere(site: Path, pages: dict[Path, References]) -> None:
    loads = {load for each in pages.values() for load in each.loads}
    assert loads
    assert not [load for load in loads if re.match(r"(https?:)?//", load)]
    styles = [style.read_text(encoding="utf-8") for style in site.rglob("*.css")]
    assert not [text for text in styles if re.search(r"(url\(|@import )['\"]?(https?:)?//", text)]


@pytest.mark.long
def test_every_link_of_the_site_leads_somewhere(site: Path, pages: dict[Path, References]) -> None:
    broken = []
    for page, references in pages.items():
        for link in references.links:
            if re.match(r"[a-z]+:", link):
                continue
            path, _, anchor = link.partition("#")
            target = (site / page.parent / path).resolve() if path else site / page
            named = target.relative_to(site)
            has_anchor = not anchor or named not in pages or anchor in pages[named].anchors
            if not target.exists() or not has_anchor:
                broken.append((str(page), link))
    assert not broken


@pytest.mark.long
def test_every_page_is_reached_from_the_first(pages: dict[Path, References]) -> None:
    linked = {link.partition("#")[0] for link in pages[Path("index.html")].links}
    guides = {path.with_suffix(".html").name for path in (ROOT / "docs").glob("*.md")}
    assert not guides - linked - {"index.html"}


def test_architecture_names_what_is_there() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_]+(?:/[a-z_]+)*(?:/|\.py))`", text))
    assert {"cli/", "twin/questions.py"} <= named
    assert not [
        path for path in named if not (SOURCES / path).exists() and not (ROOT / path).exists()
    ]


def test_every_room_has_its_place_in_the_architecture() -> None:
    rooms = {path.name for path in SOURCES.iterdir() if (path / "__init__.py").exists()}
    floors = (ROOT / "docs/adr/0001-floors.md").read_text(encoding="utf-8")
    assert not [room for room in rooms if f"`{room}`" not in floors]


EXAMPLES = sorted(
    module.name
    for module in pkgutil.walk_packages(gridtwin.__path__, "gridtwin.")
    if (SOURCES.parent / (module.name.replace(".", "/") + ".py")).exists()
    and ">>>" in (SOURCES.parent / (module.name.replace(".", "/") + ".py")).read_text()
)


@pytest.mark.parametrize("name", ["gridtwin", *EXAMPLES])
def test_examples_of_docstrings_run(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    done = doctest.testmod(import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert done.attempted
    assert not done.failed

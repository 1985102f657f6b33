"""What the page carries of others comes with its license, in the wheel and on the server."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

ROOT = Path(__file__).parents[2]
CARRIED = "gridtwin/api/static/licenses.txt"
OUTAGE_MAP = "gridtwin/publish/outage_map/site/licenses.txt"
PREBUILT = "maplibre-gl"  # its files were made of its own dependencies


def test_the_wheel_carries_the_license_of_each_dependency_of_the_page(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    (path,) = tmp_path.glob("*.whl")
    wheel = zipfile.ZipFile(path)
    texts = {}
    for page in (CARRIED, OUTAGE_MAP):
        carried = wheel.read(page).decode()
        (beside,) = (name for name in wheel.namelist() if name.endswith(f"/licenses/src/{page}"))
        assert wheel.read(beside).decode() == carried
        texts |= texts_by_package(carried)
    for name, version in dependencies():
        assert f"{name} {version}" in texts, f"{name} {version} is in the page: run make web"
        assert re.search(r"copyright", texts[f"{name} {version}"], re.IGNORECASE), name


def test_the_fonts_of_the_page_come_with_their_license(client: httpx.Client) -> None:
    texts = texts_by_package(client.get("/licenses.txt").raise_for_status().text)
    (font,) = (text for name, text in texts.items() if name.startswith("@fontsource/"))
    assert "SIL OPEN FONT LICENSE" in font
    assert "Noto" in font


def texts_by_package(carried: str) -> dict[str, str]:
    """Return the texts by `name version`."""
    parts = [part.partition("\n\n") for part in carried.split(f"\n\n{'-' * 80}\n\n")]
    return {title.rpartition(" (")[0].split(" (")[0]: text for title, _, text in parts}


def dependencies() -> list[tuple[str, str]]:
    """Return what the page names as its own, and what was built into the map library."""
    packages: dict[str, Any] = json.loads(
        (ROOT / "web/package-lock.json").read_text(encoding="utf-8")
    )["packages"]
    found = [(name, f"node_modules/{name}") for name in packages[""]["dependencies"]]
    for name in packages[f"node_modules/{PREBUILT}"]["dependencies"]:
        nested = f"node_modules/{PREBUILT}/node_modules/{name}"
        found.append((name, nested if nested in packages else f"node_modules/{name}"))
    return [(name, packages[at]["version"]) for name, at in found if not name.startswith("@types/")]

"""The image is built without a registry, runs shut in, and says what is inside."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from oci_image import Image, build_image, forget_pages, run_image, run_to_end, wait_for_start

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.long

MOST_BYTES = 900e6
METERS_OF_M = 596_906
ARTIFACTS = Path(__file__).parents[2] / "test-artifacts"
# Neither has a text of its license in its wheel; what the license is stands in the list of parts.
LICENSE_FILE = re.compile("licen[cs]e|copying|notice", re.IGNORECASE)
NO_TEXT = {"duckdb_extension_spatial", "pmtiles"}
WAIT_UNTIL_READY = """
import json, os, time, urllib.error, urllib.request
while True:
    try:
        told = json.load(urllib.request.urlopen("http://127.0.0.1:8766/ready"))
        ticks = open("/proc/1/stat").read().rpartition(")")[2].split()[11:13]
        told["processor_s"] = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
        print(json.dumps(told))
        break
    except urllib.error.HTTPError as error:
        assert error.code == 503, error
    except OSError:
        pass
    time.sleep(0.02)
"""
TRY_TO_WRITE = """
import os
print(os.getuid(), os.getgid(), open("/proc/self/status").read().split("CapEff:")[1].split()[0])
for folder in ("/", "/opt/gridtwin", "/usr/bin", "/etc", "/data", "/tmp"):
    try:
        open(os.path.join(folder, "written"), "w").close()
        print("writes", folder)
    except OSError as error:
        print("refused", folder, error.errno)
"""


@contextmanager
def make_volume() -> Iterator[Path]:
    """Return a folder of the image's user, on a disk: what lies in memory is never cold."""
    with tempfile.TemporaryDirectory(prefix="gridtwin-volume-", dir="/var/tmp") as folder:
        volume = Path(folder) / "data"
        volume.mkdir()
        os.chown(volume, 10_001, 10_001)
        yield volume


def check_parts(image: Image) -> None:
    """Hold the list of parts against what is installed, and look for the texts of licenses."""
    (packages,) = image.root.glob("opt/gridtwin/lib/python3.*/site-packages")
    parts = json.loads((image.root / "opt/gridtwin/sbom.cdx.json").read_text())
    assert parts["bomFormat"] == "CycloneDX"
    named = {normalize_name(each["name"]): each for each in parts["components"]}
    installed = {each.name.split("-")[0]: each for each in packages.glob("*.dist-info")}
    assert {normalize_name(name) for name in installed} <= named.keys()
    assert not [name for name, each in named.items() if not each.get("licenses")]
    wordless = {
        name
        for name, folder in installed.items()
        if not any(LICENSE_FILE.search(each.name) for each in folder.rglob("*"))
    }
    assert wordless == NO_TEXT
    systems = {each.parent.name for each in image.root.glob("usr/share/doc/*/copyright")}
    assert {"libc6", "libgomp1", "python3.11"} <= systems


def normalize_name(name: str) -> str:
    return re.sub("[-_.]+", "-", name).lower()


def weigh_parts(image: Image) -> dict[str, int]:
    """Return the megabytes of the largest parts."""
    (packages,) = image.root.glob("opt/gridtwin/lib/python3.*/site-packages")
    sizes: dict[str, int] = {}
    for place in image.root.rglob("*"):
        if place.is_file() and not place.is_symlink():
            inside = place.is_relative_to(packages)
            name = place.relative_to(packages).parts[0] if inside else "the system"
            sizes[name] = sizes.get(name, 0) + place.stat().st_size
    largest = sorted(sizes, key=lambda name: -sizes[name])[:20]
    return {name: round(sizes[name] / 1e6) for name in largest}


def time_start(image: Image, volume: Path, work: Path) -> dict[str, float]:
    """Return how long a container took to `/ready`, by the clock and the processor; stop it."""
    began = time.monotonic()
    with run_image(image, volume, work) as container:
        wait_for_start(container)
        ready = container.run_inside("python3", "-c", WAIT_UNTIL_READY)
        took = time.monotonic() - began
        assert ready.returncode == 0, (work / "log").read_text() + ready.stderr
        assert container.send_signal("TERM") == 0, (work / "log").read_text()
    told = json.loads(ready.stdout)
    assert told["status"] == "ready"
    return {"seconds": took, "processor_s": told["processor_s"]}


def test_the_image_is_small_shut_in_and_starts(tmp_path: Path) -> None:
    with build_image("localhost/gridtwin:test") as image, make_volume() as volume:
        check_parts(image)
        (ARTIFACTS / "image").mkdir(parents=True, exist_ok=True)
        figures = {"bytes": image.size, "megabytes_of": weigh_parts(image)}
        assert image.size < MOST_BYTES, figures
        shut = Image(image.name, image.root, {**image.config, "Entrypoint": ["python3", "-c"]})
        said = run_to_end(shut, volume, tmp_path / "writes", TRY_TO_WRITE).splitlines()
        assert said[0] == "10001 10001 0000000000000000"
        assert [line.split()[:2] for line in said[1:]] == [
            *(["refused", folder] for folder in ("/", "/opt/gridtwin", "/usr/bin", "/etc")),
            *(["writes", folder] for folder in ("/data", "/tmp")),  # noqa: S108
        ]
        made = ("new", "/data/grid.twin", "--meters", str(METERS_OF_M))
        run_to_end(image, volume, tmp_path / "new", *made)
        forget_pages(volume, image.root / "opt", image.root / "usr")
        figures["cold_start"] = time_start(image, volume, tmp_path / "cold")
        figures["warm_start"] = time_start(image, volume, tmp_path / "warm")
        figures["load_average"] = os.getloadavg()[0]
        (ARTIFACTS / "image/figures.json").write_text(json.dumps(figures, indent=1))
        shutil.copy(image.root / "opt/gridtwin/sbom.cdx.json", ARTIFACTS / "image")

"""The words of a QGIS project: which elements and attributes stand where."""

from __future__ import annotations

import os
import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

# What stands in projects that QGIS 3.22 wrote itself.
WORDS_FILE = Path(__file__).parent / "publish/qgis_words.txt"


def collect_words(root: Element) -> set[str]:
    """Return each ``parent/element@attribute``, and the properties of each kind of layer."""
    words: set[str] = set()
    for parent, element in _pair_elements(root):
        place = f"{parent}/{element.tag}"
        words |= {place, *(f"{place}@{name}" for name in element.attrib)}
        if element.tag == "layer" and "class" in element.attrib:
            words |= {
                f"{element.get('class')}:{option.get('name')}"
                for option in element.findall("Option/Option")
            }
    return words


def _pair_elements(parent: Element) -> Iterator[tuple[str, Element]]:
    for element in parent:
        yield parent.tag, element
        yield from _pair_elements(element)


@cache
def find_qgis_python() -> str:
    """Return the Python that knows QGIS; a machine without one fails, it never skips."""
    for python in (os.environ.get("QGIS_PYTHON", ""), "/usr/bin/python3"):
        words = [python, "-c", "import qgis.core"]
        if python and not subprocess.run(words, capture_output=True, check=False).returncode:
            return python
    pytest.fail("QGIS is needed: run `make qgis`, or set QGIS_PYTHON", pytrace=False)


def read_words(path: Path) -> set[str]:
    """Return the words of a project file."""
    return collect_words(ElementTree.parse(path).getroot())  # noqa: S314 - of our own making


def names_in(project: Element) -> dict[str, Any]:
    """Return the layers of a project by their ids."""
    return {layer.findtext("id", ""): layer for layer in project.iter("maplayer")}

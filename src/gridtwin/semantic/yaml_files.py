"""Read the YAML files of this room."""

from __future__ import annotations

from importlib.resources import files
from typing import Any


def read_yaml(name: str, *, plain: bool = False) -> Any:
    """Return what a file of this room holds; plain: every value as a text, `on` and `off` too."""
    import yaml

    text = (files("gridtwin.semantic") / name).read_text(encoding="utf-8")
    return yaml.load(text, yaml.BaseLoader if plain else yaml.SafeLoader)  # noqa: S506 - both safe

"""Write plain values as YAML: blocks of keys and lists, texts as JSON writes them."""

from __future__ import annotations

import json
from typing import Any


def write_yaml(value: Any) -> str:
    """
    Return a mapping or list of mappings, lists, texts, numbers and flags as a YAML document.

    Texts stand in double quotes, which YAML reads as JSON does, so none is taken for another type.
    """
    return "\n".join(_list_lines(value)) + "\n"


def _list_lines(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [line for key, each in value.items() for line in _list_entry(f"{key}:", each)]
    return [line for each in value for line in _indent_item(each)]


def _list_entry(head: str, value: Any) -> list[str]:
    if isinstance(value, dict | list | tuple) and value:
        return [head, *(f"  {line}" for line in _list_lines(value))]
    return [f"{head} {json.dumps(value, ensure_ascii=False)}"]


def _indent_item(value: Any) -> list[str]:
    """Return an entry of a list: its first line behind a dash."""
    if isinstance(value, dict | list | tuple) and value:
        first, *rest = _list_lines(value)
        return [f"- {first}", *(f"  {line}" for line in rest)]
    return [f"- {json.dumps(value, ensure_ascii=False)}"]

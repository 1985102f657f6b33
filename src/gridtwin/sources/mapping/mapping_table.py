"""Read one table of a mapping file, telling file, block and key of what is wrong in it."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, NoReturn

from gridtwin.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

UNANSWERED = "?"  # stands in a draft where only a person knows


class MappingTable:
    """One table of a mapping file, which says where it stands when something in it is wrong."""

    def __init__(self, values: Mapping[str, Any], name: str, label: str) -> None:
        self.values = values
        self.name = name
        self.label = label

    def refuse_key(self, reason: str, key: str = "") -> NoReturn:
        """Raise the SourceError of one key: file, block, key and reason."""
        place = ", ".join(part for part in (self.label, key) if part)
        msg = ": ".join(part for part in (self.name, place, reason) if part)
        raise SourceError(msg)

    def require_keys(self, known: Iterable[str]) -> None:
        """Refuse a key that is none of those known."""
        names = list(known)
        for key in self.values:
            if key not in names:
                close = difflib.get_close_matches(key, names, n=1)
                hint = f"did you mean {close[0]}?" if close else f"use one of {', '.join(names)}"
                self.refuse_key(f"there is no such key; {hint}", key)

    def read_table(self, key: str, known: Iterable[str] | None) -> MappingTable:
        """Return a table below; an empty one if it is not there. None: any keys."""
        values = self.values.get(key, {})
        own = self.label.strip("[]")
        below = MappingTable(values, self.name, f"[{own}.{key}]" if own else f"[{key}]")
        if not isinstance(values, dict):
            self.refuse_key("this must be a table", key)
        if known is not None:
            below.require_keys(known)
        return below

    def list_tables(self, key: str, *, required: bool = False) -> list[MappingTable]:
        """Return the blocks ``[[key]]``."""
        blocks = self.values.get(key, [])
        if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
            self.refuse_key(f"write each as a block [[{key}]]", key)
        if required and not blocks:
            self.refuse_key(f"it has no block [[{key}]]")
        return [
            MappingTable(block, self.name, f"[[{key}]] {row}")
            for row, block in enumerate(blocks, start=1)
        ]

    def read_text(self, key: str) -> str:
        """Return a text; empty if it is not there."""
        value = self.values.get(key, "")
        if not isinstance(value, str):
            self.refuse_key("this must be a text in quotes", key)
        return value.strip()

    def list_texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts, or one text as such a list."""
        value = self.values.get(key, [])
        listed = [value] if isinstance(value, str) else value
        if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
            self.refuse_key("this must be a text, or a list of texts", key)
        return tuple(listed)

    def read_number(self, key: str, otherwise: float) -> float:
        """Return a number of at least 0."""
        value = self.values.get(key, otherwise)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e6:
            self.refuse_key(f"{value!r} is no number of at least 0", key)
        return float(value)

    def read_flag(self, key: str) -> bool:
        """Return true or false; false if it is not there."""
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            self.refuse_key("this must be true or false", key)
        return value

    def choose_word(self, key: str, words: tuple[str, ...], otherwise: str) -> str:
        """Return one of a few words."""
        value = self.values.get(key, otherwise)
        if value not in words and value != otherwise:
            close = difflib.get_close_matches(str(value), words, n=1)
            hint = f"did you mean {close[0]}?" if close else f"use one of {', '.join(words)}"
            self.refuse_key(f"{value!r} is none of its words; {hint}", key)
        return str(value)


def refuse_unanswered(document: Mapping[str, Any], name: str) -> None:
    """
    Refuse a mapping with a question in it that nobody has answered.

    Raises
    ------
    SourceError
        With file, block and key of the first.
    """
    for key, value in document.items():
        blocks = value if isinstance(value, list) else [value]
        for row, block in enumerate(blocks, start=1):
            if not isinstance(block, dict):
                continue
            label = f"[[{key}]] {row}" if isinstance(value, list) else f"[{key}]"
            if block.get("from"):
                layers = block["from"]
                label += f" ({layers if isinstance(layers, str) else ', '.join(map(str, layers))})"
            path = _find_unanswered(block)
            if path:
                msg = (
                    f"{name}: {label}, {', '.join(path)}: not answered yet: write what you know in"
                    f' place of "{UNANSWERED}"; it is never guessed, and the comment above it says'
                    " what the source tells"
                )
                raise SourceError(msg)


def _find_unanswered(table: Mapping[str, Any]) -> list[str]:
    """Return the keys that lead to a question; none if there is none."""
    for key, value in table.items():
        if value == UNANSWERED:
            return [key]
        below = _find_unanswered(value) if isinstance(value, dict) else []
        if below:
            return [key, *below]
    return []

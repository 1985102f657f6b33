"""Hold a drafted mapping, each line with its evidence, and write it as TOML."""

from __future__ import annotations

import json
import re
import textwrap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gridtwin.sources.drafting.profile_links import ColumnReference, NodePair

COMMENT_WIDTH = 100
# By this line an editor checks a mapping while it is written: gridtwin map schema makes the file.
SCHEMA_LINE = "#:schema mapping.schema.json"
# Words that SQL takes for its own.
_RESERVED_TEXT = """
all analyse analyze and any array as asc both case cast check collate column constraint create
default deferrable desc describe distinct do else end except false fetch for foreign from grant
group having in initially intersect into lambda lateral leading limit not null offset on only or
order pivot placing primary qualify references returning select show some summarize symmetric table
then to trailing true union unique unpivot using variadic when where window with
"""
_RESERVED = frozenset(_RESERVED_TEXT.split())


@dataclass(slots=True)
class DraftQuestion:
    """What only a person can tell."""

    name: str  # how an answer calls it
    text: str
    choices: tuple[str, ...] = ()  # empty: any text

    def find_answer(self, answers: Mapping[str, str]) -> str | None:
        """Return the answer, if it is among those given."""
        folded = {key.casefold(): value for key, value in answers.items()}
        short = self.name.rpartition(".")[2]
        return folded.get(self.name.casefold(), folded.get(short.casefold()))


@dataclass(slots=True)
class DraftBlock:
    """One block: its keys with their values as Python has them, and why."""

    table: str  # such as "[[layer]]"
    keys: dict[str, Any] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)  # by key; that of "" is of the block
    optional: set[str] = field(default_factory=set)

    def say(self, key: str, value: Any, why: str = "") -> None:
        """Add a key, and its evidence."""
        self.keys[key] = value
        if why:
            self.why[key] = why

    def note(self, why: str, key: str = "") -> None:
        """Add evidence to the block, or to a key that is not there."""
        self.why[key] = f"{self.why[key]}; {why}" if key in self.why else why

    def write(self) -> list[str]:
        """Return its lines."""
        lines = [*write_comment(self.why.get("", "")), self.table]
        for key, value in self.keys.items():
            lines += write_comment(self.why.get(key, ""))
            lines.append(f"{write_key(key)} = {write_value(value)}")
        for key, why in self.why.items():
            if key and key not in self.keys:
                lines += write_comment(f"{key}: {why}")
        return lines


@dataclass(slots=True)
class MappingDraft:
    """A drafted mapping."""

    head: list[str]  # lines of its first comment
    blocks: list[DraftBlock]
    questions: list[DraftQuestion]  # not answered yet
    tail: list[str]  # what is not mapped, and why
    node_pairs: Mapping[str, NodePair] = field(default_factory=dict)  # by layer
    references: Sequence[ColumnReference] = ()
    tolerance_m: float | None = None  # None: no line is drawn
    histogram: Sequence[tuple[float, float, int]] = ()  # from, to in meters, line ends

    def write(self) -> str:
        """Return the TOML."""
        parts = [[SCHEMA_LINE, *(line for text in self.head for line in write_comment(text))]]
        parts += [block.write() for block in self.blocks if block.keys]
        parts.append([line for text in self.tail for line in write_comment(text)])
        return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def write_column(name: str, owner: str = "") -> str:
    """
    Return a column as SQL calls it.

    Examples
    --------
    >>> write_column("PAC_1"), write_column("from"), write_column("Phase Code", "own")
    ('PAC_1', '"from"', 'own."Phase Code"')
    """
    plain = re.fullmatch(r"[A-Za-z_]\w*", name) and name.casefold() not in _RESERVED
    quoted = name if plain else '"' + name.replace('"', '""') + '"'
    return f"{owner}.{quoted}" if owner else quoted


def write_code(value: str, kind: str) -> str:
    """Return a code as SQL compares it: a number as it is, a text in quotes."""
    return value if kind in {"integer", "real"} else "'" + value.replace("'", "''") + "'"


def write_key(key: str) -> str:
    """Return a key as TOML writes it."""
    return key if re.fullmatch(r"[\w-]+", key, re.ASCII) else write_value(key)


def write_value(value: Any) -> str:
    """
    Return a value as TOML writes it.

    Examples
    --------
    >>> print(write_value({"column": "POS", "open": "A", "closed": ["F", ""]}))
    { column = "POS", open = "A", closed = ["F", ""] }
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        inner = ", ".join(
            f"{write_key(str(key))} = {write_value(each)}" for key, each in value.items()
        )
        return f"{{ {inner} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(write_value(each) for each in value)}]"
    if isinstance(value, int | float):
        return f"{value:g}"
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")


def write_comment(text: str) -> Iterable[str]:
    """Return a text as lines of a comment; whatever a source calls itself stays on them."""
    plain = "".join(each if each.isprintable() else " " for each in text)
    return [f"# {line}" for line in textwrap.wrap(plain, COMMENT_WIDTH, break_on_hyphens=False)]

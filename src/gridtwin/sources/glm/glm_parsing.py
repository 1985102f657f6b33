"""Parse the lines of a GLM model into its objects; clocks and schedules are passed over."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from gridtwin.errors import SourceError
from gridtwin.model.notices import Notice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridtwin.sources.glm.glm_lines import GlmLine, GlmLines

DEEPEST_OBJECT = 64  # objects within each other
MOST_COPIES = 10_000  # of one object written as class:1..N
_TOKEN_OF_GLM = re.compile(r"\"[^\"]*\"|'[^']*'|[{};]|[^\s{};\"']+")
_HEAD = re.compile(r"(?:\w+[.:]{1,2})??([A-Za-z_]\w*)(?::(\d{1,18})?(\.\.)?(\d{1,18})?)?")
_STATEMENTS = frozenset(
    {"class", "clock", "dump", "export", "extern", "filter", "global", "gui", "import", "instance"}
    | {"intrinsic", "library", "link", "modify", "module", "schedule", "script", "set", "transform"}
)


@dataclass(slots=True)
class GlmObject:
    """One object of a model."""

    kind: str  # its class
    number: str  # after the colon; empty where there is none
    place: str  # file and line, for messages
    values: dict[str, str] = field(default_factory=dict)  # by the property's name in lower case
    within: GlmObject | None = None  # the object it is written in: its parent
    mrid: str = ""

    def __str__(self) -> str:
        """Return what messages call it."""
        name = self.mrid or self.values.get("name") or self.number
        return f"{self.kind} {name}".strip()

    def read_text(self, name: str) -> str:
        """Return a property; empty where it is not stated."""
        return self.values.get(name, "")


class _Token(NamedTuple):
    text: str
    line: GlmLine
    quoted: bool = False

    def means(self, sign: str) -> bool:
        return self.text == sign and not self.quoted


class GlmParser:
    """
    What parses one model.

    Parameters
    ----------
    lines
        Its lines that count.
    """

    def __init__(self, lines: GlmLines) -> None:
        self.objects: list[GlmObject] = []
        self.notices: list[Notice] = []
        self._lines = lines
        self._tokens = _split_lines(lines)
        self._changes: list[tuple[str, str, str, str]] = []  # place, object, property, value

    def parse_all(self) -> list[GlmObject]:
        """
        Return all objects, those within others too.

        Raises
        ------
        SourceError
            If braces, quotes or semicolons do not match.
        """
        for token in self._tokens:
            if token.means("object"):
                self._parse_object(token, None)
            elif token.means("{") or token.means("}"):
                msg = (
                    f"{token.line.place}: {token.text} belongs to nothing: see whether an object"
                    " before it ended early, or remove it"
                )
                raise SourceError(msg)
            elif not token.means(";"):
                self._pass_statement(token)
        self._apply_changes()
        return self.objects

    def _pass_statement(self, first: _Token) -> None:
        """Pass over a statement that is no object, up to its semicolon or closing brace."""
        words: list[str] = []
        for token in self._tokens:
            if token.means(";"):
                break
            if token.means("{"):
                self._pass_braces(token)
                break
            if token.means("object"):
                msg = f"{first.line.place}: {first.text[:60]!r} does not end with ;: add it"
                raise SourceError(msg)
            words.append(token.text)
        if first.text == "global" and len(words) >= 2:
            self._lines.define(words[-2], words[-1])
        elif first.text == "modify" and len(words) >= 2 and "." in words[0]:
            of, _, name = words[0].rpartition(".")
            self._changes.append((first.line.place, of, name.casefold(), " ".join(words[1:])))
        elif first.text.casefold() not in _STATEMENTS:
            said = f"{first.line.place}: {first.text[:60]!r} begins no object: passed over"
            self.notices.append(
                Notice("unknown_statement", said, "see whether a brace is missing before it")
            )

    def _pass_braces(self, opened: _Token) -> None:
        depth = 1
        for token in self._tokens:
            depth += token.means("{") - token.means("}")
            if not depth:
                return
        msg = f"{opened.line.place}: what is opened here with {{ never ends: add }}"
        raise SourceError(msg)

    def _parse_object(self, word: _Token, within: GlmObject | None, depth: int = 1) -> GlmObject:
        """Return an object whose first word has been taken; SourceError if it never ends."""
        if depth > DEEPEST_OBJECT:
            msg = (
                f"{word.line.place}: objects are written more than {DEEPEST_OBJECT} deep within"
                " each other: name them, and say parent"
            )
            raise SourceError(msg)
        found, copies = self._parse_head(word)
        found.within = within
        self.objects.append(found)
        for token in self._tokens:
            if token.means("object"):
                self._parse_object(token, found, depth + 1)
            elif token.means("{"):
                self._pass_braces(token)
            elif token.means("}"):
                self._add_copies(found, copies)
                return found
            elif not token.means(";"):
                self._parse_property(found, token, depth)
        msg = f"{found.place}: {found} never ends: add }}"
        raise SourceError(msg)

    def _parse_head(self, word: _Token) -> tuple[GlmObject, range]:
        head = ""
        for token in self._tokens:
            if token.means("{"):
                break
            if token.means("}") or token.means(";") or token.line.number > word.line.number + 1:
                msg = f"{word.line.place}: object {head[:60]} has no {{ after it: add it"
                raise SourceError(msg)
            head += token.text
        parts = _HEAD.fullmatch(head)
        if parts is None:
            msg = (
                f"{word.line.place}: object {head[:60]!r} names no class: write object"
                " CLASS:NUMBER {"
            )
            raise SourceError(msg)
        kind, first, spread, last = parts.groups()
        if not spread:
            return GlmObject(kind.casefold(), first or last or "", word.line.place), range(0)
        start = int(first or 1)
        count = int(last or 0) - start + 1
        if not 0 < count <= MOST_COPIES:
            msg = (
                f"{word.line.place}: object {head[:60]} stands for {count:,} objects: give 1 to"
                f" {MOST_COPIES:,}"
            )
            raise SourceError(msg)
        return GlmObject(kind.casefold(), str(start), word.line.place), range(
            start + 1, start + count
        )

    def _add_copies(self, found: GlmObject, numbers: range) -> None:
        """Add the further objects of one that is written as ``class:1..N``."""
        for number in numbers:
            self.objects.append(
                GlmObject(found.kind, str(number), found.place, dict(found.values), found.within)
            )

    def _parse_property(self, found: GlmObject, name: _Token, depth: int) -> None:
        words: list[str] = []
        nested = False  # a value that holds braces may end on another line
        for token in self._tokens:
            if token.means(";"):
                self._state_property(found, name, " ".join(words))
                return
            if token.means("object") and not words:
                words.append(_refer_to(self._parse_object(token, None, depth + 1)))
                nested = True
            elif token.means("{"):
                self._pass_braces(token)
                nested = True
            elif token.means("}") or (not nested and token.line.number != name.line.number):
                break
            else:
                words.append(token.text)
        msg = f"{name.line.place}: {name.text[:60]} of {found} does not end with ;: add it"
        raise SourceError(msg)

    def _state_property(self, found: GlmObject, name: _Token, value: str) -> None:
        key = name.text.casefold()
        if found.values.get(key, value) != value:
            said = f"{name.line.place}: {found} has {name.text[:60]} twice: the last holds"
            self.notices.append(Notice("repeated_property", said, "remove one of them"))
        found.values[key] = value

    def _apply_changes(self) -> None:
        """Let ``modify OBJECT.PROPERTY VALUE`` say what the object says."""
        named = {each.read_text("name"): each for each in self.objects if each.read_text("name")}
        for place, of, name, value in self._changes:
            if of in named:
                named[of].values[name] = value
            else:
                said = (
                    f"{place}: modify {of[:60]}.{name[:60]}: no object has this name: passed over"
                )
                self.notices.append(Notice("unknown_statement", said, "give the object this name"))


def _refer_to(inner: GlmObject) -> str:
    """Return the reference to an object that is written where its name could stand."""
    if not inner.read_text("name"):
        inner.values["name"] = f"{inner.kind}_{inner.number or inner.place.rpartition(':')[2]}"
    return inner.values["name"]


def _split_lines(lines: GlmLines) -> Iterator[_Token]:
    for line in lines:
        end = 0
        for match in _TOKEN_OF_GLM.finditer(line.text):
            if line.text[end : match.start()].strip():
                break
            end = match.end()
            text = match[0]
            if text[0] in "\"'":
                yield _Token(text[1:-1], line, quoted=True)
            else:
                yield _Token(text, line)
        if line.text[end:].strip():
            msg = f"{line.place}: a quote is opened and not closed: {line.text[end:].strip()[:60]}"
            raise SourceError(msg)

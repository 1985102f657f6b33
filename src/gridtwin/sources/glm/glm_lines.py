"""
Resolve GLM text line by line: comments, conditions, definitions, and files that are included.

Of macros only those are followed that say which lines count. Nothing is run or fetched, and no
file outside the folder of the model is opened.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from gridtwin.errors import SourceError
from gridtwin.model.notices import Notice
from gridtwin.sources.opendss_text import decode_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEEPEST_INCLUDE = 16  # files within each other
MOST_INCLUDES = 1_000
MOST_EXPANSIONS = 100  # of one line: a definition that names itself never ends
LARGEST_GLM = 1 << 30  # bytes of all files together; no model comes near
LONGEST_LINE = 1_000_000  # characters
_COMMENT_OR_TEXT = re.compile(r"\"[^\"]*\"?|'[^']*'?|//.*|/\*.*?\*/|/\*.*|[^\"'/]+|/", re.DOTALL)
_VARIABLE = re.compile(r"\$\{([^${}]*)\}")
_COMPARISON = re.compile(r"(.*?)\s*(==|!=|<=|>=|<|>)\s*(.*)")
# What changes or makes objects, which only the program itself could tell.
_UNRESOLVED = frozenset({"for", "done", "insert", "include_url", "case", "exec_include"})
_HARMLESS = frozenset(
    {"binpath", "incpath", "libpath", "option", "print", "setenv", "verbose", "warning", "debug"}
)
_CONDITIONS = frozenset({"if", "ifdef", "ifexist", "ifndef"})


class GlmLine(NamedTuple):
    """One line of a model that counts, without comments."""

    file: str
    number: int
    text: str

    @property
    def place(self) -> str:
        """Where it stands, for messages."""
        return f"{self.file}:{self.number}"


class GlmLines:
    """
    The lines of a model that count.

    Parameters
    ----------
    path
        The file to begin with; files that it includes must lie in or below its folder.
    """

    def __init__(self, path: Path) -> None:
        self.notices: list[Notice] = []
        self._path = path
        self._folder = path.parent.resolve()
        self._defined: dict[str, str] = {}
        self._included = 0
        self._bytes = 0

    def __iter__(self) -> Iterator[GlmLine]:
        """Yield every line that counts; SourceError if one cannot be resolved."""
        yield from self._read_file(self._path, 0)

    def define(self, name: str, value: str) -> None:
        """Let a name stand for a value from here on."""
        self._defined[name] = value

    def _read_file(self, path: Path, depth: int) -> Iterator[GlmLine]:
        name = self._name_file(path)
        branches: list[_Branch] = []
        commented = False
        for number, raw in enumerate(self._read_text(path, name).split("\n"), 1):
            if len(raw) > LONGEST_LINE:
                msg = (
                    f"{name}:{number}: the line is longer than {LONGEST_LINE:,} characters: part it"
                )
                raise SourceError(msg)
            text, commented = strip_comments(raw, commented=commented)
            line = GlmLine(name, number, text.strip())
            if line.text.startswith("#"):
                yield from self._follow_macro(line, branches, depth)
            elif line.text and all(branch.holds for branch in branches):
                yield line._replace(text=self._expand(line))
        if branches:
            msg = f"{branches[-1].place}: the condition has no #endif: add it"
            raise SourceError(msg)
        if commented:
            msg = f"{name}: a comment that begins with /* never ends: add */"
            raise SourceError(msg)

    def _name_file(self, path: Path) -> str:
        """Return the name of a file for messages: the first as it was given."""
        if path == self._path:
            return str(path)
        return str(self._path.parent / path.relative_to(self._folder))

    def _read_text(self, path: Path, name: str) -> str:
        try:
            self._bytes += path.stat().st_size
            if self._bytes > LARGEST_GLM:
                msg = f"{name}: the model is larger than {LARGEST_GLM >> 30} GB: part it"
                raise SourceError(msg)
            content = path.read_bytes()
        except OSError as error:
            msg = f"{name}: the file cannot be read: {error.strerror}"
            raise SourceError(msg) from error
        return decode_text(content).replace("\r\n", "\n").replace("\r", "\n")

    def _follow_macro(
        self, line: GlmLine, branches: list[_Branch], depth: int
    ) -> Iterator[GlmLine]:
        word, _, rest = line.text[1:].strip().partition(" ")
        word, rest = word.casefold(), rest.strip()
        if line.text[1:2] in {"", " ", "\t", "#"}:
            return  # a comment, as people write them
        if word in _CONDITIONS:
            counts = all(branch.holds for branch in branches)
            holds = counts and self._is_met(word, rest, line)
            branches.append(_Branch(line.place, holds))
        elif word in {"else", "endif"}:
            if not branches:
                msg = f"{line.place}: #{word} without #if: remove it"
                raise SourceError(msg)
            last = branches.pop()
            if word == "else":
                branches.append(_Branch(last.place, holds=not last.holds))
        elif all(branch.holds for branch in branches):
            yield from self._take_macro(word, self._expand(line._replace(text=rest)), line, depth)

    def _take_macro(self, word: str, rest: str, line: GlmLine, depth: int) -> Iterator[GlmLine]:
        if word == "include":
            yield from self._include(rest, line, depth)
        elif word in {"define", "set"}:
            name, _, value = rest.partition("=")
            self.define(name.strip(), value.strip().strip('"'))
        elif word == "undef":
            self._defined.pop(rest, None)
        elif word == "error":
            msg = f"{line.place}: the model refuses to be read: {rest[:100]}"
            raise SourceError(msg)
        elif word in _UNRESOLVED:
            msg = (
                f"{line.place}: #{word} makes objects only as GridLAB-D runs: let it write the"
                " whole model (gridlabd --output) and give that"
            )
            raise SourceError(msg)
        elif word not in _HARMLESS:
            self.notices.append(
                Notice(
                    "macro",
                    f"{line.place}: #{word[:40]} is not run",
                    "write what it would change into the model",
                )
            )

    def _include(self, rest: str, line: GlmLine, depth: int) -> Iterator[GlmLine]:
        named = re.fullmatch(r"\"([^\"]+)\"|<([^>]+)>|'([^']+)'", rest)
        if named is None:
            msg = (
                f"{line.place}: #include {rest[:80]}: only a file can be included, as in"
                ' #include "lines.glm"'
            )
            raise SourceError(msg)
        name = next(filter(None, named.groups())).replace("\\", "/")
        self._included += 1
        if depth >= DEEPEST_INCLUDE or self._included > MOST_INCLUDES:
            msg = (
                f"{line.place}: #include {name}: files include each other more than"
                f" {DEEPEST_INCLUDE} deep, or {MOST_INCLUDES:,} times: end the circle"
            )
            raise SourceError(msg)
        path = self._find_included(name, line)
        if path.suffix.casefold() != ".glm":
            msg = f"{line.place}: #include {name}: only .glm files are read: write one"
            raise SourceError(msg)
        yield from self._read_file(path, depth + 1)

    def _find_included(self, name: str, line: GlmLine) -> Path:
        try:
            path = (self._folder / name).resolve()
            inside = path.is_relative_to(self._folder)
            there = inside and path.is_file()
        except (OSError, ValueError) as error:
            msg = f"{line.place}: #include {name[:80]!r}: this is no name of a file"
            raise SourceError(msg) from error
        if not inside:
            msg = f"{line.place}: #include {name}: it lies outside {self._folder}: put it there"
            raise SourceError(msg)
        if not there:
            msg = f"{line.place}: #include {name}: there is no such file beside the model: add it"
            raise SourceError(msg)
        return path

    def _is_met(self, word: str, rest: str, line: GlmLine) -> bool:
        if word in {"ifdef", "ifndef"}:
            return (rest in self._defined) == (word == "ifdef")
        if word == "ifexist":
            path = (self._folder / rest.strip("\"'<>")).resolve()
            return path.is_relative_to(self._folder) and path.is_file()
        text = self._expand(line._replace(text=rest))
        parts = _COMPARISON.fullmatch(text)
        if parts is None:
            msg = (
                f"{line.place}: the condition {text[:80]!r} is not understood: compare two values,"
                " or resolve it in the model"
            )
            raise SourceError(msg)
        return _compare(*parts.groups())

    def _expand(self, line: GlmLine) -> str:
        """Return a line with what its ``${NAME}`` stand for; one that nothing defines stays."""
        text = line.text
        for _ in range(MOST_EXPANSIONS):
            known = next((m for m in _VARIABLE.finditer(text) if m[1] in self._defined), None)
            if known is None:
                return text
            text = text[: known.start()] + self._defined[known[1]] + text[known.end() :]
            if len(text) > LONGEST_LINE:
                break
        msg = f"{line.place}: its ${{...}} never end: a definition names itself"
        raise SourceError(msg)


class _Branch(NamedTuple):
    """One condition whose lines are being read."""

    place: str
    holds: bool


def _compare(left: str, sign: str, right: str) -> bool:
    left, right = left.strip("\"' "), right.strip("\"' ")
    try:
        a, b = float(left), float(right)
    except ValueError:
        order = (left > right) - (left < right)
    else:
        order = (a > b) - (a < b)
    return {
        "==": order == 0,
        "!=": order != 0,
        "<": order < 0,
        "<=": order <= 0,
        ">": order > 0,
        ">=": order >= 0,
    }[sign]


def strip_comments(text: str, *, commented: bool = False) -> tuple[str, bool]:
    """
    Return a line without its comments, and whether a comment goes on after it.

    Examples
    --------
    >>> strip_comments('limit 5;// 10'), strip_comments('a "x//y"; /* b')
    (('limit 5;', False), ('a "x//y"; ', True))
    >>> strip_comments("b */ c", commented=True)
    (' c', False)
    """
    if commented:
        _, end, text = text.partition("*/")
        if not end:
            return "", True
    if "/" not in text:
        return text, False
    pieces = [match[0] for match in _COMMENT_OR_TEXT.finditer(text)]
    last = pieces[-1] if pieces else ""
    goes_on = last.startswith("/*") and not last[2:].endswith("*/")
    kept = (piece for piece in pieces if not piece.startswith(("//", "/*")))
    return "".join(kept), goes_on

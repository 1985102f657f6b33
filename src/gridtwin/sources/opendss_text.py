"""Read OpenDSS script text as its engine does: lines, tokens, names cut short, names of files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from gridtwin.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_DSS_TOKEN = re.compile(
    r"(\([^)]*\)?|\"[^\"]*\"?|'[^']*'?|\[[^\]]*\]?|\{[^}]*\}?|(?:(?!//)[^ \t,=!])*)"
    r"[ \t]*([,=]?)[ \t]*"
)
_COMMENT = re.compile(r"!|//")
_QUOTES = {"(": ")", '"': '"', "'": "'", "[": "]", "{": "}"}
LARGEST_DSS_FILE = 1 << 30  # bytes; no feeder comes near


class Token(NamedTuple):
    """One value of a command, and the name before its ``=`` if there is one."""

    name: str
    raw: str  # with its quotes

    @property
    def value(self) -> str:
        """The value without its quotes."""
        if self.raw[:1] in _QUOTES:
            return self.raw[1:].removesuffix(_QUOTES[self.raw[0]])
        return self.raw


def split_tokens(line: str) -> Iterator[Token]:
    """
    Yield the tokens of a command line, up to its comment.

    Examples
    --------
    >>> [tuple(token) for token in split_tokens('New Line.x bus1 = "a b".1, r=(1 2) ! why')]
    [('', 'New'), ('', 'Line.x'), ('bus1', '"a b"'), ('', '.1'), ('r', '(1 2)')]
    """
    name, at = "", len(line) - len(line.lstrip(" \t"))
    while at < len(line) and not _COMMENT.match(line, at):
        match = _DSS_TOKEN.match(line, at)
        if match is None or match.end() == at:  # never: every character is taken by one of them
            return
        raw, delimiter = match.groups()
        at = match.end()
        if delimiter == "=" and not name:
            name = raw or "="
            continue
        yield Token(name, raw)
        name = ""
    if name:
        yield Token(name, "")


def word_set(text: str) -> frozenset[str]:
    """Return a list of words as a set."""
    return frozenset(text.split())


def complete_name(short: str, names: Sequence[str]) -> str:
    """
    Return the name that a shortened one stands for: the first that starts so; empty if none does.

    Examples
    --------
    >>> complete_name("SOL", ["save", "solve"]), complete_name("x", ["save"])
    ('solve', '')
    """
    wanted = short.casefold()
    if not wanted or wanted in names:
        return wanted
    return next((name for name in names if name.startswith(wanted)), "")


def read_lines(path: Path) -> list[str]:
    """
    Return the lines of a script outside its block comments; a line inside one is empty.

    Text is UTF-8, UTF-16 with a byte-order mark, or what Windows writes.

    Raises
    ------
    SourceError
        If the file cannot be read, or is no text.
    """
    try:
        if path.stat().st_size > LARGEST_DSS_FILE:
            msg = f"{path.name}: the file is too large for a script"
            raise SourceError(msg)
        content = path.read_bytes()
    except OSError as error:
        msg = f"{path.name}: the file cannot be read: {error.strerror}"
        raise SourceError(msg) from error
    lines, inside = [], False
    for line in re.split(r"\r\n|\r|\n", decode_text(content)):
        inside = inside or line.startswith("/*")
        lines.append("" if inside else line.replace("\0", ""))
        inside = inside and "*/" not in line
    return lines


def decode_text(content: bytes) -> str:
    """Return the text of a file that does not say how it is written."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def find_file(name: str, folder: Path) -> Path | None:
    r"""
    Return the file a script names: with ``/`` or ``\``, and ``.dss`` left out or not.

    Where the letter case differs from what the disk has, the one file that matches is meant.
    """
    plain = name.strip().replace("\\", "/")
    if not plain or "\0" in plain:
        return None
    for candidate in (plain, f"{plain}.dss"):
        path = _match_path(folder, candidate)
        if path is not None:
            return path
    return None


def _match_path(folder: Path, name: str) -> Path | None:
    try:
        exact = folder / name
        if exact.is_file():
            return exact
        here = folder / ("/" if name.startswith("/") else "")
        for part in [part for part in name.split("/") if part not in {"", "."}]:
            here = here / part if (here / part).exists() else _find_only(here, part)
        return here if here.is_file() else None
    except (OSError, ValueError, LookupError):
        return None


def _find_only(folder: Path, name: str) -> Path:
    """Return the only entry that has this name in any letter case."""
    (only,) = [entry for entry in folder.iterdir() if entry.name.casefold() == name.casefold()]
    return only


def drop_first_token(line: str) -> str:
    """
    Return a command line without its first token.

    Examples
    --------
    >>> drop_first_token("New Line.x bus1=a")
    'Line.x bus1=a'
    """
    match = _DSS_TOKEN.match(line, len(line) - len(line.lstrip(" \t")))
    return line[match.end() :] if match else ""

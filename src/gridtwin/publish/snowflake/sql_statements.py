"""Take a script of SQL apart into its statements, without its comments."""

from __future__ import annotations

import re

# Longest first: a text or a name may hold what looks like a comment, and the other way round.
TOKEN = re.compile(
    r"""(?P<comment>--[^\n]*|/\*.*?\*/)|(?P<kept>\$\$.*?\$\$|'(?:[^'\\]|''|\\.)*'|"(?:[^"]|"")*")"""
    r"|(?P<end>;)",
    re.DOTALL,
)


def split_statements(script: str) -> list[str]:
    """
    Return the statements of a script, in order, each without its semicolon.

    Texts, quoted names and what stands between ``$$`` are left as they are.
    """
    statements, pieces, at = [], list[str](), 0
    for token in TOKEN.finditer(script):
        pieces.append(script[at : token.start()])
        at = token.end()
        if token["kept"] is not None:
            pieces.append(token["kept"])
        elif token["end"] is not None:
            statements.append("".join(pieces))
            pieces = []
    pieces.append(script[at:])
    statements.append("".join(pieces))
    return [statement.strip() for statement in statements if statement.strip()]

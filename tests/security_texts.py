"""Write what docs/security.md says of roles, from the permissions; a test holds it against them."""

from __future__ import annotations

import re
from pathlib import Path

from gridtwin.model.permissions import PERMISSION_WORDS, ROLE_PERMISSIONS, Permission, Role

SECURITY_PAGE = Path(__file__).parents[1] / "docs/security.md"
BEGIN = "<!-- roles, as python tests/security_texts.py writes them -->"
END = "<!-- roles end -->"
THREAT = re.compile(
    r"^\| ([STRIDE]) \| (.+?) \| (V\d+) \| (.+?) \| `(.+?)::(.+?)` \|$", re.MULTILINE
)


def write_roles(text: str) -> str:
    """Return the page with the roles as they are."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    lines = [f"| permission | lets | {' | '.join(Role)} |", "| --- | --- " * 1 + "| --- " * 4 + "|"]
    for permission in Permission:
        marks = ["yes" if permission in ROLE_PERMISSIONS[role] else "" for role in Role]
        lines.append(f"| `{permission}` | {PERMISSION_WORDS[permission]} | {' | '.join(marks)} |")
    table = "\n".join(lines)
    return f"{before}{BEGIN}\n\n{table}\n\n{END}{after}"


def list_threats(text: str) -> list[tuple[str, str, str, str, str, str]]:
    """Return the rows of the threats: letter, threat, chapter, what holds it, file, test."""
    return THREAT.findall(text)


if __name__ == "__main__":
    SECURITY_PAGE.write_text(write_roles(SECURITY_PAGE.read_text()))

"""What a reader of outside data passed over, mended or took for granted: told, never swallowed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gridtwin.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

TOLD_PER_RULE = 5  # notices of one rule told one by one


class Notice(NamedTuple):
    """One thing a reader passed over, mended or took for granted."""

    rule: str  # what kind of thing, such as "unknown_column"
    evidence: str  # where and what: the file, table, row or element, and what was done about it
    mend: str  # what to do if that is not what is meant

    def __str__(self) -> str:
        """Return ``rule: evidence (mend)``."""
        return f"{self.rule}: {self.evidence} ({self.mend})"


def summarize_notices(notices: Iterable[Notice]) -> list[str]:
    """Return notices as lines: the first few of each rule, and how many more there are."""
    by_rule: dict[str, list[Notice]] = {}
    for notice in notices:
        by_rule.setdefault(notice.rule, []).append(notice)
    lines = []
    for rule, found in by_rule.items():
        lines += [str(notice) for notice in found[:TOLD_PER_RULE]]
        if len(found) > TOLD_PER_RULE:
            lines.append(f"{rule}: and {len(found) - TOLD_PER_RULE:,} more")
    return lines


def refuse_notices(notices: Sequence[Notice], where: str) -> None:
    """
    Refuse a source of which a reader would pass something over.

    Raises
    ------
    SourceError
        If there is any notice; it tells those of `summarize`.
    """
    if notices:
        plural = "s" if len(notices) != 1 else ""
        told = "; ".join(summarize_notices(notices))
        msg = f"{where}: {len(notices):,} thing{plural} a strict reading refuses: {told}"
        raise SourceError(msg)

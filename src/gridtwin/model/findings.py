"""What was found amiss in the data of a network, and what somebody accepted of it."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SEVERITIES = ("error", "warning", "info")
MOST_LISTED = 1_000  # findings listed of each rule; all are counted
EVERY_KEY = "*"  # accepts all findings of a rule


class Acceptance(NamedTuple):
    """A finding that somebody accepts as it is: it no longer counts as an error."""

    rule: str
    key: str  # mRID of what it is of, or LAYER:KEY of its row; `EVERY_KEY` for all of the rule
    reason: str
    actor: str = ""
    at: str = ""  # ISO 8601; empty where a mapping says so, and no person


class Finding(NamedTuple):
    """One thing to look at."""

    rule: str
    severity: str  # error, warning or info
    mrid: str  # what it is of; of a row that is not in the network LAYER:KEY
    place: tuple[float, float] | None  # in the network's coordinates
    evidence: str
    mend: str
    layer: str = ""  # of the source it was read from; empty where that is not known
    key: str = ""  # of its row there
    accepted: Acceptance | None = None


class LoadFindings(NamedTuple):
    """What the reading of a source found, and what its mapping accepts."""

    findings: tuple[Finding, ...] = ()
    accepted: tuple[Acceptance, ...] = ()
    counts: Mapping[str, int] = MappingProxyType({})  # by rule, findings not listed included


def mark_accepted(
    findings: Iterable[Finding], acceptances: Iterable[Acceptance]
) -> tuple[Finding, ...]:
    """
    Return findings with who accepted each and why.

    Examples
    --------
    >>> found = Finding("near_miss", "warning", "LINES:7", None, "misses by 0.4 m", "mend it")
    >>> [each.accepted.reason for each in mark_accepted(
    ...     [found], [Acceptance("near_miss", "LINES:7", "another voltage")])]
    ['another voltage']
    """
    known = {(each.rule, each.key): each for each in acceptances}
    marked = []
    for finding in findings:
        matches = (known.get((finding.rule, key)) for key in list_keys(finding))
        marked.append(finding._replace(accepted=next(filter(None, matches), None)))
    return tuple(marked)


def merge_acceptances(
    kept: Iterable[Acceptance], mapped: Iterable[Acceptance]
) -> tuple[Acceptance, ...]:
    """
    Return what is accepted once more is loaded, sorted.

    Parameters
    ----------
    kept
        What was accepted until now: what people accepted stays, what a mapping did goes.
    mapped
        What the mapping of a new load accepts, and what people accepted of it elsewhere.
    """
    new = list(mapped)
    merged = {(each.rule, each.key): each for each in new if not each.at}
    for by_people in (kept, new):
        merged |= {(each.rule, each.key): each for each in by_people if each.at}
    return tuple(merged[key] for key in sorted(merged))


def list_keys(finding: Finding) -> tuple[str, ...]:
    """Return the keys that an acceptance of a finding may have, the narrowest first."""
    of_row = f"{finding.layer}:{finding.key}" if finding.layer else ""
    return tuple(key for key in (finding.mrid, of_row, EVERY_KEY) if key)


def sort_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings the worst first, then by rule; those of one rule stay in their order."""
    return tuple(sorted(findings, key=lambda each: (SEVERITIES.index(each.severity), each.rule)))


def find_worst(findings: Iterable[Finding]) -> str:
    """Return the worst severity of findings that nobody accepted; empty if there is none."""
    severities = {each.severity for each in findings if each.accepted is None}
    return next((severity for severity in SEVERITIES if severity in severities), "")

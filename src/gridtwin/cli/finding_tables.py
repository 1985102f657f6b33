"""Print what was found in data: by rule, one by one, and how ends of lines lie."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from gridtwin.cli import render

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gridtwin.analysis.quality.checks import Report
    from gridtwin.model.findings import Finding
    from gridtwin.sources.mapping.mapping_report import DistanceBin, MappingReport

FINDING_COLUMNS = ["rule", "severity", "mrid", "place", "evidence", "mend", "accepted"]
SOURCE_COLUMNS = ["layer", "key"]  # further columns for programs
MANY_PARTNERS = 4  # from which on ends are counted together
BAR_WIDTH = 40


def write_findings_csv(findings: Iterable[Finding]) -> None:
    """Print findings as comma-separated values."""
    rows = [(*_list_cells(each), each.layer, each.key) for each in findings]
    render.write_csv([*FINDING_COLUMNS, *SOURCE_COLUMNS], rows)


def write_findings_table(findings: Iterable[Finding]) -> None:
    """Print findings one by one."""
    rows = [tuple(map(str, _list_cells(each))) for each in findings]
    render.write_table("Findings", FINDING_COLUMNS, rows)


def _list_cells(finding: Finding) -> tuple[object, ...]:
    """Return the cells of `FINDING_COLUMNS`."""
    accepted = finding.accepted.reason if finding.accepted else ""
    return (*finding[:6], accepted)


def write_source_check(mapped: MappingReport, found: Report, rules: Sequence[str]) -> None:
    """
    Print how a mapping fits a source.

    Parameters
    ----------
    mapped, found
        The report on the source, and all that was found.
    rules
        Rules whose findings are listed one by one.
    """
    from gridtwin.sources.mapping.mapping_report import LayerTally

    rows = [tuple(str(value) for value in tally) for tally in mapped.tallies]
    render.write_table("Layers", list(LayerTally._fields), rows)
    _write_partners(mapped.partners)
    _write_distances(mapped.distances, mapped.tolerance_m)
    _write_rules(mapped, found)
    if rules:
        write_findings_table(each for each in found.findings if each.rule in rules)
    for what, compared in (("feeder", mapped.feeders), ("transformer", mapped.transformers)):
        if compared.compared or what == "feeder":
            equal, told = compared
            sys.stdout.write(f"{equal:,} of {told:,} customers hang on the {what} they record\n")


def _write_rules(mapped: MappingReport, found: Report) -> None:
    """Print each rule that was broken: how often, and what was seen first."""
    told = {notice.rule: notice.evidence for notice in reversed(mapped.network.notices)}
    first: dict[str, Finding] = {}
    accepted: dict[str, int] = {}
    for each in found.findings:
        first.setdefault(each.rule, each)
        accepted[each.rule] = accepted.get(each.rule, 0) + (each.accepted is not None)
    rows = [
        (
            each.severity,
            rule,
            f"{found.counts[rule]:,}"
            + (f", {accepted[rule]:,} accepted" if accepted[rule] else ""),
            f"{told.get(rule) or f'{each.mrid}: {each.evidence}'} ({each.mend})",
        )
        for rule, each in first.items()
    ]
    render.write_table("Findings by rule", ["severity", "rule", "found", "evidence"], rows)


def _write_partners(partners: dict[int, int]) -> None:
    few = {str(number): ends for number, ends in partners.items() if number < MANY_PARTNERS}
    many = sum(ends for number, ends in partners.items() if number >= MANY_PARTNERS)
    shown = few | ({f"{MANY_PARTNERS} or more": many} if many else {})
    rows = [(number, f"{ends:,}") for number, ends in shown.items()]
    render.write_table("Line ends by what meets them", ["partners", "ends"], rows)


def _write_distances(distances: Sequence[DistanceBin], tolerance_m: float) -> None:
    """Print a histogram: how far line ends lie from the nearest other thing."""
    most = max((each.ends for each in distances), default=0)
    rows = [
        (
            f"{each.from_m:g}" + (f" to {each.to_m:g}" if each.to_m < float("inf") else " or more"),
            f"{each.ends:,}",
            "#" * -(-BAR_WIDTH * each.ends // most) if most else "",
            "tolerance" if each.to_m == tolerance_m else "",
        )
        for each in distances
    ]
    if rows:
        columns = ["meters", "ends", "", "joined up to"]
        render.write_table("Line ends by distance to what is nearest", columns, rows)

"""Hold the rules of what a mapping tells, and collect what breaks them, row by row."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridtwin.model.findings import MOST_LISTED, Finding
from gridtwin.model.notices import Notice

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from numpy.typing import NDArray


class MappingRule(NamedTuple):
    """How bad it is to break a rule of mappings, and what to do about it."""

    severity: str
    mend: str


# Errors are rows and joins that a mapping should not lose; the rest is worth a look.
MAPPING_RULES = {
    "unmapped_code": MappingRule("error", 'list the code, or say else = "..."'),
    "missing_column": MappingRule("warning", "mend its name, or leave it out of keep"),
    "repeated_key": MappingRule("warning", "clean the source if they are other things"),
    "repeated_geometry": MappingRule("warning", "delete one of the two"),
    "line_of_parts": MappingRule("warning", "draw it as one line, or as several rows"),
    "undrawn_line": MappingRule("error", 'draw it, or join it by columns: ends = "columns"'),
    "association_to_nothing": MappingRule("error", "map the layer, or filter them with where"),
    "ends_apart": MappingRule("warning", "mend the drawing, or the ids of these nodes"),
    "rejoined_open": MappingRule("warning", "say rejoin_open = false if these are dead ends"),
    "near_miss": MappingRule("warning", "mend the drawing, or raise [connect] tolerance_m"),
    "device_star": MappingRule(
        "warning", "end at such a point only the two lines that the device parts"
    ),
    "device_one_sided": MappingRule(
        "warning", "draw the line to the device, or raise the tolerance"
    ),
    "device_stacked": MappingRule("error", "draw a line between the two"),
    "devices_at_one_place": MappingRule(
        "warning", "they are parallel: draw a line between the two, or delete one"
    ),
    "line_without_side": MappingRule("error", "name their class in sides"),
    "recorded_feeder": MappingRule(
        "error", "where many differ, an open point or a join is wrong in the mapping"
    ),
    "recorded_transformer": MappingRule(
        "warning", "correct the record, the node, or what is drawn in between"
    ),
    "undecided_key": MappingRule(
        "warning", 'say what tells them apart, or prefer = "true" if any will do'
    ),
    "winding_at_one_node": MappingRule("warning", "take another column for node_c"),
    "empty_area": MappingRule("warning", "draw the lines into the area, or map its busbar"),
    "unnamed_end": MappingRule(
        "warning", 'leave "place" out of [connect] order if they are dead ends'
    ),
    "accepts_nothing": MappingRule("warning", "leave out the block [[accept]]"),
}
OTHER_RULE = MappingRule("warning", "")


def judge_notice(notice: Notice) -> str:
    """Return how bad what a notice tells is; what other readers tell too is a warning."""
    return MAPPING_RULES.get(notice.rule, OTHER_RULE).severity


@dataclass(slots=True)
class MappingFindings:
    """What a mapping tells of its source: notices in words, and findings row by row."""

    notices: list[Notice] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)  # those not listed included

    def add_notice(self, rule: str, evidence: str) -> None:
        """Add a notice in words of a rule."""
        self.notices.append(Notice(rule, evidence, MAPPING_RULES[rule].mend))

    def add_finding(
        self,
        rule: str,
        mrid: str,
        evidence: str,
        *,
        place: Iterable[float] = (),
        row: tuple[str, str] = ("", ""),
    ) -> None:
        """
        Add what breaks a rule at one place.

        Parameters
        ----------
        rule
            One of `MAPPING_RULES`.
        mrid
            What it is of.
        evidence
            What was seen.
        place
            x and y; NaN or nothing where it has none.
        row
            The layer and the key of the row of the source.
        """
        self.counts[rule] += 1
        if self.counts[rule] > MOST_LISTED:
            return
        x, y = (*(float(each) for each in place), np.nan, np.nan)[:2]
        at = (x, y) if np.isfinite(x + y) else None
        of = MAPPING_RULES[rule]
        self.findings.append(
            Finding(rule, of.severity, str(mrid), at, evidence, of.mend, str(row[0]), str(row[1]))
        )

    def add_rows(
        self, rule: str, rows: pd.DataFrame, evidence: Iterable[str], xy: NDArray[np.float64]
    ) -> None:
        """
        Add one finding for each of some rows.

        Parameters
        ----------
        rule
            One of `MAPPING_RULES`.
        rows
            The rows, with mrid, layer and key.
        evidence
            What was seen at each.
        xy
            Where each lies, shape (n, 2); NaN where it has no place.
        """
        columns = (rows["mrid"], evidence, xy, rows["layer"], rows["key"])
        for mrid, told, place, layer, key in zip(*columns, strict=True):
            self.add_finding(rule, mrid, told, place=place, row=(layer, key))

    def count_rules(self) -> Counter[str]:
        """Return how often each rule is broken: once where there is only a notice in words."""
        return self.counts + Counter(
            notice.rule for notice in self.notices if notice.rule not in self.counts
        )

    def list_findings(self) -> list[Finding]:
        """Return the findings, and one for each notice of a rule that none was found of."""
        return [
            *self.findings,
            *(
                Finding(notice.rule, judge_notice(notice), "", None, notice.evidence, notice.mend)
                for notice in self.notices
                if notice.rule not in self.counts
            ),
        ]

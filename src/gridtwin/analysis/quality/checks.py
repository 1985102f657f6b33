"""Run the data-quality rules, and report what breaks them."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridtwin.analysis.quality import connectivity, consistency, electrical, location, snapping
from gridtwin.analysis.quality.violations import RuleContext, Violation
from gridtwin.errors import InputError
from gridtwin.model.element_names import find_origin
from gridtwin.model.findings import MOST_LISTED, Finding, find_worst, sort_findings
from gridtwin.model.ids import Element

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gridtwin.model.network import Network
    from gridtwin.topology.topology_index import TopologyIndex


class Rule(NamedTuple):
    """One rule of data quality."""

    name: str
    severity: str
    find: Callable[[RuleContext], Iterator[Violation]]
    mend: str


RULES: tuple[Rule, ...] = (
    Rule(
        "island",
        "error",
        connectivity.find_islands,
        "join it to the network, or take it out of service",
    ),
    Rule(
        "feeder_head",
        "error",
        connectivity.find_dead_heads,
        "name the switch that feeds the feeder",
    ),
    Rule(
        "phase_break",
        "error",
        electrical.find_phase_breaks,
        "correct the phases of this or its neighbors",
    ),
    Rule(
        "voltage_change", "error", electrical.find_voltage_changes, "correct nominal_v, or the kind"
    ),
    Rule("unsnapped", "error", snapping.find_unsnapped_ends, "join the two nodes"),
    Rule(
        "no_transformer",
        "error",
        consistency.find_points_without_transformer,
        "connect it below its transformer",
    ),
    Rule("null_island", "error", location.find_null_island, "give its coordinates"),
    Rule(
        "long_line",
        "error",
        location.find_long_lines,
        "correct its length, or the places of its ends",
    ),
    Rule("volts_in_kv", "error", electrical.find_volts_in_kv, "give nominal_v in volts"),
    Rule(
        "no_feeder",
        "warning",
        connectivity.find_points_without_feeder,
        "define the feeder by its head switch",
    ),
    Rule(
        "multi_fed",
        "warning",
        connectivity.find_multi_fed_feeders,
        "open the tie between the feeders",
    ),
    Rule("loop", "warning", connectivity.find_closed_loops, "record the point that stands open"),
    Rule(
        "parallel_switches",
        "warning",
        connectivity.find_parallel_switches,
        "record which stands open",
    ),
    Rule("duplicate", "warning", connectivity.find_duplicates, "delete one of the two"),
    Rule("self_loop", "warning", connectivity.find_self_loops, "correct one end, or delete it"),
    Rule(
        "tie_to_itself",
        "info",
        connectivity.find_ties_to_themselves,
        "check which feeder the far side belongs to",
    ),
    Rule(
        "head_is_no_switch",
        "warning",
        connectivity.find_heads_without_switch,
        "name a switch as the head",
    ),
    Rule(
        "feeder_without_tie",
        "info",
        connectivity.find_feeders_without_tie,
        "check that no tie is missing",
    ),
    Rule(
        "dead_phase",
        "warning",
        electrical.find_dead_phases,
        "correct the phases of this or of what feeds it",
    ),
    Rule(
        "usage_point_phase",
        "warning",
        electrical.find_point_phase_conflicts,
        "correct the phases it records",
    ),
    Rule(
        "fed_on_low_side",
        "warning",
        electrical.find_low_side_feeds,
        "check the voltages and the source",
    ),
    Rule(
        "could_back_energize",
        "info",
        electrical.find_back_energizing,
        "ground before work, or add a protector",
    ),
    Rule(
        "overloaded_transformer",
        "warning",
        electrical.find_overloaded_transformers,
        "check rating and meters",
    ),
    Rule("no_voltage", "info", electrical.find_missing_voltages, "give nominal_v"),
    Rule(
        "recorded_transformer",
        "warning",
        consistency.find_wrong_transformers,
        "correct the record, or the node",
    ),
    Rule(
        "idle_transformer",
        "info",
        consistency.find_idle_transformers,
        "check that no meter is missing",
    ),
    Rule(
        "zero_length",
        "warning",
        consistency.find_zero_lengths,
        "give the length, or merge the nodes",
    ),
    Rule(
        "far_usage_point", "warning", location.find_far_usage_points, "check its place and its node"
    ),
    Rule(
        "far_geometry",
        "warning",
        location.find_far_geometry,
        "correct its geometry, node_a or node_b",
    ),
    Rule(
        "shared_id",
        "warning",
        consistency.find_shared_ids,
        "rename them, or say which: equipment:ID",
    ),
    Rule("nobody_served", "info", consistency.find_points_without_customer, "count its customers"),
    Rule(
        "open_no_switch",
        "warning",
        consistency.find_open_non_switches,
        "put a switch or a jumper there",
    ),
    Rule("out_of_service", "info", consistency.find_out_of_service, "nothing, if it is meant"),
)


class Report(NamedTuple):
    """What the rules found; worst first, then by rule and mRID."""

    findings: tuple[Finding, ...]
    counts: dict[str, int]  # of every rule that was broken, findings not listed included

    @property
    def worst(self) -> str:
        """The worst severity of what nobody accepted; empty if there is nothing."""
        return find_worst(self.findings)


def check_network(
    network: Network, index: TopologyIndex, *, rules: Sequence[str] | None = None
) -> Report:
    """
    Run data-quality rules over a network.

    Parameters
    ----------
    network
        The network.
    index
        Its topology in the state looked at, as a rule the normal one.
    rules
        Names of the rules wanted; all by default.

    Raises
    ------
    InputError
        If a rule is not known.
    """
    unknown = sorted(set(rules or ()) - {rule.name for rule in RULES})
    if unknown:
        known = ", ".join(rule.name for rule in RULES)
        msg = f"no rule is called {unknown[0]!r}: use one of {known}"
        raise InputError(msg)
    seen = RuleContext(network.data, index, network.crs)
    findings: list[Finding] = []
    counts: dict[str, int] = {}
    for rule in RULES:
        if rules and rule.name not in rules:
            continue
        violations = rule.find(seen)
        listed = [
            _make_finding(seen, rule, violation) for violation in islice(violations, MOST_LISTED)
        ]
        more = sum(1 for _ in violations)
        if listed:
            counts[rule.name] = len(listed) + more
            findings += listed
    findings.sort(key=lambda finding: finding.mrid)
    return Report(sort_findings(findings), counts)


def _make_finding(seen: RuleContext, rule: Rule, violation: Violation) -> Finding:
    origin = find_origin(seen.data, Element(violation.table, violation.row))
    return Finding(
        rule.name,
        rule.severity,
        seen.get_name(violation.table, violation.row),
        _locate_violation(seen, violation),
        violation.evidence,
        rule.mend,
        *(origin[:2] if origin else ()),
    )


def _locate_violation(seen: RuleContext, violation: Violation) -> tuple[float, float] | None:
    data = seen.data
    if violation.table == "equipment":
        ends = [data.equipment.node_a[violation.row], data.equipment.node_b[violation.row]]
        xy = data.nodes.xy[ends].mean(axis=0)
    elif violation.table == "feeders":
        xy = data.nodes.xy[data.equipment.node_a[data.feeders.head[violation.row]]]
    elif violation.table == "sources":
        xy = data.nodes.xy[data.sources.node[violation.row]]
    else:
        xy = getattr(data, violation.table).xy[violation.row]
    return (float(xy[0]), float(xy[1])) if np.isfinite(xy).all() else None

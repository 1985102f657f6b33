"""Run the data-quality rules, and report what breaks them."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridtwin.analysis.quality import connectivity, electrical, places, records, snapping
from gridtwin.analysis.quality.hits import Evidence, Hit
from gridtwin.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gridtwin.model.network import Network
    from gridtwin.topology.index import TopologyIndex

SEVERITIES = ("error", "warning", "info")
LISTED = 1_000  # findings listed of each rule; all are counted


class Rule(NamedTuple):
    """One rule of data quality."""

    name: str
    severity: str
    find: Callable[[Evidence], Iterator[Hit]]
    mend: str


RULES: tuple[Rule, ...] = (
    Rule(
        "island", "error", connectivity.island, "join it to the network, or take it out of service"
    ),
    Rule("feeder_head", "error", connectivity.feeder_head, "name the switch that feeds the feeder"),
    Rule(
        "phase_break",
        "error",
        electrical.phase_break,
        "correct the phases of this or its neighbors",
    ),
    Rule("voltage_change", "error", electrical.voltage_change, "correct nominal_v, or the kind"),
    Rule("unsnapped", "error", snapping.unsnapped, "join the two nodes"),
    Rule("no_transformer", "error", records.no_transformer, "connect it below its transformer"),
    Rule("null_island", "error", places.null_island, "give its coordinates"),
    Rule("long_line", "error", places.long_line, "correct its length, or the places of its ends"),
    Rule("volts_in_kv", "error", electrical.volts_in_kv, "give nominal_v in volts"),
    Rule("no_feeder", "warning", connectivity.no_feeder, "define the feeder by its head switch"),
    Rule("multi_fed", "warning", connectivity.multi_fed, "open the tie between the feeders"),
    Rule("loop", "warning", connectivity.loop, "record the point that stands open"),
    Rule(
        "parallel_switches", "warning", connectivity.parallel_switches, "record which stands open"
    ),
    Rule("duplicate", "warning", connectivity.duplicate, "delete one of the two"),
    Rule("self_loop", "warning", connectivity.self_loop, "correct one end, or delete it"),
    Rule(
        "tie_to_itself",
        "info",
        connectivity.tie_to_itself,
        "check which feeder the far side belongs to",
    ),
    Rule(
        "head_is_no_switch", "warning", connectivity.head_is_no_switch, "name a switch as the head"
    ),
    Rule(
        "feeder_without_tie",
        "info",
        connectivity.feeder_without_tie,
        "check that no tie is missing",
    ),
    Rule(
        "dead_phase",
        "warning",
        electrical.dead_phase,
        "correct the phases of this or of what feeds it",
    ),
    Rule(
        "usage_point_phase",
        "warning",
        electrical.usage_point_phase,
        "correct the phases it records",
    ),
    Rule(
        "fed_on_low_side",
        "warning",
        electrical.fed_on_low_side,
        "check the voltages and the source",
    ),
    Rule(
        "could_back_energize",
        "info",
        electrical.could_back_energize,
        "ground before work, or add a protector",
    ),
    Rule(
        "overloaded_transformer",
        "warning",
        electrical.overloaded_transformer,
        "check rating and meters",
    ),
    Rule("no_voltage", "info", electrical.no_voltage, "give nominal_v"),
    Rule(
        "recorded_transformer",
        "warning",
        records.recorded_transformer,
        "correct the record, or the node",
    ),
    Rule("idle_transformer", "info", records.idle_transformer, "check that no meter is missing"),
    Rule("zero_length", "warning", records.zero_length, "give the length, or merge the nodes"),
    Rule("far_usage_point", "warning", places.far_usage_point, "check its place and its node"),
    Rule("far_geometry", "warning", places.far_geometry, "correct its geometry, node_a or node_b"),
    Rule("shared_id", "warning", records.shared_id, "rename them, or say which: equipment:ID"),
    Rule("nobody_served", "info", records.nobody_served, "count its customers"),
    Rule("open_no_switch", "warning", records.open_no_switch, "put a switch or a jumper there"),
    Rule("out_of_service", "info", records.out_of_service, "nothing, if it is meant"),
)


class Finding(NamedTuple):
    """One thing to look at."""

    rule: str
    severity: str  # error, warning or info
    mrid: str
    place: tuple[float, float] | None  # in the network's coordinates
    evidence: str
    mend: str


class Report(NamedTuple):
    """What the rules found; worst first, then by rule and mRID."""

    findings: tuple[Finding, ...]
    counts: dict[str, int]  # of every rule that was broken, findings not listed included

    @property
    def worst(self) -> str:
        """The worst severity found; empty if nothing was."""
        found = {finding.severity for finding in self.findings}
        return next((severity for severity in SEVERITIES if severity in found), "")


def check(network: Network, index: TopologyIndex, *, rules: Sequence[str] | None = None) -> Report:
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
    seen = Evidence(network.data, index, network.crs)
    findings: list[Finding] = []
    counts: dict[str, int] = {}
    for rule in RULES:
        if rules and rule.name not in rules:
            continue
        hits = rule.find(seen)
        listed = [_finding(seen, rule, hit) for hit in islice(hits, LISTED)]
        more = sum(1 for _ in hits)
        if listed:
            counts[rule.name] = len(listed) + more
            findings += listed
    findings.sort(key=lambda found: (SEVERITIES.index(found.severity), found.rule, found.mrid))
    return Report(tuple(findings), counts)


def _finding(seen: Evidence, rule: Rule, hit: Hit) -> Finding:
    name = seen.name(hit.table, hit.row)
    return Finding(rule.name, rule.severity, name, _place(seen, hit), hit.evidence, rule.mend)


def _place(seen: Evidence, hit: Hit) -> tuple[float, float] | None:
    data = seen.data
    if hit.table == "equipment":
        ends = [data.equipment.node_a[hit.row], data.equipment.node_b[hit.row]]
        xy = data.nodes.xy[ends].mean(axis=0)
    elif hit.table == "feeders":
        xy = data.nodes.xy[data.equipment.node_a[data.feeders.head[hit.row]]]
    elif hit.table == "sources":
        xy = data.nodes.xy[data.sources.node[hit.row]]
    else:
        xy = getattr(data, hit.table).xy[hit.row]
    return (float(xy[0]), float(xy[1])) if np.isfinite(xy).all() else None

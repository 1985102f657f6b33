"""Shape as JSON documents what is asked of a network and of its switches."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gridtwin.results.documents.document_tags import DocumentTag
from gridtwin.sources.mapping.mapping_findings import judge_notice

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    import pandas as pd

    from gridtwin.analysis.quality.checks import Report
    from gridtwin.analysis.state.situation import Situation
    from gridtwin.analysis.trace.explain import Explanation
    from gridtwin.model.findings import Acceptance, Finding
    from gridtwin.model.network import Network
    from gridtwin.model.state import State
    from gridtwin.results.documents.loss_documents import SweepLine
    from gridtwin.results.documents.network_documents import (
        AcceptanceRecord,
        CheckDocument,
        FindDocument,
        FindingRecord,
        FoundElement,
        IntersectDocument,
        MapCheckDocument,
        SyncDocument,
        TableSync,
    )
    from gridtwin.results.documents.switching_documents import (
        ReplayDocument,
        StatesDocument,
        SwitchDocument,
    )
    from gridtwin.results.documents.trace_documents import ExplainDocument
    from gridtwin.sources.mapping.mapping_report import MappingReport
    from gridtwin.store.table_changes import TableChange


def explain_document(explanation: Explanation, state: str) -> ExplainDocument:
    """Return why an element has supply in a state as the JSON document ``gridtwin.explain/1``."""
    return {
        "schema": DocumentTag.EXPLAIN,
        "state": state,
        "mrid": explanation.mrid,
        "supplied": explanation.supplied,
        "phases": explanation.phases,
        "sentence": explanation.sentence,
        "feeders": explanation.feeders,
        "sources": explanation.sources,
        "must_pass": explanation.must_pass,
        "open_devices": explanation.open_devices,
        "out_of_service": explanation.out_of_service,
        "alternatives": explanation.alternatives,
    }


def check_document(report: Report) -> CheckDocument:
    """Return what breaks the rules of data quality as the JSON document ``gridtwin.check/1``."""
    return {
        "schema": DocumentTag.CHECK,
        "counts": report.counts,
        "findings": [make_finding_record(finding) for finding in report.findings],
    }


def make_finding_record(finding: Finding) -> FindingRecord:
    """Return a finding as JSON documents hold it."""
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "mrid": finding.mrid,
        "layer": finding.layer,
        "key": finding.key,
        "place": None if finding.place is None else list(finding.place),
        "evidence": finding.evidence,
        "mend": finding.mend,
        "accepted": make_acceptance_record(finding.accepted) if finding.accepted else None,
    }


def make_acceptance_record(accepted: Acceptance) -> AcceptanceRecord:
    """Return who accepted a finding as JSON documents hold it."""
    return {
        "key": accepted.key,
        "reason": accepted.reason,
        "actor": accepted.actor,
        "at": accepted.at,
    }


def map_check_document(report: MappingReport, found: Report) -> MapCheckDocument:
    """Return how a mapping fits a source as the JSON document ``gridtwin.map_check/1``."""
    return {
        "schema": DocumentTag.MAP_CHECK,
        "mapping": report.mapping,
        "layers": [
            {
                "block": tally.block,
                "layer": tally.layer,
                "to": tally.to,
                "read": tally.read,
                "filtered": tally.filtered,
                "unlisted": tally.unlisted,
                "repeated": tally.repeated,
                "mapped": tally.mapped,
            }
            for tally in report.tallies
        ],
        "feeders_compared": report.feeders.compared,
        "feeders_equal": report.feeders.equal,
        "transformers_compared": report.transformers.compared,
        "transformers_equal": report.transformers.equal,
        "ends": [
            {"partners": partners, "ends": ends} for partners, ends in report.partners.items()
        ],
        "tolerance_m": report.tolerance_m,
        "distances": [
            {
                "from_m": each.from_m,
                "to_m": each.to_m if math.isfinite(each.to_m) else None,
                "ends": each.ends,
            }
            for each in report.distances
        ],
        "notices": [
            {
                "rule": notice.rule,
                "severity": judge_notice(notice),
                "evidence": notice.evidence,
                "mend": notice.mend,
            }
            for notice in report.network.notices
        ],
        "counts": found.counts,
        "findings": [make_finding_record(finding) for finding in found.findings],
    }


def find_document(elements: list[FoundElement]) -> FindDocument:
    """Return the elements that a search found as the JSON document ``gridtwin.find/1``."""
    return {"schema": DocumentTag.FIND, "found": elements}


def intersect_document(
    frame: pd.DataFrame, *, layer: str, predicate: str, by: str, version: int
) -> IntersectDocument:
    """Return what lies inside a polygon as the JSON document ``gridtwin.intersect/1``."""
    plain = frame.drop(columns="geometry", errors="ignore")
    names, rows = [str(name) for name in plain.columns], plain.astype(object).to_numpy().tolist()
    return {
        "schema": DocumentTag.INTERSECT,
        "layer": layer,
        "predicate": predicate,
        "by": by,
        "version": version,
        "rows": [dict(zip(names, row, strict=True)) for row in rows],
    }


def sweep_line(mrid: str, customers: int, usage_points: int) -> SweepLine:
    """Return who goes dark with one piece of equipment as a line of ``gridtwin.sweep/1``."""
    return {"mrid": mrid, "customers": customers, "usage_points": usage_points}


def switch_document(network: Network, mrid: str, state: State) -> SwitchDocument:
    """Return how a switch stands in the state after as the JSON document ``gridtwin.switch/1``."""
    from gridtwin.model.phases import format_phases

    row = network.ids.find_element(mrid, ("equipment",)).row
    return {
        "schema": DocumentTag.SWITCH,
        "mrid": mrid,
        "open": format_phases(int(state.open_mask(network)[row])),
        "version": state.version,
    }


def states_document(states: Iterable[State]) -> StatesDocument:
    """Return the states that are kept as the JSON document ``gridtwin.states/1``."""
    return {
        "schema": DocumentTag.STATES,
        "states": [
            {"name": state.name, "version": state.version, "deviations": len(state.deviations)}
            for state in states
        ],
    }


def replay_document(
    at: datetime, state: State, situation: Situation, *, overlay: str = ""
) -> ReplayDocument:
    """Return a state of the past and who was out in it as the document ``gridtwin.replay/1``."""
    customers = situation.data.usage_points.customers
    return {
        "schema": DocumentTag.REPLAY,
        "at": at.isoformat(),
        "version": state.version,
        "overlay": overlay or None,
        "open": dict(sorted(state.deviations.items())),
        "customers_out": int(customers[~situation.is_served].sum()),
    }


def sync_document(changes: Sequence[TableChange], *, verified_only: bool) -> SyncDocument:
    """Return how the tables of a mirror differed as the JSON document ``gridtwin.sync/1``."""
    return {
        "schema": DocumentTag.SYNC,
        "verified_only": verified_only,
        "tables": list_table_syncs(changes),
    }


def list_table_syncs(changes: Sequence[TableChange]) -> list[TableSync]:
    """Return how the rows of tables differed."""
    return [
        {
            "table": change.table,
            "rows": change.rows,
            "inserted": change.inserted,
            "updated": change.updated,
            "deleted": change.deleted,
        }
        for change in changes
    ]

"""Join what was found in a source with what the rules find in the network it became."""

from __future__ import annotations

import difflib
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from gridtwin.analysis.quality.checks import RULES, Report, check_network
from gridtwin.errors import InputError, NotFoundError
from gridtwin.model.findings import Acceptance, Finding, list_keys, mark_accepted, sort_findings
from gridtwin.sources.mapping.mapping_findings import MAPPING_RULES
from gridtwin.topology.topology_index import build_index

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from gridtwin.analysis.state.situation import Situation
    from gridtwin.model.findings import LoadFindings
    from gridtwin.sources.mapping.mapping_report import MappingReport

NETWORK_RULES = frozenset(rule.name for rule in RULES)


class SourceCheck(NamedTuple):
    """How a mapping fits a source, and all that was found in it and in its network."""

    mapped: MappingReport
    found: Report


def check_source(source: str | Path, mapping: str | Path, *, crs: str | None = None) -> SourceCheck:
    """
    Read a source as a mapping says, run the rules over its network, and tell all that was found.

    Raises
    ------
    SourceError, CrsError, NetworkError, MissingExtraError
        As `gridtwin.sources.mapping.mapping_reader.check_mapping`.
    """
    from gridtwin.sources.mapping.mapping_reader import check_mapping

    mapped = check_mapping(source, mapping, crs=crs)
    network = mapped.network
    report = check_network(network, build_index(network.data, network.data.equipment.normal_open))
    wanted = {each.mrid for each in report.findings}
    rows = mapped.rows[mapped.rows["mrid"].isin(wanted)].drop_duplicates("mrid")
    origins = {
        str(mrid): (str(layer), str(key))
        for mrid, layer, key in zip(rows["mrid"], rows["layer"], rows["key"], strict=True)
    }
    located = ((each, *origins.get(each.mrid, ("", ""))) for each in report.findings)
    findings = tuple(each._replace(layer=layer, key=key) for each, layer, key in located)
    accepted = network.loaded.accepted
    found = join_findings(network.loaded, report._replace(findings=findings), accepted)
    idle = _list_idle(found, accepted)
    counts = found.counts | ({"accepts_nothing": len(idle)} if idle else {})
    return SourceCheck(mapped, Report(sort_findings([*found.findings, *idle]), counts))


def check_kept(
    loaded: LoadFindings, situation: Situation, rules: Sequence[str] | None = None
) -> Report:
    """
    Return what was found when a network was read, and what breaks the rules in it now.

    Parameters
    ----------
    loaded
        What was found, and all that is accepted.
    situation
        The network in a state.
    rules
        Names of the rules wanted; all by default.

    Raises
    ------
    InputError
        If a rule is not known.
    """
    require_rules(rules or ())
    asked = [rule for rule in rules or () if rule in NETWORK_RULES]
    report = Report((), {})
    if asked or not rules:
        report = check_network(situation.network, situation.index, rules=asked)
    return pick_rules(join_findings(loaded, report, loaded.accepted), rules)


def pick_rules(report: Report, rules: Sequence[str] | None) -> Report:
    """Return what was found of some rules; of all where none is named."""
    if not rules:
        return report
    return Report(
        tuple(each for each in report.findings if each.rule in rules),
        {rule: found for rule, found in report.counts.items() if rule in rules},
    )


def make_acceptance(found: Report, asked: tuple[str, str, str], actor: str) -> Acceptance:
    """
    Return that a finding is accepted now.

    Parameters
    ----------
    found
        The findings of its rule.
    asked
        Its rule, its key and the reason.
    actor
        Who accepts it.

    Raises
    ------
    InputError
        If there is no reason.
    NotFoundError
        If there is no such finding; of a rule with more findings than are listed any key is taken.
    """
    rule, key, reason = (text.strip() for text in asked)
    if not reason:
        msg = f"say why {rule} of {key} is accepted"
        raise InputError(msg)
    keys = [name for each in found.findings for name in list_keys(each)]
    if key not in keys and sum(found.counts.values()) <= len(found.findings):
        near = difflib.get_close_matches(key, sorted(set(keys)), n=3, cutoff=0.5)
        what = f"finding of {rule}"
        raise NotFoundError(what, key, near)
    return Acceptance(rule, key, reason, actor, datetime.now(UTC).isoformat(timespec="seconds"))


def require_rules(names: Iterable[str]) -> None:
    """
    Refuse a rule that neither a source nor a network is held against.

    Raises
    ------
    InputError
        With all the rules there are.
    """
    known = [*(rule.name for rule in RULES), *MAPPING_RULES]
    for name in names:
        if name not in known:
            msg = f"no rule is called {name!r}: use one of {', '.join(dict.fromkeys(known))}"
            raise InputError(msg)


def join_findings(loaded: LoadFindings, report: Report, accepted: Iterable[Acceptance]) -> Report:
    """
    Return what was found in a source and in its network as one report.

    Parameters
    ----------
    loaded
        What was found when the source was read.
    report
        What the rules found in the network.
    accepted
        What somebody accepted of either.
    """
    told = {(each.rule, each.mrid) for each in loaded.findings}
    fresh = [each for each in report.findings if (each.rule, each.mrid) not in told]
    counts = Counter(loaded.counts) + Counter(report.counts)
    counts.subtract(each.rule for each in report.findings if (each.rule, each.mrid) in told)
    return Report(mark_accepted(sort_findings([*loaded.findings, *fresh]), accepted), dict(counts))


def _list_idle(found: Report, accepted: Iterable[Acceptance]) -> list[Finding]:
    """Return a finding for each acceptance of what was not found."""
    known = {(each.rule, key) for each in found.findings for key in list_keys(each)}
    rule = MAPPING_RULES["accepts_nothing"]
    return [
        Finding(
            "accepts_nothing",
            rule.severity,
            each.key,
            None,
            f"the mapping accepts {each.rule} of {each.key}, and there is no such finding",
            rule.mend,
        )
        for each in accepted
        if (each.rule, each.key) not in known
    ]

"""Find the head of each recorded feeder, and compare what it feeds with what is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridtwin.sources.cim.cim_classes import CONSUMER_CLASSES
from gridtwin.sources.feeder_tree import FeederTree, find_head
from gridtwin.sources.frame_rows import FrameRows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridtwin.sources.cim.cim_containers import CimContainers
    from gridtwin.sources.cim.cim_merging import CimModel
    from gridtwin.sources.cim.cim_terminals import CimTerminals
    from gridtwin.sources.feeder_tree import Columns


def make_feeders(
    model: CimModel,
    terminals: CimTerminals,
    containers: CimContainers,
    equipment: Columns,
    sources: Columns,
) -> FrameRows:
    """
    Return a row for each feeder with its head.

    The head is what ``Feeder.NormalHeadTerminal`` names; else the first switch of the feeder that
    all of its consumers hang on, else the last switch before it, else its first equipment.
    """
    rows = FrameRows(mrid="", name="", substation="", head="")
    tree = FeederTree(equipment, sources)
    members: dict[str, list[int]] = {}
    for row, owner in enumerate(equipment["owner"]):
        feeder = containers.feeder_of(owner)
        if feeder:
            members.setdefault(feeder, []).append(row)
    served = _find_served_nodes(model, terminals, containers)
    first = {owner: row for row, owner in reversed([*enumerate(equipment["owner"])])}
    heads: dict[int, str] = {}
    for feeder, name in containers.feeders.items():
        terminal = model["container"].read_text(feeder, "NormalHeadTerminal")
        named = first.get(model["terminal"].read_text(terminal, "ConductingEquipment"))
        head = named
        if head is None:
            head = find_head(tree, equipment, members.get(feeder, []), served.get(feeder, []))
        if head is None:
            model.add_notice(
                "feeder_without_head",
                f"feeder {feeder} ({name}) has no supplied equipment: left out",
                "add the files that supply it",
            )
            continue
        heads[head] = feeder
        around = containers.iterate_upward(feeder)
        substation = next((mrid for kind, mrid in around if kind == "Substation"), "")
        rows.add_row(mrid=feeder, name=name, substation=substation, head=equipment["mrid"][head])
    _compare_recorded(model, terminals, containers, tree, heads)
    return rows


def _find_served_nodes(
    model: CimModel, terminals: CimTerminals, containers: CimContainers
) -> dict[str, list[str]]:
    """Return the nodes of the consumers recorded in each feeder."""
    table = model["equipment"]
    found: dict[str, list[str]] = {}
    for mrid, row in table.rows.items():
        if table.kinds[row] in CONSUMER_CLASSES:
            nodes = [end.node for end in terminals.of.get(mrid, ())]
            found.setdefault(containers.feeder_of(mrid), []).extend(nodes)
    return found


def _compare_recorded(
    model: CimModel,
    terminals: CimTerminals,
    containers: CimContainers,
    tree: FeederTree,
    heads: Mapping[int, str],
) -> None:
    """Note the consumers that hang on another feeder than the one they are recorded in."""
    traced: dict[str, str] = {}
    for node in tree.order:
        before, row = tree.parent.get(node, ("", -1))
        traced[node] = heads.get(row) or traced.get(before, "")
    table = model["equipment"]
    known = set(heads.values())
    for mrid, row in table.rows.items():
        if table.kinds[row] in CONSUMER_CLASSES:
            node = next((end.node for end in terminals.of.get(mrid, ())), "")
            recorded = containers.feeder_of(mrid)
            feeds = traced.get(node, "")
            if recorded in known and feeds and feeds != recorded:
                model.add_notice(
                    "recorded_feeder",
                    f"{table.kinds[row]} {mrid} is recorded in feeder {recorded} and hangs on"
                    f" {feeds}: what is connected holds",
                    "mend its container, or the switches between the feeders",
                )

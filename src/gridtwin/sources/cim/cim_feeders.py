"""Find the head of each recorded feeder, and compare what it feeds with what is recorded."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from gridtwin.model.cim import IS_SWITCH, KIND_CODE
from gridtwin.sources.cim.cim_classes import CONSUMER_CLASSES
from gridtwin.sources.cim.cim_rows import FrameRows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridtwin.sources.cim.cim_containers import CimContainers
    from gridtwin.sources.cim.cim_merging import CimModel
    from gridtwin.sources.cim.cim_terminals import CimTerminals

Columns = dict[str, list[Any]]


class FeederTree:
    """
    The shortest ways from the sources over all that is closed by design.

    Parameters
    ----------
    equipment, sources
        The columns of both frames.
    """

    def __init__(self, equipment: Columns, sources: Columns) -> None:
        self.order: list[str] = []  # nodes, the nearest to a source first
        self.parent: dict[str, tuple[str, int]] = {}  # of a node: the node before, and the row
        self.depth: dict[str, int] = {}
        beside: dict[str, list[tuple[str, int]]] = {}
        ends = zip(equipment["node_a"], equipment["node_b"], strict=True)
        for row, (a, b) in enumerate(ends):
            if equipment["in_service"][row] and equipment["normal_open"][row] is not True:
                beside.setdefault(a, []).append((b, row))
                beside.setdefault(b, []).append((a, row))
        starts = [
            node
            for node, kind in zip(sources["node"], sources["kind"], strict=True)
            if kind == "substation"
        ]
        self.depth = dict.fromkeys(starts, 0)
        queue = deque(self.depth)
        while queue:
            node = queue.popleft()
            self.order.append(node)
            for other, row in beside.get(node, ()):
                if other not in self.depth:
                    self.depth[other] = self.depth[node] + 1
                    self.parent[other] = (node, row)
                    queue.append(other)

    def trace_common(self, nodes: list[str]) -> list[int]:
        """Return the rows of equipment that the ways to all of some nodes share, in order."""
        if not nodes:
            return []
        shared = nodes[0]
        for node in nodes[1:]:
            shared = self._find_common_node(shared, node)
        found = []
        while shared in self.parent:
            shared, row = self.parent[shared]
            found.append(row)
        return found[::-1]

    def _find_common_node(self, one: str, other: str) -> str:
        """Return the last node that the ways to two nodes share; empty where there is none."""
        while one != other:
            if self.depth.get(one, -1) < self.depth.get(other, -1):
                one, other = other, one
            if one not in self.parent:
                return ""
            one = self.parent[one][0]
        return one


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
            head = _find_head(tree, equipment, members.get(feeder, []), served.get(feeder, []))
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


def _find_head(
    tree: FeederTree, equipment: Columns, members: list[int], served: list[str]
) -> int | None:
    """Return the row that all consumers of a feeder hang on, or else all of the feeder."""
    lower: dict[int, str] = {}
    for row in members:
        ends = (equipment["node_a"][row], equipment["node_b"][row])
        reached = [node for node in ends if node in tree.depth]
        if reached:
            lower[row] = max(reached, key=tree.depth.__getitem__)
    own = set(members)
    switches = {row for row in own if IS_SWITCH[KIND_CODE[equipment["kind"][row]]]}
    to_served = tree.trace_common([node for node in dict.fromkeys(served) if node in tree.depth])
    way = tree.trace_common(list(dict.fromkeys(lower.values())))
    before = [row for row in way if IS_SWITCH[KIND_CODE[equipment["kind"][row]]]]
    for ways, wanted in ((to_served, switches), (way, switches), (before[::-1], None), (way, own)):
        for row in ways:
            if wanted is None or row in wanted:
                return row
    return min(lower, key=lambda row: (tree.depth[lower[row]], row), default=None)


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

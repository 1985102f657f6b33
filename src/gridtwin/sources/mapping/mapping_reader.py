"""Read a network from a utility's own GIS as a mapping file says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.errors import SourceError
from gridtwin.model.network import Network
from gridtwin.model.network_loads import SourceReading
from gridtwin.sources.mapping.mapping_ends import PlacedPoints, join_placed
from gridtwin.sources.mapping.mapping_file import parse_mapping, read_mapping_text
from gridtwin.sources.mapping.mapping_former import NodeEnds, keep_node_names
from gridtwin.sources.mapping.mapping_frames import (
    NetworkParts,
    make_substations,
    name_rows,
    pick_nodes,
    place_nodes_of_slots,
)
from gridtwin.sources.mapping.mapping_heads import FeederHead, KnownEnds, find_heads
from gridtwin.sources.mapping.mapping_layers import MappedSource
from gridtwin.sources.mapping.mapping_named import JoinedEquipment, MappingContext, join_named
from gridtwin.sources.mapping.mapping_nodes import NodeSlots, spread_places
from gridtwin.sources.mapping.mapping_origins import list_origins
from gridtwin.sources.mapping.mapping_points import MappedPoints
from gridtwin.sources.mapping.mapping_recorded import compare_feeders, trace_feeders
from gridtwin.sources.mapping.mapping_report import FeederComparison, MappingReport
from gridtwin.sources.mapping.mapping_rows import RowReader
from gridtwin.sources.mapping.mapping_sides import SIDE_A, SIDE_B, is_second_terminal
from gridtwin.sources.mapping.mapping_sql import ExpressionRunner

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from gridtwin.model.network_loads import MappingText
    from gridtwin.sources.mapping.mapping_file import UtilityMapping
    from gridtwin.sources.mapping.mapping_rows import BlockRows


def check_mapping(
    source: str | Path,
    mapping: str | Path | MappingText,
    *,
    crs: str | None = None,
    former: Network | None = None,
) -> MappingReport:
    """
    Read a network from a source as a mapping says, and tell how the one fits the other.

    Parameters
    ----------
    source
        Anything with layers: a geodatabase, a GeoPackage, a zip of them, a folder of files.
    mapping
        The mapping file, the name of one that comes with gridtwin, or the text of one.
    crs
        Coordinate system of the source, stronger than what it and the mapping state.
    former
        The network that the source was loaded as before: nodes that are made of places keep the
        ids they have there.

    Raises
    ------
    SourceError
        With file, block, key and column, if the mapping does not fit the source.
    CrsError, NetworkError
        As `gridtwin.read`.
    MissingExtraError
        If DuckDB is not installed.
    """
    text = read_mapping_text(mapping)
    plan = parse_mapping(text.text, text.name)
    plan = replace(plan, crs=crs) if crs else plan
    runner = ExpressionRunner(plan.name, plan.phases)
    try:
        reader = RowReader(MappedSource(Path(source).expanduser()), plan, runner)
        maker = _NetworkMaker(plan, reader, former)
        network = maker.make_network(str(source))
        options = {"crs": crs} if crs else {}
        network = network.with_reading(SourceReading(str(source), options, text))
        return MappingReport(plan.name, tuple(reader.tallies), maker.feeders, network)
    finally:
        runner.close()


class _NetworkMaker:
    """Joins the rows of a mapping to one network."""

    def __init__(self, plan: UtilityMapping, reader: RowReader, former: Network | None) -> None:
        self.plan = plan
        self.reader = reader
        self.former = former
        planar = plan.crs is not None and plan.crs.casefold() == "none"
        self.context = MappingContext(plan.name, plan.rules, planar, reader.notices)
        self.slots = NodeSlots()
        self.feeders = FeederComparison(0, 0)

    def make_network(self, where: str) -> Network:
        """Return the network."""
        rows = [self.reader.read_block(block) for block in self.plan.layers]
        heads = [self.reader.read_block(block) for block in self.plan.heads]
        equipment = [part for part in rows if part.block.to == "equipment" and len(part.frame)]
        if not equipment:
            msg = f"{self.plan.name}: no row of {where} becomes equipment: is this its mapping?"
            raise SourceError(msg)
        points = {
            to: MappedPoints(
                [part for part in rows if part.block.to == to],
                self.slots,
                is_placing=to == "nodes",
            )
            for to in ("usage_points", "sources", "nodes")
        }
        named = [
            self.slots.name_slots(part.frame["node"])
            if "node" in part.frame
            else np.full(len(part.frame), -1)
            for part in heads
        ]
        joined = self._join_equipment(equipment, points)
        self._join_associations(joined, points)
        return self._assemble_network(
            joined, points, rows, list(zip(heads, named, strict=True)), where
        )

    def _join_equipment(
        self, parts: list[BlockRows], points: dict[str, MappedPoints]
    ) -> JoinedEquipment:
        """Return all equipment with the slots of its ends."""
        import pandas as pd

        of = {
            kind: [part for part in parts if part.block.ends.startswith(kind)]
            for kind in ("columns", "line", "point")
        }
        joined = [join_named(of["columns"], self.slots, self.context)] if of["columns"] else []
        if of["line"] or of["point"]:
            placed = [
                PlacedPoints(each.placed_xy, SIDE_B if to == "usage_points" else SIDE_A)
                for to, each in points.items()
            ]
            lines, devices, taken = join_placed(
                of["line"], of["point"], placed, self.slots, self.context
            )
            for each, own in zip(points.values(), taken, strict=True):
                each.take_slots(own)
            joined += [each for each in (lines, devices) if len(each.frame)]
        frames = [each.frame for each in joined]
        return JoinedEquipment(
            pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0],
            *(
                np.concatenate([getattr(each, name) for each in joined])
                for name in ("slot_a", "slot_b", "lines", "points")
            ),
        )

    def _join_associations(self, joined: JoinedEquipment, points: dict[str, MappedPoints]) -> None:
        """Join what the source associates: a key and a terminal with another."""
        if not self.plan.associations:
            return
        slots = _list_slots_of_keys(joined, points)
        missed = 0
        for block in self.plan.associations:
            rows = self.reader.read_block(block).frame
            if not {"a", "b"} <= set(rows):
                msg = f"{self.plan.name}: {block.label}: say the keys of both ends, a and b"
                raise SourceError(msg)
            ends = [_find_slots(rows, end, slots) for end in ("a", "b")]
            missed += int(((ends[0] < 0) | (ends[1] < 0)).sum())
            self.slots.join_slots(ends[0], ends[1])
        if missed:
            self.context.add_notice(
                "association_to_nothing",
                f"{missed:,} associations name what no mapped layer holds, and join nothing",
                "map the layer, or filter them with where",
            )

    def _assemble_network(
        self,
        joined: JoinedEquipment,
        points: dict[str, MappedPoints],
        rows: list[BlockRows],
        heads: list[tuple[BlockRows, NDArray[np.int64]]],
        where: str,
    ) -> Network:
        """Return the network of joined equipment."""
        labels = [(joined.frame["mrid"] + f"@{side}").to_numpy(dtype=object) for side in "ab"]
        labels += [each.frame["mrid"].to_numpy(dtype=object) for each in points.values()]
        ends = np.concatenate([joined.slot_a, joined.slot_b, *(p.slots for p in points.values())])
        nodes = self.slots.number_nodes(ends)
        node_a, node_b = (pick_nodes(nodes, slots) for slots in (joined.slot_a, joined.slot_b))
        names, is_given = self.slots.name_nodes(nodes, ends, np.concatenate(labels))
        of = {to: pick_nodes(nodes, each.slots) for to, each in points.items()}
        if self.former is not None:
            at = _list_ends(joined.frame, node_a, node_b, points, of)
            names = keep_node_names(names, is_given, at, self.former)
        xy = place_nodes_of_slots(nodes, self.slots.find_places(), len(names))
        parts = NetworkParts(joined, node_a, node_b, names, spread_places(xy, node_a, node_b))
        parts.add_heads(self._find_feeders(parts, points, nodes, heads), self.plan.name)
        customers = points["usage_points"]
        traced_of = name_rows(trace_feeders(parts), of["usage_points"])
        self.feeders = compare_feeders(customers.frame, traced_of, self.context)
        made = Network.from_frames(
            nodes=parts.make_nodes(points["nodes"], of["nodes"]),
            equipment=parts.make_equipment(),
            usage_points=parts.make_usage_points(customers, of["usage_points"]),
            sources=parts.make_sources(points["sources"], of["sources"]),
            substations=make_substations([part for part in rows if part.block.to == "substations"]),
            feeders=parts.make_feeders(),
            crs="none" if self.context.planar else None,
            where=f"{self.plan.name} on {where}",
        )
        origins = list_origins(parts, points, of["nodes"], rows, [part for part, _ in heads])
        return made.with_notices(self.context.notices).with_origins(origins)

    def _find_feeders(
        self,
        parts: NetworkParts,
        points: dict[str, MappedPoints],
        nodes: NDArray[np.intp],
        heads: list[tuple[BlockRows, NDArray[np.int64]]],
    ) -> list[FeederHead]:
        """Return the feeders that the blocks of heads define."""
        frame = parts.joined.frame
        by_key = {
            key: (int(nodes[a]), int(nodes[b]))
            for key, (a, b) in _list_slots_of_keys(parts.joined, points).items()
        }
        rows = {key: row for row, key in reversed(list(enumerate(frame["key"])))}
        known = KnownEnds(parts.node_a, parts.node_b, by_key, rows)
        return [
            head
            for part, named in heads
            for head in find_heads(part, pick_nodes(nodes, named), known, self.plan.name)
        ]


def _list_ends(
    equipment: pd.DataFrame,
    node_a: NDArray[np.intp],
    node_b: NDArray[np.intp],
    points: dict[str, MappedPoints],
    of: dict[str, NDArray[np.intp]],
) -> list[NodeEnds]:
    """Return all that ends at the nodes."""
    mrids = equipment["mrid"].to_numpy(dtype=object)
    ends = [
        NodeEnds("equipment", mrids, nodes, column)
        for column, nodes in (("node_a", node_a), ("node_b", node_b))
    ]
    return ends + [
        NodeEnds(to, points[to].frame["mrid"].to_numpy(dtype=object), of[to], "node")
        for to in ("usage_points", "sources")
    ]


def _list_slots_of_keys(
    joined: JoinedEquipment, points: dict[str, MappedPoints]
) -> dict[str, tuple[int, int]]:
    """Return the slots of each key: both ends of a device, of a point the one twice."""
    known: dict[str, tuple[int, int]] = {}
    for each in points.values():
        known |= {
            str(key): (int(slot), int(slot))
            for key, slot in zip(each.frame["key"], each.slots, strict=True)
            if slot >= 0
        }
    ends = zip(joined.frame["key"], joined.slot_a, joined.slot_b, strict=True)
    for key, slot_a, slot_b in reversed(list(ends)):  # of pieces, the first counts
        if slot_a >= 0 and slot_b >= 0:
            known[str(key)] = (int(slot_a), int(slot_b))
    return known


def _find_slots(
    rows: pd.DataFrame, end: str, slots: dict[str, tuple[int, int]]
) -> NDArray[np.int64]:
    """Return the slot that one end of each association names; -1 if there is none."""
    terminals = rows.get(f"{end}_terminal")
    chosen = np.full(len(rows), -1, dtype=np.int64)
    for row, key in enumerate(rows[end]):
        sides = slots.get(str(key).strip())
        if sides is not None:
            terminal = None if terminals is None else terminals.iat[row]
            chosen[row] = sides[is_second_terminal(terminal)]
    return chosen

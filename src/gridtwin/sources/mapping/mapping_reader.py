"""Read a network from a utility's own GIS as a mapping file says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.errors import SourceError
from gridtwin.model import cim
from gridtwin.model.findings import LoadFindings, sort_findings
from gridtwin.model.network import Network
from gridtwin.model.network_loads import SourceReading
from gridtwin.sources.mapping.mapping_areas import join_areas
from gridtwin.sources.mapping.mapping_associations import join_associations, list_slots_of_keys
from gridtwin.sources.mapping.mapping_checks import (
    RECORDED_COLUMNS,
    RECORDED_FEEDER,
    RECORDED_TRANSFORMER,
)
from gridtwin.sources.mapping.mapping_ends import PlacedPoints, join_placed
from gridtwin.sources.mapping.mapping_file import parse_mapping, read_mapping_text
from gridtwin.sources.mapping.mapping_former import keep_node_names, list_node_ends
from gridtwin.sources.mapping.mapping_frames import (
    NetworkParts,
    make_substations,
    pick_nodes,
    place_nodes_of_slots,
    read_lengths,
)
from gridtwin.sources.mapping.mapping_heads import FeederHead, KnownEnds, find_heads
from gridtwin.sources.mapping.mapping_layers import MappedSource
from gridtwin.sources.mapping.mapping_lines import find_repeated_lines, measure_ends
from gridtwin.sources.mapping.mapping_named import JoinedEquipment, MappingContext, join_named
from gridtwin.sources.mapping.mapping_nodes import NodeSlots, spread_places
from gridtwin.sources.mapping.mapping_origins import list_origins
from gridtwin.sources.mapping.mapping_places import find_neighbors
from gridtwin.sources.mapping.mapping_plausibility import judge_plausibility
from gridtwin.sources.mapping.mapping_points import MappedPoints
from gridtwin.sources.mapping.mapping_positions import find_operated
from gridtwin.sources.mapping.mapping_recorded import RecordedRows, compare_recorded
from gridtwin.sources.mapping.mapping_report import (
    DistanceBin,
    MappingReport,
    RecordedComparison,
    count_partners,
    sort_distances,
)
from gridtwin.sources.mapping.mapping_rows import RowReader
from gridtwin.sources.mapping.mapping_sides import SIDE_A, SIDE_B
from gridtwin.sources.mapping.mapping_sql import ExpressionRunner
from gridtwin.sources.mapping.mapping_unnamed import join_unnamed
from gridtwin.topology.topology_index import build_index

LINE_KINDS = tuple(cim.KIND_NAMES[kind] for kind in cim.LINES)

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from gridtwin.model.network_loads import MappingText
    from gridtwin.sources.mapping.mapping_file import UtilityMapping
    from gridtwin.sources.mapping.mapping_rows import BlockRows


def read_mapped(
    source: str | Path,
    mapping: str | Path | MappingText,
    *,
    crs: str | None = None,
    former: Network | None = None,
) -> Network:
    """Return the network of `check_mapping`, without counting how its ends lie."""
    return _read_source(source, mapping, crs, former)[1]


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
    maker, network = _read_source(source, mapping, crs, former)
    return MappingReport(
        mapping=maker.plan.name,
        tallies=tuple(maker.reader.tallies),
        network=network,
        feeders=maker.compared[RECORDED_FEEDER],
        transformers=maker.compared[RECORDED_TRANSFORMER],
        tolerance_m=maker.plan.rules.tolerance_m,
        rows=maker.list_rows(),
        partners=maker.count_partners(),
        distances=maker.measure_distances(),
    )


def _read_source(
    source: str | Path,
    mapping: str | Path | MappingText,
    crs: str | None,
    former: Network | None,
) -> tuple[_NetworkMaker, Network]:
    """Return the network of a source, and what made it."""
    text = read_mapping_text(mapping)
    plan = parse_mapping(text.text, text.name)
    plan = replace(plan, crs=crs) if crs else plan
    runner = ExpressionRunner(plan.name, plan.phases)
    try:
        reader = RowReader(MappedSource(Path(source).expanduser()), plan, runner)
        maker = _NetworkMaker(plan, reader, former)
        network = maker.make_network(str(source))
        options = {"crs": crs} if crs else {}
        return maker, network.with_reading(SourceReading(str(source), options, text))
    finally:
        runner.close()


class _NetworkMaker:
    """Joins the rows of a mapping to one network."""

    def __init__(self, plan: UtilityMapping, reader: RowReader, former: Network | None) -> None:
        self.plan = plan
        self.reader = reader
        planar = plan.crs is not None and plan.crs.casefold() == "none"
        self.context = MappingContext(plan.name, plan.rules, planar, reader.told, former)
        self.slots = NodeSlots()
        self.compared = dict.fromkeys(RECORDED_COLUMNS, RecordedComparison(0, 0))
        self.parts: NetworkParts | None = None
        self.points: dict[str, MappedPoints] = {}
        self.nodes: dict[str, NDArray[np.intp]] = {}  # of the points of each frame

    def make_network(self, where: str) -> Network:
        """Return the network."""
        rows = [self.reader.read_block(block) for block in self.plan.layers]
        heads = [self.reader.read_block(block) for block in self.plan.heads]
        self.reader.tell_left_out()
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
        if any(each.are_areas.any() for each in points.values()):
            join_areas(joined, points.values(), self.slots, self.context)
        if self.plan.rules.joins_unnamed:
            join_unnamed(joined, points, self.slots, self.context)
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
        if self.plan.associations:
            slots = list_slots_of_keys(joined, points)
            rows = [self.reader.read_block(block) for block in self.plan.associations]
            join_associations(rows, slots, self.slots, self.context)

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
        if self.context.former is not None:
            at = list_node_ends(joined.frame, node_a, node_b, points, of)
            names = keep_node_names(names, is_given, at, self.context.former)
        xy = place_nodes_of_slots(nodes, self.slots.find_places(), len(names))
        spread = spread_places(xy, node_a, node_b)
        placed = np.asarray(np.isfinite(xy).all(axis=1), dtype=np.bool_)
        parts = NetworkParts(joined, node_a, node_b, names, spread, placed)
        parts.add_heads(self._find_feeders(parts, points, nodes, heads), self.plan.name)
        customers = points["usage_points"]
        self.parts, self.points, self.nodes = parts, points, of
        equipment = parts.make_equipment()
        made = Network.from_frames(
            nodes=parts.make_nodes(points["nodes"], of["nodes"]),
            equipment=equipment,
            usage_points=parts.make_usage_points(customers, of["usage_points"]),
            sources=parts.make_sources(points["sources"], of["sources"]),
            substations=make_substations([part for part in rows if part.block.to == "substations"]),
            feeders=parts.make_feeders(),
            crs="none" if self.context.planar else None,
            where=f"{self.plan.name} on {where}",
        )
        self._find_misfits(made)
        told = self.context.told
        told.notices += judge_plausibility(
            made, read_lengths(equipment), parts.placed, self.plan.name
        )
        loaded = LoadFindings(
            sort_findings(told.list_findings()), self.plan.checks.accepted, told.count_rules()
        )
        origins = list_origins(parts, points, of["nodes"], rows, [part for part, _ in heads])
        operated = find_operated(made, joined.frame, self.plan.name)
        made = made.with_notices(told.notices).with_loaded(loaded)
        return made.with_origins(origins).with_operated(operated)

    def _find_misfits(self, network: Network) -> None:
        """Find what is drawn twice, and where records part from what is traced."""
        if self.parts is None:
            return
        joined = self.parts.joined
        rows, originals = find_repeated_lines(joined.frame, joined.lines)
        told = [f"is drawn as {mrid} is" for mrid in joined.frame["mrid"].iloc[originals]]
        starts = measure_ends(joined.lines[rows])[0]
        self.context.told.add_rows("repeated_geometry", joined.frame.iloc[rows], told, starts)
        if not self.plan.checks.recorded:
            return
        index = build_index(network.data, network.data.equipment.normal_open)
        customers, nodes = self.points["usage_points"].frame, self.nodes["usage_points"]
        recorded = RecordedRows(joined.frame, customers, nodes)
        for check in self.plan.checks.recorded:
            compared = compare_recorded(check, recorded, network.data, index, self.context)
            self.compared[check] = compared

    def list_rows(self) -> pd.DataFrame:
        """Return mrid, layer and key of everything in the network."""
        import pandas as pd

        frames = [each.frame for each in self.points.values()]
        frames = [*([self.parts.joined.frame] if self.parts else []), *frames]
        return pd.concat(
            [frame[["mrid", "layer", "key"]] for frame in frames if len(frame)], ignore_index=True
        )

    def count_partners(self) -> dict[int, int]:
        """Return how many ends of lines have how many partners at their node."""
        if self.parts is None:
            return {}
        kinds = self.parts.joined.frame["kind"].to_numpy(dtype=object)
        lines = np.array([kind in LINE_KINDS for kind in kinds], dtype=bool)
        of = [
            np.concatenate([self.parts.node_a[chosen], self.parts.node_b[chosen]])
            for chosen in (lines, np.logical_not(lines))
        ]
        points = [nodes for to, nodes in self.nodes.items() if to != "nodes"]
        points.append(np.array([head.source_node for head in self.parts.heads], dtype=np.intp))
        return count_partners(of[0], np.concatenate([of[1], *points]), len(self.parts.names))

    def measure_distances(self) -> tuple[DistanceBin, ...]:
        """Return how far the ends that are joined by place lie from what is nearest."""
        meters, end_count = self.context.drawn_m, self.context.drawn_ends
        asked = np.flatnonzero(np.isfinite(meters[:end_count]).all(axis=1))
        if not len(asked):
            return ()
        distances, _ = find_neighbors(meters, end_count, asked)
        return sort_distances(distances, self.plan.rules.tolerance_m)

    def _find_feeders(
        self,
        parts: NetworkParts,
        points: dict[str, MappedPoints],
        nodes: NDArray[np.intp],
        heads: list[tuple[BlockRows, NDArray[np.int64]]],
    ) -> list[FeederHead]:
        """Return the feeders that the blocks of heads define."""
        if not heads:
            return []
        frame = parts.joined.frame
        by_key = {
            key: (int(nodes[a]), int(nodes[b]))
            for key, (a, b) in list_slots_of_keys(parts.joined, points).items()
        }
        rows = {key: row for row, key in reversed(list(enumerate(frame["key"])))}
        known = KnownEnds(parts.node_a, parts.node_b, by_key, rows)
        return [
            head
            for part, named in heads
            for head in find_heads(part, pick_nodes(nodes, named), known, self.plan.name)
        ]

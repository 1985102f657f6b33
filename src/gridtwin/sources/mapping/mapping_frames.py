"""Make the six frames of a network from joined equipment, points and heads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridtwin.errors import SourceError
from gridtwin.sources.mapping.mapping_checks import RECORDED_COLUMNS
from gridtwin.sources.mapping.mapping_lines import locate_points
from gridtwin.sources.mapping.mapping_named import stack_rows
from gridtwin.sources.mapping.mapping_places import number_groups
from gridtwin.sources.mapping.mapping_rows import PREFERENCE_COLUMN

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from gridtwin.sources.mapping.mapping_heads import FeederHead
    from gridtwin.sources.mapping.mapping_named import JoinedEquipment
    from gridtwin.sources.mapping.mapping_points import MappedPoints
    from gridtwin.sources.mapping.mapping_rows import BlockRows

# What only serves to join rows, and is no column of a frame.
INNER_COLUMNS = frozenset(
    {
        *("key", "layer", "block", "node_a", "node_b", "node_c", "node"),
        *(
            "x",
            "y",
            "nominal_v",
            "line_class",
            "terminal_a",
            "terminal_b",
            "current_open",
            PREFERENCE_COLUMN,
            *RECORDED_COLUMNS,
        ),
    }
)


@dataclass(slots=True)
class NetworkParts:
    """A network before its frames: equipment between numbered nodes, sources and feeders."""

    joined: JoinedEquipment
    node_a: NDArray[np.intp]
    node_b: NDArray[np.intp]
    names: NDArray[np.object_]  # of nodes
    xy: NDArray[np.float64]  # of nodes, shape (n, 2)
    placed: NDArray[np.bool_]  # nodes that the source places, and not only their neighbors
    heads: list[FeederHead] = field(default_factory=list)

    def add_heads(self, heads: Sequence[FeederHead], where: str) -> None:
        """
        Take the heads of feeders; one that begins at a node gets a busbar as its head.

        Raises
        ------
        SourceError
            If two feeders begin with the same equipment, or at one node.
        """
        import pandas as pd

        made: list[dict[str, Any]] = []
        taken: dict[object, str] = {}
        for head in heads:
            place = ("node", head.source_node) if head.head < 0 else ("row", head.head)
            if place in taken:
                msg = (
                    f"{where}: feeders {taken[place]} and {head.mrid} begin at one place: say in"
                    " [[heads]] which device each begins with"
                )
                raise SourceError(msg)
            taken[place] = head.mrid
            if head.head >= 0:
                self.heads.append(head)
                continue
            self.heads.append(self._extend_head(head, len(self.joined.frame) + len(made)))
            made.append({"mrid": f"{head.mrid}:head", "kind": "busbar"})
        if made:
            self.joined.frame = pd.concat(
                [self.joined.frame, pd.DataFrame(made)], ignore_index=True
            )
            nothing = np.full(len(made), None, dtype=object)
            self.joined.lines = np.concatenate([self.joined.lines, nothing])

    def _extend_head(self, head: FeederHead, row: int) -> FeederHead:
        """Return a head with a busbar from a node of its own to where the feeder begins."""
        node = len(self.names)
        self.names = np.append(self.names, f"{head.mrid}:source")
        self.xy = np.concatenate([self.xy, self.xy[[head.source_node]]])
        self.placed = np.append(self.placed, False)
        self.node_a = np.append(self.node_a, node)
        self.node_b = np.append(self.node_b, head.source_node)
        return head._replace(source_node=node, head=row)

    def make_nodes(self, points: MappedPoints, nodes: NDArray[np.intp]) -> pd.DataFrame:
        """Return the frame of the nodes, with what the source says of those it has rows of."""
        import pandas as pd

        frame = pd.DataFrame({"mrid": self.names, "geometry": make_points(self.xy)})
        said = drop_inner(points.frame).drop(columns="mrid").assign(row=nodes)
        if "nominal_v" in points.frame:
            said["nominal_v"] = points.frame["nominal_v"]
        said = said[nodes >= 0].drop_duplicates("row").set_index("row")
        frame = frame.join(said)
        volts = self._find_voltages()
        if "nominal_v" in frame:
            own = np.array(frame["nominal_v"], dtype=np.float64)
            volts = np.where(np.isnan(own), volts, own)
        return frame.assign(nominal_v=volts)

    def _find_voltages(self) -> NDArray[np.float64]:
        """Return the voltage of each node, as the equipment at it says; NaN where none does."""
        import pandas as pd

        volts = np.full(len(self.names), np.nan)
        if "nominal_v" in self.joined.frame:
            said = np.array(pd.to_numeric(self.joined.frame["nominal_v"], errors="coerce"), float)
            for ends in (self.node_a, self.node_b):
                told = np.isfinite(said) & (ends >= 0)
                volts[ends[told]] = said[told]
        for head in self.heads:  # a busbar that was made joins nodes of one voltage
            begin, beyond = self.node_a[head.head], self.node_b[head.head]
            if self.names[begin] == f"{head.mrid}:source":
                volts[begin] = volts[beyond]
        return volts

    def make_equipment(self) -> pd.DataFrame:
        """Return the frame of the equipment."""
        frame = drop_inner(self.joined.frame)
        frame["node_a"], frame["node_b"] = (
            name_rows(self.names, nodes) for nodes in (self.node_a, self.node_b)
        )
        frame["geometry"] = self.joined.lines
        return frame

    def make_usage_points(self, points: MappedPoints, nodes: NDArray[np.intp]) -> pd.DataFrame:
        """Return the frame of the usage points."""
        frame = drop_inner(points.frame)
        frame["node"] = name_rows(self.names, nodes)
        frame["geometry"] = make_points(points.xy)
        return frame

    def make_sources(self, points: MappedPoints, nodes: NDArray[np.intp]) -> pd.DataFrame:
        """Return the frame of the sources: those that are mapped, and one for each other head."""
        import pandas as pd

        frame = drop_inner(points.frame)
        frame["node"] = name_rows(self.names, nodes)
        there = self._find_supplied(nodes)
        rows = []
        for head in self.heads:
            if head.source_node not in there:
                there.add(head.source_node)
                rows.append({"mrid": f"{head.mrid}:supply", "node": self.names[head.source_node]})
        return (
            pd.concat([frame, pd.DataFrame(rows)], ignore_index=True)
            if len(frame)
            else (pd.DataFrame(rows))
        )

    def _find_supplied(self, sources: NDArray[np.intp]) -> set[int]:
        """Return the nodes that mapped sources reach over what is closed as designed."""
        closed = np.ones(len(self.node_a), dtype=bool)
        if "normal_open" in self.joined.frame:
            positions = self.joined.frame["normal_open"]
            closed = (positions.isna() | (positions == "")).to_numpy()
        closed &= (self.node_a >= 0) & (self.node_b >= 0)
        groups = number_groups(len(self.names), self.node_a[closed], self.node_b[closed])
        reached = np.isin(groups, groups[sources[sources >= 0]])
        return set(np.flatnonzero(reached).tolist())

    def make_feeders(self) -> pd.DataFrame:
        """Return the frame of the feeders."""
        import pandas as pd

        mrids = self.joined.frame["mrid"]
        return pd.DataFrame(
            [(head.mrid, head.name, head.substation, mrids[head.head]) for head in self.heads],
            columns=["mrid", "name", "substation", "head"],
        )


def read_lengths(equipment: pd.DataFrame) -> NDArray[np.float64]:
    """Return the length that each row records, in meters; NaN where it records none."""
    import pandas as pd

    if "length_m" not in equipment:
        return np.full(len(equipment), np.nan)
    return np.array(pd.to_numeric(equipment["length_m"], errors="coerce"), dtype=np.float64)


def make_substations(parts: Sequence[BlockRows]) -> pd.DataFrame | None:
    """Return the frame of the substations; None if no block maps any."""
    if not parts:
        return None
    frame, shapes = stack_rows(parts)
    return drop_inner(frame).assign(geometry=make_points(locate_points(shapes)))


def drop_inner(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame without the columns that only serve to join its rows."""
    return frame[[name for name in frame.columns if name not in INNER_COLUMNS]].copy()


def name_rows(names: NDArray[np.object_], rows: NDArray[np.intp]) -> NDArray[np.object_]:
    """Return the name at each row number; an empty text for -1."""
    return np.append(names, "")[rows]


def make_points(xy: NDArray[np.float64]) -> NDArray[np.object_]:
    """Return a point for each row; None where a coordinate is NaN."""
    points = np.full(len(xy), None, dtype=object)
    known = np.isfinite(xy).all(axis=1)
    points[known] = shapely.points(xy[known])
    return points


def pick_nodes(nodes: NDArray[np.intp], slots: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return the node of each slot; -1 for -1."""
    return np.append(nodes, -1)[slots]


def place_nodes_of_slots(
    nodes: NDArray[np.intp], xy: NDArray[np.float64], count: int
) -> NDArray[np.float64]:
    """Return where each node lies: at the first of its slots that has a place."""
    placed = np.full((count, 2), np.nan)
    known = np.isfinite(xy).all(axis=1) & (nodes >= 0)
    placed[nodes[known][::-1]] = xy[known][::-1]
    return placed

"""Find where what a source records parts from what is traced: the element to open first."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.model import cim
from gridtwin.sources.mapping.mapping_places import number_groups

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.tables import NetworkData
    from gridtwin.topology.topology_index import TopologyIndex

NOWHERE = -1


@dataclass(slots=True)
class TracedRecords:
    """What is traced and recorded, of one thing: the feeder, or the transformer."""

    index: TopologyIndex
    data: NetworkData
    begins: NDArray[np.integer]  # of each node the equipment its way begins with; -1: the source
    traced: NDArray[np.object_]  # of each node; None where nothing is
    recorded: NDArray[np.object_]  # of each piece of equipment; None where it says nothing
    nodes: NDArray[np.integer]  # of each row compared
    said: NDArray[np.object_]  # what each of them records
    equal: NDArray[np.bool_]  # whether that is traced
    several: NDArray[np.bool_]  # nodes that more than one of them reaches
    _cuts: dict[int, NDArray[np.intp]] = field(default_factory=dict)
    _parts: NDArray[np.intp] | None = None
    _tops: dict[int, int] = field(default_factory=dict)
    _agreeing: set[int] = field(default_factory=set)

    def find_parting(self, row: int) -> int:
        """
        Return the equipment at which what a row records first parts from what is traced.

        On the way from the head, or from the transformer, to the row it is the first that records
        another itself; where none does, the first behind which no row records what is traced. Of a
        row without supply it is the open device that cuts it off; where more than one feeder
        comes, the switch on the way between them where the records change.

        Returns
        -------
            Its row; -1 where it is none but the row itself.
        """
        node = int(self.nodes[row])
        if self.index.tin[node] < 0:
            return self._find_cut(node, str(self.said[row]))
        if self.several[node]:
            return self._find_joint(node)
        return self._find_top(node)

    def _list_path(self, node: int) -> list[int]:
        """Return the nodes on the way to a node, from behind where it begins."""
        path, begin = [], int(self.begins[node])
        while self.index.feed[node] >= 0:
            path.append(node)
            if self.index.feed[node] == begin:
                break
            node = int(self.index.parent[node])
        return path[::-1]

    def _differs(self, node: int) -> bool:
        """Whether the equipment that feeds a node records another than is traced there."""
        feed = int(self.index.feed[node])
        said = self.recorded[feed] if feed >= 0 else None
        return said is not None and said != self.traced[node]

    def _find_top(self, node: int) -> int:
        if node in self._tops:
            return self._tops[node]
        path = self._list_path(node)
        first = next((each for each in path if self._differs(each)), NOWHERE)
        if first < 0:
            self._mark_agreeing()
            first = next((each for each in path if each not in self._agreeing), NOWHERE)
        self._tops[node] = int(self.index.feed[first]) if first >= 0 else NOWHERE
        return self._tops[node]

    def _mark_agreeing(self) -> None:
        """Mark the nodes on the way to each row that records what is traced, once."""
        if self._agreeing:
            return
        for node in np.unique(self.nodes[self.equal]).tolist():
            while node >= 0 and node not in self._agreeing:
                self._agreeing.add(node)
                node = int(self.index.parent[node])  # noqa: PLW2901 - one way up
        self._agreeing.add(NOWHERE)

    def _find_cut(self, node: int, said: str) -> int:
        """Return the open device between a part without supply and where what it records is."""
        conduction = self.index.conduction
        if self._parts is None:
            closed = np.flatnonzero(conduction.passes)
            ends = conduction.node_a[closed], conduction.node_b[closed]
            self._parts = number_groups(conduction.node_count, *ends)
        part = int(self._parts[node])
        a, b = conduction.node_a, conduction.node_b
        if part not in self._cuts:
            inside = self._parts == part
            self._cuts[part] = np.flatnonzero((conduction.passes == 0) & (inside[a] != inside[b]))
        border = self._cuts[part]
        beyond = np.where(self._parts[a[border]] == part, b[border], a[border])
        right = self.traced[beyond] == said
        chosen = border[right] if right.any() else border[self.index.tin[beyond] >= 0]
        return int(chosen[0]) if len(chosen) else NOWHERE

    def _find_joint(self, node: int) -> int:
        """Return where the way of a node meets that of another head."""
        conduction, begin = self.index.conduction, int(self.begins[node])
        for chord in self.index.extra.tolist():
            ends = [int(conduction.node_a[chord]), int(conduction.node_b[chord])]
            if begin not in self.begins[ends] or len(set(self.begins[ends])) < 2:
                continue
            own, other = ends if self.begins[ends[0]] == begin else ends[::-1]
            way, back = (
                [int(self.index.feed[each]) for each in self._list_path(end)[1:]]
                for end in (own, other)
            )
            way = [*way, chord, *back[::-1]]
            return self._choose_joint(way, begin, chord)
        return NOWHERE

    def _choose_joint(self, way: list[int], begin: int, chord: int) -> int:
        """Return the switch where records change on a way between two heads; else what changes."""
        own = self.recorded[begin] if begin >= 0 else None
        others = [row for row in way if self.recorded[row] not in (None, own)]
        joints = [chord]
        if own is not None and others:
            stop = way.index(others[0])
            same = [place for place in range(stop) if self.recorded[way[place]] == own]
            way = way[same[-1] + 1 if same else 0 : stop + 1]
            joints = others
        switches = [row for row in way if cim.IS_SWITCH[self.data.equipment.kind[row]]]
        return (switches or joints)[0]

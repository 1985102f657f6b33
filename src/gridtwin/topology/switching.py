"""
Follow switch operations without building the index again.

Opening a switch cuts one slice out of its feeder's segment; closing one hangs a dead piece, turned
so that it is fed from its new end, into a segment. Each touches one feeder. Whatever closes or
opens a loop is left to a full build, which is also the oracle of the tests::

    feeder 7: [... x  c c1 c2 c3  y ...]     open the switch above c
    feeder 7: [... x  y ...]                 dead piece: [c c1 c2 c3]
    feeder 8: [... z  c2 c3 c c1 ...]        close the tie z-c2
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.model.phases import ABC
from gridtwin.topology.energized_nodes import find_needs
from gridtwin.topology.forest import DEAD
from gridtwin.topology.meshed_core import FREED, LOCAL, live_phases
from gridtwin.topology.phase_needs import weigh_nodes
from gridtwin.topology.topology_index import ARRAYS, TopologyIndex

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.tables import NetworkData

GROWTH = 64  # spare places of a segment that moves, beside half its length
_STEADY = ("designed", "extra")  # arrays of an index that no operation changes


@dataclass(slots=True)
class _Piece:
    """A dead part that was cut off whole: its nodes in preorder, and where it was cut."""

    nodes: NDArray[np.int32]


class Switching:
    """
    An index that follows operations.

    Parameters
    ----------
    index
        Where to begin; it is copied, not changed.
    data
        The network's tables.
    strict
        Whether recorded phases decide even where they contradict each other.
    """

    def __init__(self, index: TopologyIndex, data: NetworkData, *, strict: bool = False) -> None:
        copies: dict[str, Any] = {
            name: np.array(getattr(index, name)) for name in ARRAYS if name not in _STEADY
        }
        conduction = replace(index.conduction, passes=np.array(index.conduction.passes))
        self.index = replace(index, **copies, conduction=conduction, hooked_segments=None)
        self._points, self._strict = data.usage_points, strict
        self._heads = frozenset(data.feeders.head.tolist())
        self._used = len(self.index.pool)
        self._room = self.index.length + 1
        count = len(index.parent)
        self._piece_of = np.full(count, -1, dtype=np.int32)
        self._pieces: list[_Piece | None] = []
        # What a dead piece looked like when it was alive: place in the piece, extent, parent, feed.
        self._at = np.zeros(count, dtype=np.int32)
        self._extent = np.zeros(count, dtype=np.int32)
        self._above = np.full(count, DEAD, dtype=np.int32)
        self._via = np.full(count, -1, dtype=np.int32)
        self._weight = np.zeros(count, dtype=np.int32)
        self._lacked = np.zeros(count, dtype=bool)  # some phase it could have had

    def operate_equipment(self, row: int, passes: int) -> bool:
        """
        Let a piece of equipment pass other phases than before.

        Parameters
        ----------
        row
            The equipment.
        passes
            The phases A, B, C that get through from now on; 0 when it is open.

        Returns
        -------
            Whether the index followed; if not, it is unchanged, and has to be built again.
        """
        index = self.index
        before = int(index.conduction.passes[row])
        if before == passes:
            return True
        if index.core is not None:
            return False
        if before and not passes:
            done = self._open_equipment(row)
        elif passes and not before:
            done = self._close_equipment(row, passes)
        else:
            done = self._dim_phases(row, passes)
        if done:
            index.conduction.passes[row] = passes
        return done

    def _open_equipment(self, row: int) -> bool:
        index = self.index
        top = int(index.child[row])
        if top < 0:  # between dead nodes: nothing changes but what a piece may hang on
            self._part_piece(row)
            return True
        segment, start = int(index.segment[top]), int(index.tin[top])
        count = int(index.size[top])
        if segment == 0 and len(index.base) > 1 and len(index.find_ranges(top)) > 1:
            return False
        nodes = index.pool[start : start + count].copy()
        begin = int(index.base[segment])
        end = begin + int(index.length[segment])
        self._shrink_extents(top, count)
        self._keep_dead_piece(nodes)
        rest = index.pool[start + count : end].copy()
        self._write_segment(segment, np.concatenate([index.pool[begin:start], rest]))
        if not index.length[segment]:  # a head inside the segment of another leaves the rest of it
            index.root[segment] = index.hook[segment] = -1
        index.hooked_segments = None
        return True

    def _shrink_extents(self, top: int, count: int) -> None:
        """Take `count` off the extent of everything above a node in its segment."""
        index = self.index
        segment = index.segment[top]
        node = int(index.up[top])
        while node >= 0 and index.segment[node] == segment:
            index.size[node] += -count
            node = int(index.up[node])

    def _keep_dead_piece(self, nodes: NDArray[np.int32]) -> None:
        """Remember a piece, and mark its nodes dead."""
        index = self.index
        self._at[nodes] = np.arange(len(nodes), dtype=np.int32)
        self._extent[nodes] = index.size[nodes]
        self._above[nodes] = index.parent[nodes]
        self._via[nodes] = index.feed[nodes]
        self._weight[nodes] = index.weight[nodes]
        self._lacked[nodes] = self._find_lacking(nodes)
        self._piece_of[nodes] = len(self._pieces)
        self._pieces.append(_Piece(nodes))
        index.child[index.feed[nodes]] = -1
        for array, dead in (
            (index.parent, DEAD),
            (index.up, DEAD),
            (index.feed, -1),
            (index.segment, -1),
            (index.tin, -1),
            (index.size, 0),
            (index.mask, 0),
            (index.weight, 0),
        ):
            array[nodes] = dead

    def _part_piece(self, row: int) -> None:
        """Part a dead piece in two where equipment inside it opens."""
        conduction = self.index.conduction
        for node in (int(conduction.node_a[row]), int(conduction.node_b[row])):
            number = int(self._piece_of[node])
            piece = self._pieces[number] if number >= 0 else None
            if piece is not None and self._via[node] == row and self._at[node]:
                first, count = int(self._at[node]), int(self._extent[node])
                self._grow_extents(int(self._above[node]), -count)
                lower = piece.nodes[first : first + count].copy()
                piece.nodes = np.concatenate([piece.nodes[:first], piece.nodes[first + count :]])
                self._at[piece.nodes] = np.arange(len(piece.nodes), dtype=np.int32)
                self._at[lower] = np.arange(count, dtype=np.int32)
                self._piece_of[lower] = len(self._pieces)
                self._pieces.append(_Piece(lower))
                return
        self._forget_pieces(row)

    def _join_pieces(self, row: int) -> None:
        """Make one dead piece of two that equipment between them joins."""
        conduction = self.index.conduction
        ends = int(conduction.node_a[row]), int(conduction.node_b[row])
        numbers = [int(self._piece_of[node]) for node in ends]
        plain = not (conduction.one_way[row] or conduction.mixes[row] or row in self._heads)
        if plain and min(numbers) >= 0 and numbers[0] != numbers[1]:
            for upper, lower in (ends, ends[::-1]):
                above = self._pieces[int(self._piece_of[upper])]
                below = self._pieces[int(self._piece_of[lower])]
                if above is not None and below is not None and self._is_turnable(lower):
                    self._turn_piece(below, lower)
                    self._above[lower], self._via[lower] = upper, row
                    self._grow_extents(upper, len(below.nodes))
                    above.nodes = np.insert(above.nodes, self._at[upper] + 1, below.nodes)
                    self._at[above.nodes] = np.arange(len(above.nodes), dtype=np.int32)
                    self._pieces[int(self._piece_of[lower])] = None
                    self._piece_of[below.nodes] = self._piece_of[upper]
                    return
        self._forget_pieces(row)

    def _grow_extents(self, node: int, count: int) -> None:
        """Add to the extent of a node of a dead piece, and of all above it."""
        while True:
            self._extent[node] += count
            if not self._at[node]:
                return
            node = int(self._above[node])

    def _forget_pieces(self, row: int) -> None:
        """Drop the pieces that equipment between dead nodes joins or parts."""
        conduction = self.index.conduction
        for node in (conduction.node_a[row], conduction.node_b[row]):
            piece = int(self._piece_of[node])
            if piece >= 0:
                self._pieces[piece] = None

    def _close_equipment(self, row: int, passes: int) -> bool:
        index, conduction = self.index, self.index.conduction
        a, b = int(conduction.node_a[row]), int(conduction.node_b[row])
        alive = index.tin[a] >= 0, index.tin[b] >= 0
        if alive == (False, False):
            self._join_pieces(row)
            return True
        if all(alive):
            return False
        upper, lower = (a, b) if alive[0] else (b, a)
        way = int(conduction.one_way[row])
        if way and (way > 0) != (upper == a):
            return True  # it does not conduct that way
        piece = self._pieces[self._piece_of[lower]] if self._piece_of[lower] >= 0 else None
        if piece is None or conduction.mixes[row] or conduction.mixes[self._via[piece.nodes]].any():
            return False
        if conduction.one_way[self._via[piece.nodes[1:]]].any() and not self._is_turnable(lower):
            return False
        self._turn_piece(piece, lower)
        self._hang_piece(piece, row, upper, passes)
        return True

    def _is_turnable(self, node: int) -> bool:
        """Return whether nothing on the way from a node to the top of its piece is one-way."""
        while self._at[node]:
            if self.index.conduction.one_way[self._via[node]]:
                return False
            node = int(self._above[node])
        return True

    def _turn_piece(self, piece: _Piece, root: int) -> None:
        """Order a dead piece in preorder from another of its nodes."""
        nodes, at, extent = piece.nodes, self._at, self._extent
        path = [root]
        while at[path[-1]]:
            path.append(int(self._above[path[-1]]))
        first = int(at[root])
        last = first + int(extent[root])
        parts = [nodes[first:last]]
        for node in path[1:]:
            begin, end = int(at[node]), int(at[node] + extent[node])
            parts += [nodes[begin:first], nodes[last:end]]
            first, last = begin, end
        total = len(nodes)
        inner = [int(extent[node]) for node in path]
        via = [int(self._via[node]) for node in path]
        for step in range(1, len(path)):
            extent[path[step]] = total - inner[step - 1]
            self._above[path[step]] = path[step - 1]
            self._via[path[step]] = via[step - 1]
        extent[root] = total
        piece.nodes = np.concatenate(parts)
        at[piece.nodes] = np.arange(total, dtype=np.int32)

    def _hang_piece(self, piece: _Piece, row: int, upper: int, passes: int) -> None:
        """Bring a turned piece back to life below a supplied node."""
        index, nodes = self.index, piece.nodes
        root = int(nodes[0])
        self._above[root], self._via[root] = upper, row
        index.parent[nodes] = index.up[nodes] = self._above[nodes]
        index.feed[nodes] = self._via[nodes]
        index.size[nodes] = self._extent[nodes]
        index.weight[nodes] = self._weight[nodes]
        index.child[self._via[nodes]] = nodes
        self._piece_of[nodes] = -1
        index.conduction.passes[row] = passes
        self._remask_subtree(nodes)
        index.tin[nodes] = 0  # alive: their places come below
        self._weigh_nodes(nodes[self._lacked[nodes] | self._find_lacking(nodes)])
        own = row in self._heads and index.segment[upper] == 0
        if own:
            self._new_segment(root, upper)
            self._write_segment(len(index.base) - 1, nodes)
        else:
            self._insert_nodes(nodes, upper)
        index.hooked_segments = None

    def _find_lacking(self, nodes: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Return which nodes lack a phase they could have."""
        index = self.index
        return index.designed[nodes] & ~live_phases(index.mask[nodes]) != 0

    def _weigh_nodes(self, nodes: NDArray[np.int32]) -> None:
        """Count anew the customers supplied at nodes whose phases changed."""
        if not len(nodes):
            return
        index, points = self.index, self._points
        rows = np.flatnonzero(np.isin(points.node, nodes, kind="table"))
        served = find_needs(index, points, rows, strict=self._strict) != 0
        customers = np.where(served, points.customers[rows], 0)
        index.weight[nodes] = weigh_nodes(points.node[rows], customers, len(index.weight))[nodes]

    def _insert_nodes(self, nodes: NDArray[np.int32], upper: int) -> None:
        index = self.index
        segment = int(index.segment[upper])
        begin = int(index.base[segment])
        end = begin + int(index.length[segment])
        split = int(index.tin[upper]) + 1
        pool = index.pool
        joined = np.concatenate([pool[begin:split], nodes, pool[split:end]])
        node = upper
        while node >= 0 and index.segment[node] == segment:
            index.size[node] += len(nodes)
            node = int(index.up[node])
        self._write_segment(segment, joined)

    def _new_segment(self, root: int, hook: int) -> None:
        index = self.index
        index.base = np.append(index.base, np.int64(self._used))
        index.length = np.append(index.length, np.int64(0))
        index.root = np.append(index.root, np.int32(root))
        index.hook = np.append(index.hook, np.int32(hook))
        self._room = np.append(self._room, np.int64(0))

    def _write_segment(self, segment: int, nodes: NDArray[np.int32]) -> None:
        """Lay out the nodes of a segment, moving it to the end of the pool when it has no room."""
        index = self.index
        if len(nodes) + 1 > self._room[segment]:
            self._move_segment(segment, len(nodes))
        begin = int(index.base[segment])
        end = begin + len(nodes)
        index.pool[begin:end] = nodes
        index.pool[end : begin + int(self._room[segment])] = -1
        index.tin[nodes] = np.arange(begin, end, dtype=np.int32)
        index.segment[nodes] = segment
        index.length[segment] = len(nodes)
        self._sum_up(segment)

    def _sum_up(self, segment: int) -> None:
        """Write the running sums of the customers of a segment."""
        index = self.index
        begin = int(index.base[segment])
        end = begin + int(index.length[segment])
        index.before[begin], weight = 0, index.weight[index.pool[begin:end]]
        np.cumsum(weight, dtype=np.int32, out=index.before[begin + 1 : end + 1])

    def _move_segment(self, segment: int, count: int) -> None:
        index = self.index
        room = count + count // 2 + GROWTH
        if self._used + room > len(index.pool):
            spare = max(room, len(index.pool) // 2)
            index.pool = np.concatenate([index.pool, np.full(spare, -1, dtype=np.int32)])
            index.before = np.concatenate([index.before, np.zeros(spare, dtype=np.int32)])
        index.base[segment] = self._used
        self._room[segment] = room
        self._used += room

    def _dim_phases(self, row: int, passes: int) -> bool:
        """Open or close some poles of a switch that keeps conducting."""
        index = self.index
        top = int(index.child[row])
        if top < 0:
            return True
        nodes = index.find_dependents(top)
        if index.conduction.mixes[index.feed[nodes]].any():
            return False
        index.conduction.passes[row] = passes
        self._remask_subtree(nodes)
        self._weigh_nodes(nodes)
        for segment in np.unique(index.segment[nodes]).tolist():
            self._sum_up(segment)
        index.hooked_segments = None
        return True

    def _remask_subtree(self, nodes: NDArray[np.int32]) -> None:
        """Hand the phases down a subtree given in preorder, without mixing transformers."""
        index = self.index
        carried = index.conduction.passes[index.feed[nodes]]
        inner, parent = nodes[1:], index.parent[nodes[1:]]
        index.mask[nodes] = carried
        while True:  # as often as a phase is lost below where it is recorded, seldom thrice
            narrowed = index.mask[inner] & index.mask[parent]
            if (narrowed == index.mask[inner]).all():
                break
            index.mask[inner] = narrowed
        above = int(index.mask[index.parent[nodes[0]]])
        path = index.mask[nodes]
        if above & FREED:
            local = (path & np.uint8(above >> LOCAL & ABC)) << LOCAL
            index.mask[nodes] = local | np.uint8(above & (ABC | FREED))
        else:
            index.mask[nodes] = path & np.uint8(above & ABC)

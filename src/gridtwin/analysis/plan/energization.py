"""Energize blocks one by one, with the load each puts on every element on its way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.plan.dark_blocks import BlockEdge, EdgeRole
from gridtwin.analysis.state.loads import PHASE_BITS
from gridtwin.model import cim

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.plan.block_feed import BlockFeed, BlockFeeds
    from gridtwin.analysis.plan.dark_blocks import DarkBlocks
    from gridtwin.analysis.plan.load_ledger import LoadLedger

REMOTE_CONTROL = cim.CONTROLS.index("remote")


@dataclass(frozen=True, slots=True)
class EnergizedBlock:
    """One block that is back, and how."""

    block: int
    edge: int
    feed: BlockFeed
    ways: tuple[NDArray[np.int32] | None, ...]  # per phase: lines from here to the source
    since: float  # minutes before which it cannot be back
    meshed: bool
    root: int  # edge over which all of it hangs on the live network


class Energization:
    """What is energized so far, with the load it puts on every element."""

    def __init__(
        self,
        blocks: DarkBlocks,
        feeds: BlockFeeds,
        ledger: LoadLedger,
        durations: tuple[float, float],
    ) -> None:
        self.blocks = blocks
        self.ledger = ledger
        self.on: dict[int, EnergizedBlock] = {}
        self._feeds = feeds
        self._durations = durations  # minutes of one operation: remote, manual
        remote = blocks.area.data.equipment.control == REMOTE_CONTROL
        self._gate = [
            max((self._get_minutes(bool(remote[row])) for row in rows), default=0.0)
            for rows in blocks.gates
        ]

    def _get_minutes(self, remote: bool) -> float:  # noqa: FBT001
        return self._durations[0 if remote else 1]

    def energize_block(self, number: int, block: int) -> EnergizedBlock | None:
        """Energize a block over an edge; None, and nothing changed, if that cannot be."""
        edge = self.blocks.edges[number]
        beyond, near, entry = edge.find_far_end(block)
        live, ways, since, meshed = self._trace_upstream(edge, self.on.get(beyond), near)
        phases = edge.passes & live
        if not phases:
            return None
        feed = self._feeds.get_feed(entry, phases)
        own = [] if edge.element < 0 else [edge.element]
        lines: list[NDArray[np.int32] | None] = []
        for layer, bit in enumerate(PHASE_BITS):
            above = ways[layer]
            joined = None
            if phases & bit and above is not None:
                joined = np.concatenate([np.array(own, dtype=np.int32), above])
            lines.append(joined)
        if edge.role is not EdgeRole.INNER:
            since += self._get_minutes(edge.remote)
        since = max(since, self._gate[block])
        root = self.on[beyond].root if beyond in self.on else number
        back = EnergizedBlock(block, number, feed, tuple(lines), since, meshed, root)
        self._carry_load(back, 1.0)
        touched = [part for part in lines if part is not None]
        if not self.ledger.is_within_ratings([*touched, feed.elements]):
            self._carry_load(back, -1.0)
            return None
        self.on[block] = back
        return back

    def _trace_upstream(
        self, edge: BlockEdge, back: EnergizedBlock | None, near: int
    ) -> tuple[int, list[NDArray[np.int32] | None], float, bool]:
        """Return phases, ways to the source, time and meshing at the near end of an edge."""
        if edge.role is EdgeRole.SOURCE:
            line = np.array([self.ledger.get_source_line(-1 - edge.element)], dtype=np.int32)
            return edge.passes, [line, line, line], 0.0, False
        if back is None:
            way = self.ledger.ways[near]
            return int(self.blocks.area.live[near]), [way.lines] * 3, 0.0, way.meshed
        ways: list[NDArray[np.int32] | None] = []
        for layer in range(3):
            above = back.ways[layer]
            if above is None:
                # Phases that windings below the edge joined come over the first that arrives.
                above = next((way for way in back.ways if way is not None), None)
            inside = np.array(back.feed.find_way(near, layer), dtype=np.int32)
            ways.append(None if above is None else np.concatenate([inside, above]))
        return back.feed.find_phases(near), ways, back.since, back.meshed

    def _carry_load(self, back: EnergizedBlock, sign: float) -> None:
        feed, free = back.feed, self.ledger.free
        for layer, lines in enumerate(back.ways):
            if lines is not None and feed.load[layer]:
                self.ledger.add_load(lines, layer, sign * float(feed.load[layer]))
        free[feed.elements] -= sign * feed.carried

    def release_block(self, block: int) -> None:
        """Undo the last `take`."""
        self._carry_load(self.on.pop(block), -1.0)

"""Search what is dark part by part, where many faults leave too much of it for one search."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from gridtwin.analysis.plan.branch_and_bound import Arrangement, ArrangementSearch, SearchResult
from gridtwin.analysis.plan.dark_blocks import LIVE_BLOCK, EdgeRole

if TYPE_CHECKING:
    from gridtwin.analysis.plan.block_feed import BlockFeeds
    from gridtwin.analysis.plan.dark_blocks import DarkBlocks
    from gridtwin.analysis.plan.energization import Energization, EnergizedBlock

MOST_TOGETHER = 60  # blocks, or operations that isolate, up to which all is searched in one go


def search_by_parts(
    growth: Energization, feeds: BlockFeeds, *, budget: int, forbidden: frozenset[bytes]
) -> SearchResult:
    """
    Return a good arrangement of many blocks.

    Parts that only the live network joins are searched each by itself; what they find is then put
    together, those with the most customers first, and a part that finds too little left of what the
    network can carry is searched again. Operations are weighed within a part, so it is not claimed
    that no plan is sooner; none restores more than the parts do by themselves.

    Parameters
    ----------
    growth
        Nothing energized yet.
    feeds
        What blocks draw.
    budget
        Steps of the search of all parts together.
    forbidden
        mRIDs of edges that may not be closed.
    """
    blocks = growth.blocks
    potential, _ = feeds.measure_potential()
    taken: list[tuple[int, int]] = []
    gain, bound, reachable, spent = 0.0, 0.0, 0.0, 0
    parts = _split_blocks(blocks)
    parts.sort(key=lambda part: (-sum(potential[block] for block in part), min(part)))

    weigh = partial(_weigh_least, blocks)
    together = ArrangementSearch(growth, feeds, weigh, budget=0, forbidden=forbidden).limit_total()

    def search_part(part: frozenset[int]) -> SearchResult:
        steps = max(budget * len(part) // blocks.count, 2 * len(part))
        return ArrangementSearch(
            growth, feeds, weigh, budget=steps, forbidden=forbidden, part=part
        ).run()

    alone = [search_part(part) for part in parts]
    for part, first in zip(parts, alone, strict=True):
        result = first
        if not _energize_arrangement(growth, result.best):
            result = search_part(part)
            _energize_arrangement(growth, result.best)
            spent += result.expansions
        taken += result.best.taken
        gain += result.best.gain
        bound += first.bound
        reachable += first.reachable
        spent += first.expansions
    bound = max(min(bound, together), gain)
    best = Arrangement(tuple(taken), gain, *_weigh_least(blocks, growth.on))
    for _, block in reversed(taken):
        growth.release_block(block)
    return SearchResult(best, optimal=not bound, bound=bound, reachable=reachable, expansions=spent)


def _energize_arrangement(growth: Energization, best: Arrangement) -> bool:
    """Energize an arrangement as well, or leave all as it is if that is too much."""
    done: list[int] = []
    for number, block in best.taken:
        if growth.energize_block(number, block) is None:
            for other in reversed(done):
                growth.release_block(other)
            return False
        done.append(block)
    return True


def _split_blocks(blocks: DarkBlocks) -> list[frozenset[int]]:
    """Return the sets of blocks that edges join."""
    seen: set[int] = set()
    parts = []
    for first in range(blocks.count):
        if first in seen:
            continue
        part, queue = set[int](), [first]
        while queue:
            block = queue.pop()
            if block in part or block == LIVE_BLOCK:
                continue
            part.add(block)
            for number in blocks.at[block]:
                queue += [blocks.edges[number].block_a, blocks.edges[number].block_b]
        seen |= part
        parts.append(frozenset(part))
    return parts


def _weigh_least(blocks: DarkBlocks, on: dict[int, EnergizedBlock]) -> tuple[float, int, int]:
    """Return customer-minutes at the least, and the operations that open and close edges."""
    minutes = sum(back.feed.customers * back.since for back in on.values())
    taken = {back.edge for back in on.values()}
    around = {number for block in on for number in blocks.at[block]}
    closed = [blocks.edges[n] for n in taken if blocks.edges[n].role is not EdgeRole.INNER]
    cut = [blocks.edges[n] for n in around - taken if blocks.edges[n].role is EdgeRole.INNER]
    manual = sum(1 for edge in [*closed, *cut] if not edge.remote)
    return minutes, manual, len(closed) + len(cut)

"""Search what is dark part by part, where many faults leave too much of it for one search."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from gridtwin.analysis.plan.branch_and_bound import Arrangement, Found, Search
from gridtwin.analysis.plan.dark_blocks import LIVE_BLOCK, Role

if TYPE_CHECKING:
    from gridtwin.analysis.plan.block_feed import Feeds
    from gridtwin.analysis.plan.dark_blocks import Blocks
    from gridtwin.analysis.plan.energization import Energized, Growth

MOST_TOGETHER = 60  # blocks, or operations that isolate, up to which all is searched in one go


def search_by_parts(
    growth: Growth, feeds: Feeds, *, budget: int, forbidden: frozenset[bytes]
) -> Found:
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
    potential, _ = feeds.potential()
    taken: list[tuple[int, int]] = []
    gain, bound, reachable, spent = 0.0, 0.0, 0.0, 0
    parts = _parts(blocks)
    parts.sort(key=lambda part: (-sum(potential[block] for block in part), min(part)))

    weigh = partial(_weigh, blocks)
    together = Search(growth, feeds, weigh, budget=0, forbidden=forbidden).most()

    def search(part: frozenset[int]) -> Found:
        steps = max(budget * len(part) // blocks.count, 2 * len(part))
        return Search(growth, feeds, weigh, budget=steps, forbidden=forbidden, part=part).run()

    alone = [search(part) for part in parts]
    for part, first in zip(parts, alone, strict=True):
        found = first
        if not _taken(growth, found.best):
            found = search(part)
            _taken(growth, found.best)
            spent += found.expansions
        taken += found.best.taken
        gain += found.best.gain
        bound += first.bound
        reachable += first.reachable
        spent += first.expansions
    bound = max(min(bound, together), gain)
    best = Arrangement(tuple(taken), gain, *_weigh(blocks, growth.on))
    for _, block in reversed(taken):
        growth.give_back(block)
    return Found(best, optimal=not bound, bound=bound, reachable=reachable, expansions=spent)


def _taken(growth: Growth, best: Arrangement) -> bool:
    """Energize an arrangement as well, or leave all as it is if that is too much."""
    done: list[int] = []
    for number, block in best.taken:
        if growth.take(number, block) is None:
            for other in reversed(done):
                growth.give_back(other)
            return False
        done.append(block)
    return True


def _parts(blocks: Blocks) -> list[frozenset[int]]:
    """Return the sets of blocks that edges join."""
    seen: set[int] = set()
    found = []
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
        found.append(frozenset(part))
    return found


def _weigh(blocks: Blocks, on: dict[int, Energized]) -> tuple[float, int, int]:
    """Return customer-minutes at the least, and the operations that open and close edges."""
    minutes = sum(back.feed.customers * back.since for back in on.values())
    taken = {back.edge for back in on.values()}
    around = {number for block in on for number in blocks.at[block]}
    closed = [blocks.edges[n] for n in taken if blocks.edges[n].role is not Role.INNER]
    cut = [blocks.edges[n] for n in around - taken if blocks.edges[n].role is Role.INNER]
    manual = sum(1 for edge in [*closed, *cut] if not edge.remote)
    return minutes, manual, len(closed) + len(cut)

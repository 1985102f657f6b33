"""Search one area: coarsely first, then with every lateral, and part by part where it is large."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gridtwin.analysis.plan.blocks import Blocks, find_blocks
from gridtwin.analysis.plan.feed import Feeds
from gridtwin.analysis.plan.growth import Growth
from gridtwin.analysis.plan.ledger import Ledger
from gridtwin.analysis.plan.parts import MOST_TOGETHER, search_by_parts
from gridtwin.analysis.plan.search import Arrangement, Found, Search
from gridtwin.analysis.plan.times import Timetable

if TYPE_CHECKING:
    from gridtwin.analysis.plan.area import Area
    from gridtwin.analysis.plan.options import Options
    from gridtwin.analysis.state.loads import PeakLoads


FEWER = 10  # the part of its steps that the search of an alternative gets


class Planner:
    """
    Finds arrangements of one area.

    Parameters
    ----------
    area, loads, options
        What is dark, what it draws, and what to respect.
    """

    def __init__(self, area: Area, loads: PeakLoads, options: Options) -> None:
        self.area = area
        self.options = options
        self._loads = loads
        self._kept: dict[bool, tuple[Blocks, Feeds, Timetable, Ledger]] = {}

    def search(self, forbidden: frozenset[bytes] = frozenset()) -> tuple[Found, bool]:
        """
        Return the best arrangement that closes nothing forbidden; whether its blocks are coarse.

        Laterals are left out only where load demands it: if all that is in reach comes back with
        them, to leave one out brings nothing.
        """
        budget = self.options.expansions // (FEWER if forbidden else 1)
        joined = self._search(forbidden, budget, coarse=True)
        if joined.best.gain >= joined.reachable - 1e-6:
            return joined, True
        found = self._search(forbidden, budget, coarse=False)
        if not found.optimal and joined.best.gain > found.best.gain:
            return replace(joined, optimal=False, bound=found.bound), True
        return found, False

    def parts(self, *, coarse: bool) -> tuple[Blocks, Timetable]:
        """Return the blocks, and what puts their operations in order."""
        blocks, _, timetable, _ = self._all(coarse=coarse)
        return blocks, timetable

    def regrown(self, best: Arrangement, *, coarse: bool) -> Growth:
        """Return the growth of an arrangement, with its load on every element."""
        growth = self._growth(coarse=coarse)
        for number, block in best.taken:
            growth.take(number, block)
        return growth

    def _all(self, *, coarse: bool) -> tuple[Blocks, Feeds, Timetable, Ledger]:
        if coarse not in self._kept:
            options = self.options
            blocks = find_blocks(self.area, allow_loops=options.allow_loops, coarse=coarse)
            feeds = Feeds(blocks, self._loads, options.priority_weight)
            ledger = Ledger(blocks, self._loads, options.margin_pct)
            self._kept[coarse] = blocks, feeds, Timetable(blocks, options), ledger
        return self._kept[coarse]

    def _growth(self, *, coarse: bool) -> Growth:
        blocks, feeds, _, ledger = self._all(coarse=coarse)
        ledger.reset()
        return Growth(blocks, feeds, ledger, (self.options.remote_min, self.options.manual_min))

    def _search(self, forbidden: frozenset[bytes], budget: int, *, coarse: bool) -> Found:
        blocks, feeds, timetable, _ = self._all(coarse=coarse)
        growth = self._growth(coarse=coarse)
        if max(blocks.count, timetable.isolating) > MOST_TOGETHER:
            return search_by_parts(growth, feeds, budget=budget, forbidden=forbidden)
        search = Search(growth, feeds, timetable.weigh, budget=budget, forbidden=forbidden)
        return search.run()

"""Search one area: coarsely first, then with every lateral, and part by part where it is large."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gridtwin.analysis.plan.block_feed import BlockFeeds
from gridtwin.analysis.plan.branch_and_bound import Arrangement, ArrangementSearch, SearchResult
from gridtwin.analysis.plan.dark_blocks import DarkBlocks, find_blocks
from gridtwin.analysis.plan.energization import Energization
from gridtwin.analysis.plan.load_ledger import LoadLedger
from gridtwin.analysis.plan.search_by_parts import MOST_TOGETHER, search_by_parts
from gridtwin.analysis.plan.timetable import Timetable

if TYPE_CHECKING:
    from gridtwin.analysis.plan.fault_area import Area
    from gridtwin.analysis.plan.plan_options import PlanOptions
    from gridtwin.analysis.state.loads import PeakLoads


FEWER_EXPANSIONS = 10  # the part of its steps that the search of an alternative gets


class Planner:
    """
    Finds arrangements of one area.

    Parameters
    ----------
    area, loads, options
        What is dark, what it draws, and what to respect.
    """

    def __init__(self, area: Area, loads: PeakLoads, options: PlanOptions) -> None:
        self.area = area
        self.options = options
        self._loads = loads
        self._kept: dict[bool, tuple[DarkBlocks, BlockFeeds, Timetable, LoadLedger]] = {}

    def find_arrangement(
        self, forbidden: frozenset[bytes] = frozenset()
    ) -> tuple[SearchResult, bool]:
        """
        Return the best arrangement that closes nothing forbidden; whether its blocks are coarse.

        Laterals are left out only where load demands it: if all that is in reach comes back with
        them, to leave one out brings nothing.
        """
        budget = self.options.expansions // (FEWER_EXPANSIONS if forbidden else 1)
        joined = self._run_search(forbidden, budget, coarse=True)
        if joined.best.gain >= joined.reachable - 1e-6:
            return joined, True
        result = self._run_search(forbidden, budget, coarse=False)
        if not result.optimal and joined.best.gain > result.best.gain:
            return replace(joined, optimal=False, bound=result.bound), True
        return result, False

    def get_parts(self, *, coarse: bool) -> tuple[DarkBlocks, Timetable]:
        """Return the blocks, and what puts their operations in order."""
        blocks, _, timetable, _ = self._build_parts(coarse=coarse)
        return blocks, timetable

    def energize_arrangement(self, best: Arrangement, *, coarse: bool) -> Energization:
        """Return the growth of an arrangement, with its load on every element."""
        growth = self._start_energization(coarse=coarse)
        for number, block in best.taken:
            growth.energize_block(number, block)
        return growth

    def _build_parts(self, *, coarse: bool) -> tuple[DarkBlocks, BlockFeeds, Timetable, LoadLedger]:
        if coarse not in self._kept:
            options = self.options
            blocks = find_blocks(self.area, allow_loops=options.allow_loops, coarse=coarse)
            feeds = BlockFeeds(blocks, self._loads, options.priority_weight)
            ledger = LoadLedger(blocks, self._loads, options.margin_pct)
            self._kept[coarse] = blocks, feeds, Timetable(blocks, options), ledger
        return self._kept[coarse]

    def _start_energization(self, *, coarse: bool) -> Energization:
        blocks, feeds, _, ledger = self._build_parts(coarse=coarse)
        ledger.reset_loads()
        return Energization(
            blocks, feeds, ledger, (self.options.remote_min, self.options.manual_min)
        )

    def _run_search(
        self, forbidden: frozenset[bytes], budget: int, *, coarse: bool
    ) -> SearchResult:
        blocks, feeds, timetable, _ = self._build_parts(coarse=coarse)
        growth = self._start_energization(coarse=coarse)
        if max(blocks.count, timetable.isolation_count) > MOST_TOGETHER:
            return search_by_parts(growth, feeds, budget=budget, forbidden=forbidden)
        search = ArrangementSearch(
            growth, feeds, timetable.weigh_arrangement, budget=budget, forbidden=forbidden
        )
        return search.run()

"""Ask for one-line diagrams; how a feeder is laid out is kept, its states are of now."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from gridtwin.model.state import CURRENT, NORMAL
from gridtwin.twin.recent_cache import RecentCache

if TYPE_CHECKING:
    from gridtwin.analysis.schematic.feeder_layout import FeederLayout
    from gridtwin.results.schematic_answer import FeederSchematic
    from gridtwin.twin.questions import NetworkQuestions

KEPT_LAYOUTS = 128


class DiagramQuestions:
    """One-line diagrams of the feeders of a twin; threads may share it."""

    def __init__(self, questions: NetworkQuestions) -> None:
        self._questions = questions

    @cached_property
    def _layouts(self) -> RecentCache[FeederLayout]:
        return RecentCache(KEPT_LAYOUTS)

    def schematic(self, feeder: str, *, state: str = CURRENT) -> FeederSchematic:
        """
        Return a feeder as a one-line diagram: laid out as designed, switches as they stand.

        Parameters
        ----------
        feeder
            mRID of the feeder.
        state
            The state that is shown.

        Raises
        ------
        NotFoundError
            If there is no such feeder.
        """
        from gridtwin.results.schematic_answer import FeederSchematic

        layout = self.lay_out(feeder)
        situation = self._questions.situation(state)
        return FeederSchematic(layout, situation, self._questions.supply(situation))

    def lay_out(self, feeder: str) -> FeederLayout:
        """Return how a feeder is laid out, as designed; NotFoundError if there is none."""
        from gridtwin.analysis.schematic.feeder_layout import lay_out_feeder

        row = self._questions.store.network.ids.find_element(feeder, ("feeders",)).row
        return self._layouts.get_or_make(
            row, lambda: lay_out_feeder(self._questions.situation(NORMAL), row)
        )

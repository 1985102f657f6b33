"""
Ask of weeks of readings: who is overloaded when power is dear, how low voltages fell, and more.

Each question is a file of SQL that is asked of a folder of Parquet, or of a database: see
`gridtwin.store.ami_sql`.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.analysis.ami.load_zones import find_load_zones
from gridtwin.analysis.ami.loading import POWER_FACTOR, check_power_factor
from gridtwin.errors import InputError
from gridtwin.model import cim
from gridtwin.model.interval_loads import Nameplates
from gridtwin.model.moments import DAY_S, read_period
from gridtwin.model.tables import decode_texts
from gridtwin.model.vegetation import KeptSpan
from gridtwin.results.ami_history_answer import AmiHistoryAnswer
from gridtwin.results.layer_frames import find_groups_of_nodes
from gridtwin.topology.membership import find_nearest
from gridtwin.topology.spans import Spans
from gridtwin.twin.area_questions import AreaQuestions

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

    from gridtwin.store.protocol import ReadingBook
    from gridtwin.twin.questions import NetworkQuestions

    Progress = Callable[[int, int], None]
    Moment = datetime | str | None

DEFAULT_PERIOD_S = 30 * DAY_S  # of a period without a start


class AmiHistory:
    """
    Questions of a period: of intervals that end after its start and up to its end.

    By default it is the 30 days up to the last interval with readings.
    """

    def __init__(
        self, twin: NetworkQuestions, book: ReadingBook, progress: Progress | None = None
    ) -> None:
        self._twin = twin
        self._book = book
        self._progress = progress or (lambda _done, _all: None)

    def telling(self, progress: Progress) -> AmiHistory:
        """Return the same questions, which tell how far they are."""
        return AmiHistory(self._twin, self._book, progress)

    def overloaded(
        self,
        start: Moment = None,
        end: Moment = None,
        *,
        price: float | None = None,
        pct: float = 100.0,
        power_factor: float = POWER_FACTOR,
    ) -> AmiHistoryAnswer:
        """
        Return the transformers loaded above a share of their nameplate while power is dear.

        Parameters
        ----------
        start, end
            The period.
        price
            US dollars a megawatt-hour that the price has to exceed; by default it does not matter.
        pct
            Percent of the nameplate that the loading has to exceed.
        power_factor
            Of all loads.

        Returns
        -------
            The most loaded first: for how many hours, and how high at most.
        """
        check_power_factor(power_factor)
        if not pct >= 0:
            msg = f"{pct:g} % is no loading: give 0 or more"
            raise InputError(msg)
        values = {"pct": pct, "power_factor": power_factor}
        if price is None:
            return self._ask_readings("overloaded", start, end, values)
        if not math.isfinite(price):
            msg = f"{price:g} is no price: give US dollars a megawatt-hour"
            raise InputError(msg)
        return self._ask_readings("overloaded_at_price", start, end, {"price": price, **values})

    def voltages(self, start: Moment = None, end: Moment = None) -> AmiHistoryAnswer:
        """Return the worst service voltages of each feeder, the lowest first."""
        return self._ask_readings("voltages", start, end)

    def peaks(self, start: Moment = None, end: Moment = None) -> AmiHistoryAnswer:
        """Return the peak of each feeder beside its load at the peak of all, highest first."""
        return self._ask_readings("peaks", start, end)

    def weather(self, start: Moment = None, end: Moment = None) -> AmiHistoryAnswer:
        """Return the load of all feeders together by temperature, in bands of two degrees C."""
        return self._ask_readings("weather", start, end)

    def at_risk(
        self, polygon: object, start: Moment = None, end: Moment = None
    ) -> AmiHistoryAnswer:
        """
        Return what hangs on the transformers inside a polygon, by hour of the day (UTC).

        Parameters
        ----------
        polygon
            As for `Twin.intersect`. What hangs on two of them counts once.
        start, end
            The period.
        """
        inside = AreaQuestions(self._twin).intersect(polygon, layer="equipment")
        serving, topmost = self._find_serving(
            self._twin.store.network.ids.find_rows("equipment", inside.mrid)
        )
        answer = self._ask_readings(
            "at_risk", start, end, {"transformers": serving, "topmost": topmost}
        )
        return replace(answer, values={"transformers": len(serving)})

    def hours_out(self, start: Moment = None, end: Moment = None) -> AmiHistoryAnswer:
        """Return how many customers were out for how many hours in the period."""
        return self._ask_readings("hours_out", start, end)

    def vegetation(self, start: Moment = None, end: Moment = None) -> AmiHistoryAnswer:
        """Return the spans at risk of vegetation, and the peak of the feeder of each."""
        return self._ask_readings("vegetation", start, end)

    def _ask_readings(
        self, name: str, start: Moment, end: Moment, values: dict[str, Any] | None = None
    ) -> AmiHistoryAnswer:
        first_s, last_s = read_period(
            start, end, latest_s=self._book.find_latest(), length_s=DEFAULT_PERIOD_S
        )
        bounds = datetime.fromtimestamp(first_s, UTC), datetime.fromtimestamp(last_s, UTC)
        asked = {"start": bounds[0], "end": bounds[1], **(values or {})}
        frame = self._book.query_history(
            name, asked, self._build_tables(name, bounds[0]), self._progress
        )
        return AmiHistoryAnswer.from_frame(name, bounds, values or {}, frame)

    def _find_serving(self, rows: NDArray[np.int32]) -> tuple[list[str], list[str]]:
        """
        Return the transformers that serve somebody at or below transformers among equipment.

        Returns
        -------
        serving, topmost
            All of them, of which a database keeps what each serves itself; and those that hang on
            no other of them, of which a folder keeps all that is below.
        """
        situation = self._twin.situation()
        data, index, spans = situation.data, situation.index, Spans.from_index(situation.index)
        kind, child = data.equipment.kind, index.child
        rows = rows[(kind[rows] == cim.TRANSFORMER) & (child[rows] >= 0)]
        every = np.flatnonzero((kind == cim.TRANSFORMER) & (child >= 0)).astype(np.int32)
        serving = np.setdiff1d(find_nearest(index, every)[data.usage_points.node], [-1])
        below = serving[_lies_below(spans, child[serving], child[rows])]
        above = index.parent[child[below]]
        topmost = below[~np.isin(find_nearest(index, below)[above], below)]
        mrid = data.equipment.mrid
        return decode_texts(mrid[below]).tolist(), decode_texts(mrid[topmost]).tolist()

    def _find_zones(self) -> dict[str, Any]:
        """Return the rows of transformers whose load zone is known, and the zone: that served."""
        situation = self._twin.situation()
        data, index = situation.data, situation.index
        node = data.usage_points.node
        feeder = find_groups_of_nodes(situation, "feeder")[node]
        substation = np.append(data.feeders.substation, np.int32(-1))[feeder]
        zones = find_load_zones(data, feeder, substation)
        every = np.flatnonzero((data.equipment.kind == cim.TRANSFORMER) & (index.child >= 0))
        serving = find_nearest(index, every.astype(np.int32))[node]
        of_transformer: dict[int, str] = {}
        for row, zone in zip(serving.tolist(), zones.tolist(), strict=True):
            if row >= 0 and zone is not None:
                of_transformer[row] = max(zone, of_transformer.get(row, ""))
        return {
            "row": np.array(list(of_transformer), dtype=np.int32),
            "load_zone": np.array(list(of_transformer.values()), dtype=np.str_),
        }

    def _build_tables(self, name: str, start: datetime) -> dict[str, pd.DataFrame]:
        """Return what a folder of readings does not hold of the network and its outages."""
        import pandas as pd

        data, members = self._twin.store.network.data, None
        zones: dict[str, Any] = {"row": np.empty(0, np.int32), "load_zone": np.empty(0, "U1")}
        plates = Nameplates.from_network(data)
        if name == "hours_out":
            outages = self._twin.store.outages.list_outages(since=start)
            members = self._twin.store.outages.read_members([each.id for each in outages])
        spans = self._twin.store.vegetation.read_spans().spans if name == "vegetation" else ()
        if name == "overloaded_at_price":
            zones = self._find_zones()
        empty = np.empty(0)
        return {
            "transformers": pd.DataFrame(
                {
                    "row": plates.row,
                    "mrid": decode_texts(data.equipment.mrid[plates.row]),
                    "rated_kva": plates.rated_kva,
                }
            ),
            "feeders": pd.DataFrame(
                {
                    "row": np.arange(len(data.feeders.mrid), dtype=np.int32),
                    "mrid": decode_texts(data.feeders.mrid),
                }
            ),
            "transformer_zones": pd.DataFrame(zones),
            "vegetation_spans": pd.DataFrame(spans, columns=list(KeptSpan._fields)),
            "usage_points": pd.DataFrame(
                {
                    "mrid": decode_texts(data.usage_points.mrid) if members else np.empty(0, "U1"),
                    "customers": data.usage_points.customers if members else empty.astype(int),
                }
            ),
            "members": pd.DataFrame(
                {
                    "usage_point": members.usage_point if members else np.empty(0, "U1"),
                    "began_at": _format_times(members.began_s if members else empty),
                    "restored_at": _format_times(members.restored_s if members else empty),
                }
            ),
        }


def _format_times(seconds: NDArray[np.float64]) -> pd.Series:
    """Return unix seconds as times; NaN becomes none."""
    import pandas as pd

    none = np.isnan(seconds)  # pandas now and then fails on what is no number
    return pd.Series(pd.to_datetime(np.where(none, 0, seconds), unit="s", utc=True)).mask(none)


def _lies_below(
    spans: Spans, nodes: NDArray[np.int32], roots: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Return whether each node is, or depends on, one of some roots."""
    edges = np.zeros(spans.length + 1, dtype=np.int32)
    np.add.at(edges, spans.start[roots], 1)
    np.add.at(edges, spans.stop[roots], -1)
    return np.cumsum(edges)[spans.start[nodes]] > 0

"""Put names and shapes on a storm: the forecast that people plot and programs read as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import shapely

from gridtwin.analysis.storm import restoration_curves
from gridtwin.errors import InputError
from gridtwin.model import cim
from gridtwin.model.estimate import STAGES
from gridtwin.model.moments import HOUR_S
from gridtwin.model.tables import decode_texts
from gridtwin.results.documents.document_tags import DocumentTag
from gridtwin.results.documents.storm_documents import STORM_ZONES
from gridtwin.results.geo import make_geo_frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas
    import pandas as pd
    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation
    from gridtwin.analysis.storm.repair_plan import RepairPlan
    from gridtwin.analysis.storm.response import Response
    from gridtwin.analysis.storm.storm_simulation import StormOutcome
    from gridtwin.results.documents.storm_documents import (
        DamagedDevice,
        FeederReturns,
        HourQuantiles,
        StormDocument,
        StormSummary,
        SubstationReturns,
    )

QUANTILE_COLUMNS = ("p10_h", "p50_h", "p80_h", "p95_h")


@dataclass
class StormForecast:
    """Who is back when, after a storm that was drawn many times."""

    plan: RepairPlan
    response: Response
    outcome: StormOutcome
    situation: Situation
    seed: int

    @property
    def draws(self) -> int:
        """How often the storm was drawn."""
        return self.outcome.done.shape[1]

    @property
    def customers(self) -> int:
        """Customers out at the moment of the storm."""
        return int(self.plan.groups.customers.sum())

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the reader should know."""
        return self.plan.warnings

    @cached_property
    def shares(self) -> NDArray[np.float64]:
        """When 50, 90 and 95 % of the customers are back, s, shape (3, draws)."""
        return restoration_curves.find_share_times(self.outcome.back, self.plan.groups.customers)

    def curve(
        self, at_s: NDArray[np.float64] | None = None, *, until_h: float | None = None
    ) -> pd.DataFrame:
        """
        Return the curve of customers back.

        Parameters
        ----------
        at_s
            Times after the storm, s; by default some hundred until nearly all are back.
        until_h
            The last of them, in hours.

        Returns
        -------
            hours, and customers back at P10, P50 and P90 of the draws, and on average.
        """
        import pandas as pd

        groups = self.plan.groups
        grid = restoration_curves.make_time_grid(self.outcome.back) if at_s is None else at_s
        if until_h is not None:
            grid = np.append(grid[grid < until_h * HOUR_S], until_h * HOUR_S)
        counts = restoration_curves.count_customers_back(self.outcome.back, groups.customers, grid)
        band = restoration_curves.compute_quantiles(
            counts.astype(np.float64), restoration_curves.BAND
        )
        return pd.DataFrame(
            {
                "hours": grid / HOUR_S,
                "p10": band[:, 0].astype(np.int64),
                "p50": band[:, 1].astype(np.int64),
                "p90": band[:, 2].astype(np.int64),
                "mean": counts.mean(axis=1),
            }
        )

    def devices(self) -> pd.DataFrame:
        """Return, per damaged device in the order crews choose: where, what, found and repaired."""
        import pandas as pd

        plan, equipment = self.plan, self.situation.data.equipment
        frame = pd.DataFrame(
            {
                "mrid": decode_texts(plan.name),
                "kind": [cim.KIND_NAMES[code] for code in equipment.kind[plan.equipment]],
                "substation": self._list_substations(plan.zone),
                "district": self.outcome.district,
                "found_p50_h": restoration_curves.compute_quantiles(self.outcome.found, (0.5,))[
                    :, 0
                ]
                / HOUR_S,
                **_make_quantile_columns(self.outcome.done),
            }
        )
        return frame.iloc[np.argsort(plan.rank)].reset_index(drop=True)

    def groups(self) -> pd.DataFrame:
        """Return, per group of customers that come back together: how many, by what, and when."""
        import pandas as pd

        groups = self.plan.groups
        return pd.DataFrame(
            {
                "group": np.arange(len(groups.stage)),
                "substation": self._list_substations(groups.zone),
                "feeder": self._list_feeders(groups.feeder),
                "stage": [STAGES[code] for code in groups.stage],
                "customers": groups.customers,
                "priority_customers": groups.priority,
                "usage_points": groups.points,
                **_make_quantile_columns(self.outcome.back),
            }
        )

    def zones(self, by: str = "substation", *, share: float = 1.0) -> pd.DataFrame:
        """
        Return, per substation or feeder, when its customers are back.

        Parameters
        ----------
        by
            ``substation`` or ``feeder``.
        share
            Of its customers that are out; all by default.
        """
        import pandas as pd

        names, place = self.locate_groups(by)
        groups = self.plan.groups
        times = restoration_curves.find_share_times_by_place(
            self.outcome.back, groups.customers, place, len(names), share=share
        )
        customers = np.bincount(place, groups.customers, minlength=len(names)).astype(np.int64)
        priority = np.bincount(place, groups.priority, minlength=len(names)).astype(np.int64)
        return pd.DataFrame(
            {
                by: names,
                "customers": customers,
                "priority_customers": priority,
                **_make_quantile_columns(times),
            }
        )

    def locate_groups(self, by: str) -> tuple[list[str], NDArray[np.int32]]:
        """Return the names of the zones with customers out, and the place of each group."""
        check_zone(by)
        groups = self.plan.groups
        if by == "feeder":
            rows, place = np.unique(groups.feeder, return_inverse=True)
            return self._list_feeders(rows), place.astype(np.int32)
        rows, place = np.unique(groups.zone, return_inverse=True)
        return self._list_substations(rows), place.astype(np.int32)

    def _list_substations(self, places: NDArray[np.int32]) -> list[str]:
        return [self.plan.zones[place].decode() for place in places.tolist()]

    def _list_feeders(self, rows: NDArray[np.int32]) -> list[str]:
        names = decode_texts(self.situation.data.feeders.mrid)
        return [str(names[row]) if row >= 0 else "" for row in rows.tolist()]

    def to_frame(self) -> pd.DataFrame:
        """Return one row per usage point that is out: its group, zone, stage and quantiles."""
        frame = self.groups().iloc[self.plan.group].reset_index(drop=True)
        names = decode_texts(self.situation.data.usage_points.mrid[self.plan.points])
        frame = frame.drop(columns=["customers", "priority_customers", "usage_points"])
        frame.insert(0, "mrid", names)
        frame.insert(1, "customers", self.situation.data.usage_points.customers[self.plan.points])
        return frame

    def to_geodataframe(self) -> geopandas.GeoDataFrame:
        """Return `to_frame` with the places of the usage points."""
        frame = self.to_frame()
        columns: dict[str, Any] = {str(name): frame[name].to_numpy() for name in frame.columns}
        columns["geometry"] = shapely.points(self.situation.data.usage_points.xy[self.plan.points])
        return make_geo_frame(columns, self.situation.network.crs)

    def summary(self) -> StormSummary:
        """Return the figures of the whole system."""
        hours = restoration_curves.compute_quantiles(self.shares) / HOUR_S
        groups, back = self.plan.groups, self.outcome.back
        ends = [back.max(axis=0, initial=0.0), back[groups.priority > 0].max(axis=0, initial=0.0)]
        hours = np.vstack([hours, restoration_curves.compute_quantiles(np.stack(ends)) / HOUR_S])
        t50, t90, t95, last, last_priority = map(_compute_quantiles, hours.tolist())
        stages = np.bincount(groups.stage, groups.customers, minlength=len(STAGES))
        by_stage = dict(zip(STAGES, stages.astype(int).tolist(), strict=True))
        return {
            "customers": self.customers,
            "priority_customers": int(groups.priority.sum()),
            "damaged": len(self.plan.equipment),
            "districts": len(self.outcome.crews),
            "crews": int(self.outcome.crews.sum()),
            "crew_utilization": float(self.outcome.utilization.mean()),
            "customers_by_stage": {
                "remote": by_stage["remote"],
                "manual": by_stage["manual"],
                "repair": by_stage["repair"],
            },
            "t50": t50,
            "t90": t90,
            "t95": t95,
            "last": last,
            "last_priority": last_priority,
        }

    def document(self, *, zone: str = "substation", until_h: float | None = None) -> StormDocument:
        """Return the document ``gridtwin.storm/1``."""
        curve = self.curve(until_h=until_h)
        zones = cast(
            "list[SubstationReturns] | list[FeederReturns]", _list_records(self.zones(zone))
        )
        return {
            "schema": DocumentTag.STORM,
            "state": self.situation.state,
            "version": self.situation.version,
            "seed": self.seed,
            "draws": self.draws,
            "zone": zone,
            **self.summary(),
            "warnings": list(self.warnings),
            "zones": zones,
            "devices": cast("list[DamagedDevice]", _list_records(self.devices())),
            "curve": {
                "hours": curve["hours"].tolist(),
                "p10": curve["p10"].tolist(),
                "p50": curve["p50"].tolist(),
                "p90": curve["p90"].tolist(),
                "mean": curve["mean"].tolist(),
            },
        }


def check_zone(by: str) -> None:
    """
    Check the name of a kind of zone.

    Raises
    ------
    InputError
        If there is no such kind.
    """
    if by not in STORM_ZONES:
        msg = f"no zone is called {by!r}: use one of {', '.join(STORM_ZONES)}"
        raise InputError(msg)


def zone_quantiles(
    forecast: StormForecast, by: str = "substation", *, share: float = 1.0
) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """
    Return when a share of the customers of each zone are back, s: for jobs that store estimates.

    Returns
    -------
    names, p50_s, p80_s, p95_s
        mRIDs of the substations or feeders with customers out ("" for none), and quantiles.
    """
    names, place = forecast.locate_groups(by)
    times = restoration_curves.find_share_times_by_place(
        forecast.outcome.back,
        forecast.plan.groups.customers,
        place,
        len(names),
        share=share,
    )
    p50, p80, p95 = restoration_curves.compute_quantiles(times, (0.5, 0.8, 0.95)).T
    return names, p50, p80, p95


def _compute_quantiles(hours: Sequence[float]) -> HourQuantiles:
    p10, p50, p80, p95 = hours
    return {"p10_h": p10, "p50_h": p50, "p80_h": p80, "p95_h": p95}


def _make_quantile_columns(times: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    return dict(
        zip(QUANTILE_COLUMNS, restoration_curves.compute_quantiles(times).T / HOUR_S, strict=True)
    )


def _list_records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        dict(zip(frame.columns, row, strict=True)) for row in frame.astype(object).values.tolist()
    ]

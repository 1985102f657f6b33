"""Put names on what meters measured: loads and voltages of one interval, and series over time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from gridtwin.analysis.ami import voltage_ranges
from gridtwin.analysis.ami.interval_load import STANDINGS
from gridtwin.analysis.ami.loading import compute_pct
from gridtwin.model import cim
from gridtwin.model.readings import BASE_V, INTERVAL_H
from gridtwin.model.tables import decode_texts
from gridtwin.results.documents.document_tags import DocumentTag
from gridtwin.topology.membership import find_nearest

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd
    from numpy.typing import NDArray

    from gridtwin.analysis.ami.interval_load import IntervalLoad
    from gridtwin.analysis.ami.loading import Loading
    from gridtwin.analysis.state.situation import Situation
    from gridtwin.model.interval_loads import FeederLoads, TransformerLoads
    from gridtwin.model.readings import Readings
    from gridtwin.model.tables import NetworkData
    from gridtwin.results.documents.reading_documents import (
        ElementLoad,
        FeederVoltages,
        LoadDocument,
        LoadFacts,
        OddVoltage,
        RollUpDocument,
        SeriesDocument,
        SeriesValues,
        VoltageCounts,
        VoltageDocument,
    )


@dataclass
class LoadResult:
    """What the elements of a level carried in one interval."""

    at: datetime  # end of the interval
    level: str
    load: IntervalLoad
    loading: Loading
    power_factor: float
    situation: Situation
    read: int  # usage points with a reading
    strangers: int  # readings of meters that are not of this network

    @property
    def points(self) -> int:
        """Usage points of the network."""
        return len(self.situation.data.usage_points.node)

    @cached_property
    def mrid(self) -> NDArray[np.str_]:
        """What each element is called: of a feeder its own mRID, not that of its head."""
        data = self.situation.data
        if self.level == "feeder":
            return decode_texts(data.feeders.mrid)
        return decode_texts(data.equipment.mrid[self.load.slices.equipment])

    def frame(self) -> pd.DataFrame:
        """Return one row an element, the most loaded first; those not rated by their load."""
        import pandas as pd

        slices, loading = self.load.slices, self.loading
        kind = self.situation.data.equipment.kind[slices.equipment]
        frame = pd.DataFrame(
            {
                "mrid": self.mrid.astype(object),
                "kind": np.array(cim.KIND_NAMES, dtype=object)[kind],
                "kwh": self.load.kwh,
                "kw": loading.kw,
                "kva": loading.kva,
                "loading_pct": loading.loading_pct,
                "imbalance_pct": loading.imbalance_pct,
                "meters": slices.meters,
                "missing": self.load.missing,
                "standing": np.array(STANDINGS, dtype=object)[slices.standing],
            }
        )
        by = ["loading_pct", "kw", "mrid"]
        return frame.sort_values(by, ascending=[False, False, True], ignore_index=True)

    def document(self, *, top: int = 0) -> LoadDocument:
        """Return the JSON document ``gridtwin.ami_load/1``, of the `top` first or of all."""
        frame = self.frame()
        return {
            "schema": DocumentTag.AMI_LOAD,
            "at": self.at.isoformat(),
            "level": self.level,
            "state": self.situation.state,
            "version": self.situation.version,
            "power_factor": self.power_factor,
            **self.list_facts(),
            "loads": cast("list[ElementLoad]", list_records(frame.head(top) if top else frame)),
        }

    def list_facts(self) -> LoadFacts:
        """Return what the answer rests on, and what it says in sum."""
        pct, standing = self.loading.loading_pct, self.load.slices.standing
        return {
            "usage_points": self.points,
            "read": self.read,
            "unfed": len(self.load.unfed),
            "strangers": self.strangers,
            "elements": len(standing),
            "looped": int((standing == STANDINGS.index("looped")).sum()),
            "unrated": int(np.isnan(pct[standing != STANDINGS.index("looped")]).sum()),
            "over_100_pct": int((pct > 100).sum()),
        }

    def __repr__(self) -> str:
        """Return the answer in one line."""
        facts = self.list_facts()
        return (
            f"LoadResult({facts['elements']:,} of level {self.level} at {self.at:%Y-%m-%d %H:%M}Z,"
            f" {facts['over_100_pct']:,} above their rating,"
            f" {facts['read']:,} of {self.points:,} usage points read)"
        )


@dataclass
class VoltageResult:
    """The service voltages of one interval, judged by ANSI C84.1."""

    at: datetime  # end of the interval
    voltage_v: NDArray[np.float32]  # (usage points,); NaN where none was read
    situation: Situation

    @cached_property
    def ranges(self) -> NDArray[np.uint8]:
        """The range of each usage point, as a row of `voltage.RANGES`."""
        return voltage_ranges.judge_voltages(self.voltage_v)

    def counts(self) -> VoltageCounts:
        """Return how many usage points lie in each range."""
        not_given, within_a, below_a, above_a, below_b, above_b = np.bincount(
            self.ranges, minlength=len(voltage_ranges.RANGES)
        ).tolist()
        return {
            "not_given": not_given,
            "within_a": within_a,
            "below_a": below_a,
            "above_a": above_a,
            "below_b": below_b,
            "above_b": above_b,
        }

    def find_outside(self) -> tuple[NDArray[np.intp], NDArray[np.object_]]:
        """Return the usage points outside Range A, and what the range is called that each is in."""
        rows = np.flatnonzero(self.ranges > voltage_ranges.WITHIN_A)
        return rows, np.array(voltage_ranges.RANGES, dtype=object)[self.ranges[rows]]

    def frame(self) -> pd.DataFrame:
        """Return the usage points outside Range A, the farthest from 120 V first."""
        import pandas as pd

        data = self.situation.data
        rows, names = self.find_outside()
        node = data.usage_points.node[rows]
        transformers = np.flatnonzero(data.equipment.kind == cim.TRANSFORMER).astype(np.int32)
        above = find_nearest(self.situation.index, transformers)[node]
        feeder, _ = self.situation.feeder_of_nodes
        frame = pd.DataFrame(
            {
                "mrid": decode_texts(data.usage_points.mrid[rows]).astype(object),
                "voltage_v": self.voltage_v[rows].astype(float).round(2),
                "range": names,
                "transformer": np.append(decode_texts(data.equipment.mrid[above]), "")[
                    np.where(above >= 0, np.arange(len(above)), -1)
                ].astype(object),
                "feeder": np.append(decode_texts(data.feeders.mrid), "")[feeder[node]].astype(
                    object
                ),
            }
        )
        off = (frame.voltage_v - BASE_V).abs()
        order = np.lexsort([frame.mrid.to_numpy(dtype=str), -off.to_numpy()])
        return frame.iloc[order].reset_index(drop=True)

    def by_feeder(self) -> pd.DataFrame:
        """Return one row a feeder with a voltage outside Range A, the lowest voltage first."""
        import pandas as pd

        data = self.situation.data
        feeder = self.situation.feeder_of_nodes[0][data.usage_points.node]
        frame = pd.DataFrame(
            {
                "feeder": np.append(decode_texts(data.feeders.mrid), "")[feeder],
                "voltage_v": self.voltage_v.astype(float).round(2),
                "below_a": np.isin(self.ranges, (voltage_ranges.BELOW_A, voltage_ranges.BELOW_B)),
                "above_a": np.isin(self.ranges, (voltage_ranges.ABOVE_A, voltage_ranges.ABOVE_B)),
                "below_b": self.ranges == voltage_ranges.BELOW_B,
                "above_b": self.ranges == voltage_ranges.ABOVE_B,
            }
        )
        by_feeder = frame.groupby("feeder", sort=True).agg(
            read=("voltage_v", "count"),
            v_min=("voltage_v", "min"),
            v_max=("voltage_v", "max"),
            below_a=("below_a", "sum"),
            above_a=("above_a", "sum"),
            below_b=("below_b", "sum"),
            above_b=("above_b", "sum"),
        )
        by_feeder = by_feeder[(by_feeder.below_a > 0) | (by_feeder.above_a > 0)]
        return by_feeder.reset_index().sort_values(["v_min", "feeder"], ignore_index=True)

    def feeder_records(self) -> list[FeederVoltages]:
        """Return `by_feeder` as plain rows."""
        return cast("list[FeederVoltages]", list_records(self.by_feeder()))

    def document(self, *, top: int = 0) -> VoltageDocument:
        """Return the answer as the JSON document ``gridtwin.ami_voltage/1``."""
        frame = self.frame()
        return {
            "schema": DocumentTag.AMI_VOLTAGE,
            "at": self.at.isoformat(),
            "state": self.situation.state,
            "version": self.situation.version,
            "range_a_v": list(voltage_ranges.RANGE_A_V),
            "range_b_v": list(voltage_ranges.RANGE_B_V),
            "counts": self.counts(),
            "feeders": self.feeder_records(),
            "usage_points": cast(
                "list[OddVoltage]", list_records(frame.head(top) if top else frame)
            ),
        }


@dataclass(frozen=True)
class MapLoading:
    """The loading of transformers and feeders in one interval; arrays of one length each."""

    at: datetime  # end of the interval
    transformers: NDArray[np.int32]  # rows of the equipment table
    transformer_pct: NDArray[np.float64]  # of the nameplate; NaN without one
    feeders: NDArray[np.int32]  # rows of the feeder table
    feeder_pct: NDArray[np.float64]  # of the rating of the head, phases taken as even
    feeder_kw: NDArray[np.float64]

    @classmethod
    def from_loads(
        cls,
        data: NetworkData,
        at: datetime,
        loads: tuple[TransformerLoads, FeederLoads],
        power_factor: float,
    ) -> MapLoading:
        """Hold what an interval was rolled up to against the ratings of a network."""
        served, fed = loads
        head = data.feeders.head[fed.row]
        volts = data.nodes.nominal_v[data.equipment.node_a[head]].astype(float)
        rated_kva = volts * data.equipment.rated_a[head] * 3**0.5 / 1000
        return cls(
            at=at,
            transformers=served.row,
            transformer_pct=compute_pct(
                served.kwh, data.equipment.rated_va[served.row] / 1000, power_factor
            ),
            feeders=fed.row,
            feeder_pct=compute_pct(fed.kwh, rated_kva, power_factor),
            feeder_kw=fed.kwh / INTERVAL_H,
        )


def make_readings_frame(readings: Readings) -> pd.DataFrame:
    """Return the readings of one usage point over time, with the range of each voltage."""
    import pandas as pd

    return pd.DataFrame(
        {
            "at": pd.to_datetime(readings.at_s, unit="s", utc=True),
            "kwh": readings.kwh.astype(float).round(4),
            "kw": (readings.kwh.astype(float) / INTERVAL_H).round(4),
            "voltage_v": readings.voltage_v.astype(float).round(2),
            "range": np.array(voltage_ranges.RANGES, dtype=object)[
                voltage_ranges.judge_voltages(readings.voltage_v)
            ],
        }
    )


def make_series_document(mrid: str, table: str, frame: pd.DataFrame) -> SeriesDocument:
    """Return what was measured over time as the JSON document ``gridtwin.ami_series/1``."""
    return {
        "schema": DocumentTag.AMI_SERIES,
        "mrid": mrid,
        "table": table,
        "values": list_values(frame),
    }


def make_roll_up_document(hours: int) -> RollUpDocument:
    """Return how many hours were summed up as the JSON document ``gridtwin.ami_roll_up/1``."""
    return {"schema": DocumentTag.AMI_ROLL_UP, "hours": hours}


def list_values(frame: pd.DataFrame) -> SeriesValues:
    """Return the rows of a series, their times as ISO 8601."""
    values = [row | {"at": row["at"].isoformat()} for row in list_records(frame)]
    return cast("SeriesValues", values)


def list_records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame as mappings."""
    names = [str(name) for name in frame.columns]
    rows = frame.itertuples(index=False, name=None)
    return [dict(zip(names, row, strict=True)) for row in rows]

"""Name the groups of reliability indices, and shape them as JSON and as tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from gridtwin.analysis.reliability.interruption_counts import Counting
from gridtwin.analysis.reliability.interruption_records import Interruptions
from gridtwin.analysis.reliability.reliability_indices import (
    WITHIN,
    ReliabilityIndices,
    compute_reliability,
)
from gridtwin.errors import InputError, NotFoundError
from gridtwin.model.tables import encode_texts
from gridtwin.results.documents.document_tags import DocumentTag
from gridtwin.results.documents.reliability_documents import GROUPINGS
from gridtwin.results.layer_frames import find_groups_of_nodes, list_group_names

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from gridtwin.analysis.reliability.interruption_counts import Indices
    from gridtwin.analysis.state.situation import Situation
    from gridtwin.results.documents.reliability_documents import (
        DayRecord,
        GroupIndices,
        IndexValues,
        IndicesDocument,
    )

INDEX_COUNTS = ("events", "interruptions", "customer_minutes", "momentary")
INDEX_RATIOS = {
    "saifi": "saifi",
    "saidi_minutes": "saidi",
    "caidi_minutes": "caidi",
    "asai": "asai",
    "maifi": "maifi",
    "maifi_e": "maifi_e",
}  # name in print -> name in `Indices`


@dataclass(frozen=True, slots=True)
class CustomersServed:
    """How many customers are served, in all or by group."""

    names: list[str]  # of the groups; one empty name for the system as a whole
    customers: NDArray[np.int64]

    @classmethod
    def from_system(cls, customers: int) -> CustomersServed:
        """Return the customers of a system that is not divided."""
        return cls([""], np.array([customers], dtype=np.int64))

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, by: str) -> CustomersServed:
        """
        Return the customers of feeders or substations from a table that has a column for them.

        Raises
        ------
        InputError
            If it has none.
        """
        if by == "system":
            return cls.from_system(int(frame["customers"].sum()))
        if by not in frame:
            msg = f"the customers served are not given by {by}: add a column {by}"
            raise InputError(msg)
        totals = frame.groupby(by, sort=True)["customers"].sum()
        return cls([str(name) for name in totals.index], totals.to_numpy(np.int64))

    @classmethod
    def from_situation(cls, situation: Situation, by: str) -> CustomersServed:
        """Return the customers of a network's feeders or substations; a nameless one is of none."""
        points = situation.data.usage_points
        if by == "system":
            return cls.from_system(int(points.customers.sum()))
        names = list_group_names(situation, by)
        group = find_groups_of_nodes(situation, by)[points.node]
        totals = np.bincount(group % len(names), points.customers, len(names))
        some = len(names) if totals[-1] else len(names) - 1
        return cls(names[:some].tolist(), totals[:some].astype(np.int64))

    def number_groups(self, names: NDArray[np.object_], by: str) -> NDArray[np.int32]:
        """
        Return the group of each name; for an empty one that without a name, else -1.

        Raises
        ------
        NotFoundError
            If a name is none of the groups.
        """
        import difflib

        import pandas as pd

        if by == "system":
            return np.zeros(len(names), dtype=np.int32)
        codes = pd.Index(self.names).get_indexer(pd.Index(names)).astype(np.int32)
        unknown = np.flatnonzero((codes < 0) & (names != ""))
        if len(unknown):
            name = str(names[unknown[0]])
            raise NotFoundError(by, name, difflib.get_close_matches(name, self.names))
        return codes


def place_rows(frame: pd.DataFrame, situation: Situation, *, strict: bool = True) -> pd.DataFrame:
    """
    Return interruptions with what a network knows of their usage points where they do not say it.

    Customers, feeder and substation are those of the network; a feeder or substation that the table
    names stays, for it may be that of the day. If not `strict`, a usage point may be gone from the
    network since: it counts for the system.

    Raises
    ------
    NotFoundError
        If it is strict and a usage point is not in the network.
    """
    import pandas as pd

    codes, names = pd.factorize(frame["usage_point"])
    rows = situation.network.ids.tables["usage_points"].find_rows(encode_texts(names.astype(str)))
    unknown = np.flatnonzero((rows < 0) & (names != ""))
    if len(unknown) and strict:
        situation.network.ids.find_element(str(names[unknown[0]]), ("usage_points",))
    points, known = situation.data.usage_points, rows >= 0
    columns: dict[str, Any] = {}
    people = np.where(known, np.append(points.customers, 0)[rows], np.nan)[codes]
    columns["customers"] = np.where(frame["customers"].isna(), people, frame["customers"])
    for by in ("feeder", "substation"):
        group = np.append(find_groups_of_nodes(situation, by)[points.node], -1)[rows]
        home = list_group_names(situation, by)[group][codes]
        columns[by] = np.where(frame[by] == "", home, frame[by])
    return frame.assign(**columns)


def encode_interruptions(frame: pd.DataFrame, served: CustomersServed, by: str) -> Interruptions:
    """Return a table of interruptions with numbers in place of names."""
    import pandas as pd

    group = (
        np.zeros(len(frame), dtype=np.int32)
        if by == "system"
        else served.number_groups(frame[by].to_numpy(object), by)
    )
    known = {}
    for name in ("usage_point", "outage"):
        codes, names = pd.factorize(frame[name])
        empty = np.flatnonzero(names == "")
        known[name] = np.where(np.isin(codes, empty), -1, codes).astype(np.int32)
    return Interruptions.from_columns(
        frame["began_s"].to_numpy(np.float64),
        frame["restored_s"].to_numpy(np.float64),
        np.nan_to_num(frame["customers"].to_numpy(np.float64), nan=1.0),
        group=group,
        usage_point=known["usage_point"],
        event=known["outage"],
        planned=frame["planned"].to_numpy(bool),
    )


@dataclass(frozen=True, slots=True)
class ReliabilityReport:
    """The reliability indices of a period, with the names of their groups."""

    by: str
    names: list[str]
    begin_s: float
    end_s: float
    counting: Counting
    result: ReliabilityIndices

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the reader of the indices should know."""
        result = self.result
        said = []
        if result.still_out:
            said.append(f"{result.still_out:,} customers are still out: counted up to the end")
        if result.overlaps:
            said.append(
                f"{result.overlaps:,} rows overlap another of their usage point: counted once"
            )
        if result.threshold_from == WITHIN:
            said.append("nothing is known before the period: its own days give T_MED")
        if not result.threshold.t_med > 0:
            said.append("no major event days: too few days with an interruption")
        return tuple(said)

    def format_period(self) -> str:
        """Return the period in the time zone of the days."""
        begin, end = (
            datetime.fromtimestamp(at, self.counting.zone).strftime("%Y-%m-%d %H:%M")
            for at in (self.begin_s, self.end_s)
        )
        return f"{begin} to {end}, {self.counting.zone}"

    def to_frame(self) -> pd.DataFrame:
        """Return a row for the system and for each group, with all days and without major ones."""
        import pandas as pd

        result = self.result
        parts = [(["system"], result.system, result.system_without)]
        if self.by != "system":
            parts.append((self.names, result.groups, result.groups_without))
        frames = []
        for names, everything, without in parts:
            columns: dict[str, Any] = {self.by if self.by != "system" else "group": names}
            columns["customers_served"] = everything.served
            columns |= self._make_columns(everything)
            columns |= {
                f"{name}_without_med": value for name, value in self._make_columns(without).items()
            }
            frames.append(pd.DataFrame(columns))
        return pd.concat(frames, ignore_index=True)

    def _make_columns(self, indices: Indices) -> dict[str, NDArray[Any]]:
        columns = {name: getattr(indices, name) for name in INDEX_COUNTS}
        columns |= {name: getattr(indices, index) for name, index in INDEX_RATIOS.items()}
        return columns | {f"cemi_{n}": indices.cemi(n) for n in self.counting.cemi}

    def daily_frame(self) -> pd.DataFrame:
        """Return one row for each day: the system's SAIDI, and whether it is a major event day."""
        import pandas as pd

        daily = self.result.daily
        return pd.DataFrame(
            {
                "day": [daily.calendar.get_date(n).isoformat() for n in range(len(daily.calendar))],
                "saidi_minutes": daily.saidi,
                "customer_minutes": daily.customer_minutes,
                "interruptions": daily.interruptions,
                "major_event_day": daily.major,
            }
        )

    def document(self) -> IndicesDocument:
        """Return the indices as the JSON document ``gridtwin.indices/1``."""
        result, threshold = self.result, self.result.threshold
        days = self.daily_frame()
        return {
            "schema": DocumentTag.INDICES,
            "from": _format_day(self.begin_s),
            "to": _format_day(self.end_s),
            "timezone": str(self.counting.zone),
            "by": self.by,
            "sustained_after_s": self.counting.sustained_after_s,
            "planned": not self.counting.exclude_planned,
            "t_med_minutes": threshold.t_med,
            "alpha": threshold.alpha,
            "beta": threshold.beta,
            "t_med_days": threshold.days,
            "t_med_from": result.threshold_from,
            "system": self._describe_group(result.system, result.system_without, 0),
            "groups": [
                {
                    "name": name or None,
                    **self._describe_group(result.groups, result.groups_without, row),
                }
                for row, name in enumerate(self.names if self.by != "system" else [])
            ],
            "major_event_days": days["day"][days["major_event_day"]].tolist(),
            "days": cast("list[DayRecord]", days.astype(object).to_dict("records")),
            "still_out": result.still_out,
            "overlaps": result.overlaps,
            "warnings": list(self.warnings),
        }

    def _describe_group(self, everything: Indices, without: Indices, row: int) -> GroupIndices:
        return {
            "customers_served": int(everything.served[row]),
            "all_days": self._describe_values(everything, row),
            "without_major_event_days": self._describe_values(without, row),
        }

    def _describe_values(self, indices: Indices, row: int) -> IndexValues:
        return {
            "events": indices.events[row].item(),
            "interruptions": indices.interruptions[row].item(),
            "customer_minutes": indices.customer_minutes[row].item(),
            "momentary": indices.momentary[row].item(),
            "saifi": indices.saifi[row].item(),
            "saidi_minutes": indices.saidi[row].item(),
            "caidi_minutes": indices.caidi[row].item(),
            "asai": indices.asai[row].item(),
            "maifi": indices.maifi[row].item(),
            "maifi_e": indices.maifi_e[row].item(),
            "cemi": {str(n): indices.cemi(n)[row].item() for n in self.counting.cemi},
        }


def make_report(
    frame: pd.DataFrame,
    served: CustomersServed,
    period: tuple[float | None, float | None] = (None, None),
    *,
    by: str = "system",
    counting: Counting | None = None,
) -> ReliabilityReport:
    """
    Return the reliability indices of a table of interruptions.

    Parameters
    ----------
    frame
        As `gridtwin.sources.interruptions.read_interruptions` returns it.
    served
        Customers served by each group.
    period
        Unix seconds. By default from the day of the first interruption to the end of the day in
        which the last began; with somebody still out, to now.
    by
        ``system``, ``feeder`` or ``substation``.
    counting
        How interruptions are counted.

    Raises
    ------
    InputError
        If the indices are asked by something else, or there is no interruption and no period.
    """
    if by not in GROUPINGS:
        msg = f"indices are given by {', '.join(GROUPINGS)}, not by {by!r}"
        raise InputError(msg)
    counting = counting or Counting()
    begin_s, end_s = _choose_period(frame, period, counting)
    rows = encode_interruptions(frame, served, by)
    result = compute_reliability(rows, served.customers, begin_s, end_s, counting)
    return ReliabilityReport(by, served.names, begin_s, end_s, counting, result)


def _choose_period(
    frame: pd.DataFrame, period: tuple[float | None, float | None], counting: Counting
) -> tuple[float, float]:
    """Return the period, whole days where it is not given."""
    from gridtwin.analysis.reliability.major_events import Calendar

    begin_s, end_s = period
    if (begin_s is None or end_s is None) and not len(frame):
        msg = "there is no interruption to tell the period: give --from and --to"
        raise InputError(msg)
    if begin_s is None:
        first = float(frame["began_s"].min())
        begin_s = float(Calendar.from_period(first, first, counting.zone).starts_s[0])
    if end_s is None and frame["restored_s"].isna().any():
        end_s = datetime.now(UTC).timestamp()
    elif end_s is None:
        last = float(frame["began_s"].max())
        end_s = float(Calendar.from_period(last, last, counting.zone).starts_s[1])
    return begin_s, end_s


def _format_day(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat().replace("+00:00", "Z")

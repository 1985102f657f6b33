"""Put names on what was inferred: what `Twin.infer` returns, and programs read as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridtwin.analysis.state.situation import NO_ROWS
from gridtwin.model import cim
from gridtwin.model.phases import format_phases as phase_text
from gridtwin.model.tables import decode_texts
from gridtwin.results.documents.document_tags import DocumentTag
from gridtwin.results.geo import make_geo_frame

if TYPE_CHECKING:
    import geopandas
    import pandas as pd
    from numpy.typing import NDArray

    from gridtwin.analysis.inference.inferred_outages import InferenceAnswer, OutageRows, Suspect
    from gridtwin.analysis.state.situation import Situation
    from gridtwin.results.documents.inference_documents import (
        EvidenceCounts,
        InferenceDocument,
        InferredOutageRecord,
        Momentary,
    )


@dataclass(frozen=True, slots=True)
class SuspectedDevice:
    """A device that may have operated."""

    mrid: str
    kind: str  # one of `cim.KIND_NAMES`, or ``usage_point``
    probability: float  # that it or one of those it cannot be told from operated
    indistinguishable: tuple[str, ...]  # devices with the same loss, likeliest first


@dataclass(frozen=True, slots=True)
class InferredOutage:
    """One outage that was inferred."""

    device: SuspectedDevice
    phases: str  # that opened
    gain: float  # nats over the best explanation without this device
    began_s: float  # estimated, seconds since 1970 UTC
    usage_points: NDArray[np.str_]  # that are out
    partial: NDArray[np.str_]  # that lost some of their phases
    customers: int  # out
    runner_up: SuspectedDevice | None
    evidence: EvidenceCounts

    @property
    def began_at(self) -> str:
        """When it began, estimated: UTC, ISO 8601."""
        return _format_iso(self.began_s)

    def document(self) -> InferredOutageRecord:
        """Return the outage as a JSON object."""
        runner_up = self.runner_up
        return {
            "mrid": self.device.mrid,
            "kind": self.device.kind,
            "phases": self.phases,
            "probability": self.device.probability,
            "indistinguishable": list(self.device.indistinguishable),
            "gain": self.gain,
            "began_at": self.began_at,
            "usage_points": self.usage_points.tolist(),
            "partial": self.partial.tolist(),
            "customers": self.customers,
            "runner_up": None
            if runner_up is None
            else {
                "mrid": runner_up.mrid,
                "kind": runner_up.kind,
                "probability": runner_up.probability,
            },
            "evidence": self.evidence,
        }


@dataclass
class InferenceResult:
    """What most likely happened, by what was reported up to a moment."""

    answer: InferenceAnswer
    situation: Situation
    unknown: dict[str, list[str]] = field(default_factory=dict)  # unknown meter: close names
    unknown_events: int = 0

    @cached_property
    def outages(self) -> list[InferredOutage]:
        """The outages, the largest first."""
        return [self._name_outage(outage) for outage in self.answer.outages]

    @cached_property
    def unexplained(self) -> NDArray[np.str_]:
        """The mRIDs of usage points that report, and no outage says why."""
        return decode_texts(self.situation.data.usage_points.mrid[self.answer.unexplained])

    @property
    def customers(self) -> int:
        """Customers out, in all outages."""
        return sum(outage.customers for outage in self.outages)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the reader of the answer should know."""
        if not self.unknown_events:
            return ()
        named = [
            f"{name} (did you mean {', '.join(close)}?)" if close else name
            for name, close in list(self.unknown.items())[:3]
        ]
        return (
            f"{self.unknown_events:,} events name {len(self.unknown):,} meters that the network"
            f" does not have: {'; '.join(named)}{' ...' if len(self.unknown) > 3 else ''}",
        )

    def momentaries(self) -> list[Momentary]:
        """Return the interruptions that ended within minutes: mrid, began_at, ended_at."""
        momentaries = self.answer.momentaries
        names = decode_texts(self.situation.data.usage_points.mrid[momentaries.point]).tolist()
        return [
            {"mrid": mrid, "began_at": _format_iso(began), "ended_at": _format_iso(ended)}
            for mrid, began, ended in zip(
                names, momentaries.began_s.tolist(), momentaries.ended_s.tolist(), strict=True
            )
        ]

    def document(self) -> InferenceDocument:
        """Return the answer as the JSON document ``gridtwin.inference/1``."""
        return {
            "schema": DocumentTag.INFERENCE,
            "state": self.situation.state,
            "version": self.situation.version,
            "now": _format_iso(self.answer.now_s),
            "loss": self.answer.loss,
            "customers": self.customers,
            "outages": [outage.document() for outage in self.outages],
            "unexplained": self.unexplained.tolist(),
            "momentaries": self.momentaries(),
            "suppressed": self.answer.suppressed,
            "unknown": list(self.unknown),
            "warnings": list(self.warnings),
        }

    def to_frame(self) -> pd.DataFrame:
        """Return one row per outage."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "mrid": one.device.mrid,
                    "kind": one.device.kind,
                    "phases": one.phases,
                    "probability_pct": round(100 * one.device.probability, 1),
                    "customers": one.customers,
                    "began_at": one.began_at,
                    **one.evidence,
                    "runner_up": "" if one.runner_up is None else one.runner_up.mrid,
                    "runner_up_pct": 0.0
                    if one.runner_up is None
                    else round(100 * one.runner_up.probability, 1),
                }
                for one in self.outages
            ],
            columns=[*_COLUMNS],
        )

    def to_geodataframe(self) -> geopandas.GeoDataFrame:
        """Return the usage points that are out, each with the device of its outage."""
        points = self.situation.data.usage_points
        rows = np.concatenate([NO_ROWS, *(outage.out for outage in self.answer.outages)])
        sizes = [len(outage.out) for outage in self.answer.outages]
        names = np.array([one.device.mrid for one in self.outages], dtype=object)
        columns = {
            "mrid": decode_texts(points.mrid[rows]).astype(object),
            "device": np.repeat(names, sizes),
            "customers": points.customers[rows],
            "geometry": shapely.points(points.xy[rows]),
        }
        return make_geo_frame(columns, self.situation.network.crs)

    def _name_outage(self, outage: OutageRows) -> InferredOutage:
        mrid = self.situation.data.usage_points.mrid
        return InferredOutage(
            device=self._name_device(outage.suspect),
            phases=phase_text(outage.phases),
            gain=round(outage.gain, 3),
            began_s=outage.began_s,
            usage_points=decode_texts(mrid[outage.out]),
            partial=decode_texts(mrid[outage.partial]),
            customers=self.situation.customers_of(outage.out),
            runner_up=None if outage.runner_up is None else self._name_device(outage.runner_up),
            evidence={
                "last_gasps": outage.gasps,
                "missing": outage.silent,
                "calls": outage.calls,
                "still_on": outage.contradicted,
            },
        )

    def _name_device(self, suspect: Suspect) -> SuspectedDevice:
        data = self.situation.data
        probability = round(suspect.probability, 6)
        names = decode_texts(data.equipment.mrid[suspect.equipment]).tolist()
        kinds = [cim.KIND_NAMES[code] for code in data.equipment.kind[suspect.equipment]]
        if suspect.point >= 0:
            names += decode_texts(
                data.usage_points.mrid[suspect.point : suspect.point + 1]
            ).tolist()
            kinds.append("usage_point")
        return SuspectedDevice(names[0], kinds[0], probability, tuple(names[1:]))

    def __len__(self) -> int:
        """Return the number of outages."""
        return len(self.answer.outages)

    def __repr__(self) -> str:
        """Return the answer in one line."""
        return (
            f"InferenceResult({len(self):,} outages, {self.customers:,} customers, "
            f"{len(self.answer.unexplained):,} unexplained, "
            f"state {self.situation.state} version {self.situation.version})"
        )


_COLUMNS = (
    "mrid",
    "kind",
    "phases",
    "probability_pct",
    "customers",
    "began_at",
    "last_gasps",
    "missing",
    "calls",
    "still_on",
    "runner_up",
    "runner_up_pct",
)


def _format_iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")

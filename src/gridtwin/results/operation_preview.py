"""Show what operating a switch would do: who gains and loses supply, and what is dangerous."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.outage.operation_hazards import HazardKind
from gridtwin.analysis.state.supply_state import FULL, OUT, PARTIAL
from gridtwin.model import cim, phases
from gridtwin.model.operational_tag import HOLD
from gridtwin.model.tables import decode_texts
from gridtwin.results.documents.document_tags import DocumentTag
from gridtwin.results.operating_answers import make_tag_record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gridtwin.analysis.outage.operation_hazards import Hazard, OperationEffect
    from gridtwin.model.operational_tag import OperationalTag
    from gridtwin.results.documents.operating_documents import (
        HazardRecord,
        OperatedGroup,
        OperationPreviewDocument,
    )

    Rows = NDArray[np.int32]

FIRST_NAMED = 20


@dataclass(frozen=True)
class OperationPreview:
    """What one operation would do, and whether it may be made."""

    effect: OperationEffect
    hazards: tuple[Hazard, ...]
    tags: tuple[OperationalTag, ...]  # on the switch, and on what it would energize
    outages: Mapping[str, int]  # id of an open outage to usage points of it that gain supply
    newest_tag: int  # number of the newest tag that was seen

    @property
    def mrid(self) -> str:
        """The switch."""
        return bytes(self.effect.before.data.equipment.mrid[self.effect.row]).decode()

    @property
    def version(self) -> int:
        """Version of the current state that it was worked out for."""
        return self.effect.before.version

    @property
    def open_before(self) -> int:
        """Phases of the switch that stand open, as bits."""
        return int(self.effect.before.open_mask[self.effect.row])

    @property
    def open_after(self) -> int:
        """Phases of the switch that would stand open, as bits."""
        return int(self.effect.after.open_mask[self.effect.row])

    @cached_property
    def gained(self) -> Rows:
        """Rows of the usage points that gain supply, be it on some of their phases."""
        was, now = self._supplies
        return np.flatnonzero((was == OUT) & (now != OUT)).astype(np.int32)

    @cached_property
    def lost(self) -> Rows:
        """Rows of the usage points that lose all supply."""
        was, now = self._supplies
        return np.flatnonzero((was != OUT) & (now == OUT)).astype(np.int32)

    @cached_property
    def partial(self) -> Rows:
        """Rows of the usage points that lose some of their phases."""
        was, now = self._supplies
        return np.flatnonzero((was == FULL) & (now == PARTIAL)).astype(np.int32)

    @property
    def _supplies(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        return self.effect.supply_before.points, self.effect.supply_after.points

    def count_priority(self, rows: Rows) -> int:
        """Return the customers at priority sites of usage points."""
        chosen = rows[self.effect.before.data.usage_points.priority[rows] != b""]
        return self.effect.before.customers_of(chosen)

    @property
    def refusals(self) -> tuple[str, ...]:
        """Why it may not be made now; empty if it may."""
        return tuple(
            f"{tag.mrid} carries a {tag.describe()}"
            for tag in self.tags
            if tag.mrid == self.mrid or tag.kind == HOLD
        )

    @cached_property
    def digest(self) -> str:
        """What tells that the operation would do the same: 16 hexadecimal digits."""
        parts = {
            "of": [self.mrid, self.open_before, self.open_after, self.effect.poles],
            "hazards": [self.describe_hazard(each)["message"] for each in self.hazards],
            "tags": [tag.number for tag in self.tags],
        }
        digest = hashlib.blake2b(json.dumps(parts).encode(), digest_size=8)
        for rows in (self.gained, self.lost, self.partial):
            digest.update(len(rows).to_bytes(8, "little") + np.ascontiguousarray(rows).tobytes())
        return digest.hexdigest()

    def describe_hazard(self, hazard: Hazard) -> HazardRecord:
        """Return a hazard in words, with the equipment it lies in."""
        mrids = decode_texts(self.effect.before.data.equipment.mrid[hazard.rows]).tolist()
        named = ", ".join(mrids[:3]) + (f" and {len(mrids) - 3} more" if len(mrids) > 3 else "")
        return {
            "kind": hazard.kind,
            "message": self._word_hazard(hazard, named),
            "equipment": mrids[:FIRST_NAMED],
            "outage": hazard.outage or None,
        }

    def _word_hazard(self, hazard: Hazard, named: str) -> str:
        match hazard.kind:
            case HazardKind.ENERGIZES_FAULT:
                return f"energizes {named}, the fault of outage {hazard.outage}"
            case HazardKind.ENERGIZES_TAG:
                return f"energizes {named}, which carries a tag"
            case HazardKind.CLOSES_LOOP:
                return f"closes a loop: {named} is live at both sides, from one source"
            case HazardKind.PARALLELS_SOURCES:
                return f"parallels sources: {named} is live at both sides, from two sources"
            case HazardKind.BACKFEEDS_PHASE:
                return f"leaves {named} live on some phases: the others can be fed back through it"
        kind = cim.KIND_NAMES[self.effect.before.data.equipment.kind[self.effect.row]]
        told = kind.replace("_", " ")
        load = hazard.load_w
        much = f"{load / 1000:,.0f} kW" if load and not math.isnan(load) else "load"
        return f"breaks {much} with {named}, a {told}, which is not made for it"

    def document(self) -> OperationPreviewDocument:
        """Return the preview as the JSON document ``gridtwin.operation_preview/1``."""
        situation = self.effect.before
        return {
            "schema": DocumentTag.OPERATION_PREVIEW,
            "mrid": self.mrid,
            "open": self.effect.opens,
            "phases": phases.format_phases(self.effect.poles),
            "open_before": phases.format_phases(self.open_before),
            "open_after": phases.format_phases(self.open_after),
            "version": self.version,
            "digest": self.digest,
            "gained": self._describe_group(self.gained),
            "lost": self._describe_group(self.lost),
            "partial": self._describe_group(self.partial),
            "priority_lost": self.count_priority(self.lost),
            "feeder": self._name_feeder(),
            "load_lost_w": float(np.nansum(situation.data.usage_points.peak_w[self.lost])),
            "hazards": [self.describe_hazard(each) for each in self.hazards],
            "tags": [make_tag_record(tag) for tag in self.tags],
            "refusals": list(self.refusals),
            "outages": dict(self.outages),
        }

    def _describe_group(self, rows: Rows) -> OperatedGroup:
        return {"customers": self.effect.before.customers_of(rows), "usage_points": len(rows)}

    def _name_feeder(self) -> str | None:
        """Return the feeder that the switch is on, in whichever state it is on one."""
        for situation in (self.effect.before, self.effect.after):
            feeder_of, _ = situation.feeder_of_nodes
            rows = [int(feeder_of[node]) for node in situation.find_ends(self.effect.row)]
            row = max(rows)
            if row >= 0:
                return bytes(situation.data.feeders.mrid[row]).decode()
        return None

    def __repr__(self) -> str:
        """Return the preview in one line."""
        word = "open" if self.effect.opens else "close"
        gained, lost = (self.effect.before.customers_of(each) for each in (self.gained, self.lost))
        return (
            f"OperationPreview({word} {self.mrid}: {gained:,} customers gained, {lost:,} lost,"
            f" {len(self.hazards)} hazards, {len(self.refusals)} refusals, version {self.version})"
        )

"""Tell a simulated storm in messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from gridtwin.analysis.inference.device_tree import build_device_tree
from gridtwin.analysis.inference.likelihood import Assumptions
from gridtwin.model.events import LAST_GASP, POWER_RESTORED, MeterEvents
from gridtwin.model.tables import decode_texts
from gridtwin.stream.encoding import format_times
from gridtwin.twin import Twin
from reported_outages import Simulated, simulate, world_of

NAMES = {LAST_GASP: "last_gasp", POWER_RESTORED: "power_restored"}


@dataclass
class Told:
    """A storm: its messages in order of time, and the same as events."""

    lines: list[bytes]
    events: MeterEvents
    simulated: Simulated


def storm(twin: Twin, *, seed: int, start_s: float, **world: Any) -> Told:
    """Return the last gasps and restorations of a storm of the event simulator."""
    situation = twin.situation()
    devices = build_device_tree(situation, Assumptions())
    made = simulate(situation, devices, world_of(situation, **world), seed=seed, start_s=start_s)
    heard = made.heard.select_rows(np.isin(made.heard.kind, list(NAMES)))
    heard = heard.select_rows(np.argsort(heard.at_s, kind="stable"))  # type: ignore[arg-type]
    mrid = twin.store.network.data.usage_points.mrid[heard.point]
    events = MeterEvents(mrid, heard.kind, heard.at_s, heard.phases)
    rows = zip(
        decode_texts(mrid).tolist(), heard.kind.tolist(), format_times(heard.at_s), strict=True
    )
    lines = [
        message(f"m-{at}", when, NAMES[kind], meter_id=name)
        for at, (name, kind, when) in enumerate(rows)
    ]
    return Told(lines, events, made)


def message(event_id: str, when: str | None, kind: str, **fields: str) -> bytes:
    """Return a message as JSON."""
    return orjson.dumps({"event_id": event_id, "event_time": when, "kind": kind, **fields})

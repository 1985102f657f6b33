"""Read messages into events; what cannot be used is set apart with the reason."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import orjson

from gridtwin.model import phases
from gridtwin.model.live import Letter, LiveEvent
from gridtwin.model.readings import ALERT_KINDS, GRID_EVENT_KINDS, REPORTED, OutageAlerts
from gridtwin.model.tables import decode, encode
from gridtwin.stream.contracts import GRID_EVENTS, OUTAGE_ALERTS
from gridtwin.stream.decoding import decode_grid_events, decode_outage_alerts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridtwin.model.live import Alert
    from gridtwin.stream.wire import Registry

TOPICS = (GRID_EVENTS.name, OUTAGE_ALERTS.name)
AHEAD_S = 300.0  # by which the clock of a source may be ahead of ours

Read = tuple[list[LiveEvent], list[int], list[tuple[int, str]]]  # events, rows, and rejected rows


@dataclass
class Batch:
    """What came of one or several topics, and how far it was read."""

    events: list[LiveEvent] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)

    def add(
        self,
        topic: str,
        values: Sequence[bytes | None],
        places: Sequence[str],
        registry: Registry | None = None,
    ) -> None:
        """
        Take in messages of a topic.

        Parameters
        ----------
        topic
            ``grid_events`` or ``outage_alerts``.
        values
            The values of the messages.
        places
            Where each stands, for who looks for one that cannot be used.
        registry
            Where the schemas of Confluent's wire format are.
        """
        read = _grid_events if topic == GRID_EVENTS.name else _reports
        events, rows, rejected = read(values, registry)
        latest_s = time.time() + AHEAD_S
        for event, row in zip(events, rows, strict=True):
            if event.at_s <= latest_s:
                self.events.append(event)
            else:
                rejected.append((row, "event_time is to come: check the clock of the source"))
        self.letters += [
            Letter(topic, places[row], reason, values[row] or b"") for row, reason in rejected
        ]

    def add_lines(self, lines: Sequence[bytes], source: str, first: int) -> None:
        """Take in lines of JSON of either topic; each says by its kind of which it is."""
        rows: dict[str, list[int]] = {topic: [] for topic in TOPICS}
        for row, line in enumerate(lines):
            if line.strip():
                rows[_topic_of(line)].append(row)
        for topic, chosen in rows.items():
            places = [f"{source}:{first + row + 1}" for row in chosen]
            self.add(topic, [lines[row] for row in chosen], places)
        self.places[source] = first + len(lines)


def _topic_of(line: bytes) -> str:
    try:
        said = orjson.loads(line)
    except orjson.JSONDecodeError:
        return GRID_EVENTS.name
    kind = said.get("kind") if isinstance(said, dict) else None
    return OUTAGE_ALERTS.name if kind in ALERT_KINDS else GRID_EVENTS.name


def _grid_events(values: Sequence[bytes | None], registry: Registry | None) -> Read:
    found = decode_grid_events(values, registry=registry)
    said = found.values
    rows = zip(
        decode(said.event_id).tolist(),
        said.at_s.tolist(),
        (GRID_EVENT_KINDS[code] for code in said.kind.tolist()),
        decode(said.equipment).tolist(),
        map(phases.text, said.open_phases.tolist()),
        decode(said.actor).tolist(),
        decode(said.detail).tolist(),
        strict=True,
    )
    return [LiveEvent(*row) for row in rows], found.rows.tolist(), list(found.rejected)


def _reports(values: Sequence[bytes | None], registry: Registry | None) -> Read:
    """Return what meters report; what the twin itself tells of outages is no news to it."""
    found = decode_outage_alerts(values, registry=registry)
    reported = found.values.kind < REPORTED
    said = found.values.take(reported)
    rows = zip(
        decode(said.event_id).tolist(),
        said.at_s.tolist(),
        (ALERT_KINDS[code] for code in said.kind.tolist()),
        decode(said.meter).tolist(),
        strict=True,
    )
    return [LiveEvent(*row) for row in rows], found.rows[reported].tolist(), list(found.rejected)


def alerts_of(alerts: Sequence[Alert]) -> OutageAlerts:
    """Return alerts as columns, ready to be encoded."""
    count = len(alerts)
    return OutageAlerts(
        event_id=encode([each.event_id for each in alerts]),
        at_s=np.array([each.at.timestamp() for each in alerts], dtype=np.float64),
        kind=np.array([ALERT_KINDS.index(each.kind) for each in alerts], dtype=np.uint8),
        meter=encode([""] * count),
        outage=encode([each.outage for each in alerts]),
        status=encode([each.status for each in alerts]),
        device=encode([each.device for each in alerts]),
        customers_out=np.array([each.customers_out for each in alerts], dtype=np.int64),
        etr_s=np.array(
            [np.nan if each.etr is None else each.etr.timestamp() for each in alerts], np.float64
        ),
    )

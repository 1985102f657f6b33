"""Read messages into events; what cannot be used is set apart with the reason."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import orjson

from gridtwin.model import phases
from gridtwin.model.live import EventDeadLetter, LiveEvent
from gridtwin.model.readings import ALERT_KINDS, GRID_EVENT_KINDS, REPORTED, OutageAlerts
from gridtwin.model.tables import decode_texts, encode_texts
from gridtwin.stream.contracts import CLOCK_AHEAD_S, GRID_EVENTS, OUTAGE_ALERTS
from gridtwin.stream.decoding import decode_grid_events, decode_outage_alerts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridtwin.model.live import Alert
    from gridtwin.stream.wire import Registry

LIVE_TOPICS = (GRID_EVENTS.name, OUTAGE_ALERTS.name)

DecodedEvents = tuple[
    list[LiveEvent], list[int], list[tuple[int, str]]
]  # events, rows, and rejected rows


@dataclass
class EventBatch:
    """What came of one or several topics, and how far it was read."""

    events: list[LiveEvent] = field(default_factory=list)
    letters: list[EventDeadLetter] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)

    def add_messages(
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
        read = _decode_grid_events if topic == GRID_EVENTS.name else _decode_reports
        events, rows, rejected = read(values, registry)
        latest_s = time.time() + CLOCK_AHEAD_S
        for event, row in zip(events, rows, strict=True):
            if event.at_s <= latest_s:
                self.events.append(event)
            else:
                rejected.append((row, "event_time is to come: check the clock of the source"))
        self.letters += [
            EventDeadLetter(topic, places[row], reason, values[row] or b"")
            for row, reason in rejected
        ]

    def add_lines(self, lines: Sequence[bytes], source: str, first: int) -> None:
        """Take in lines of JSON of either topic; each says by its kind of which it is."""
        rows: dict[str, list[int]] = {topic: [] for topic in LIVE_TOPICS}
        for row, line in enumerate(lines):
            if line.strip():
                rows[_find_topic(line)].append(row)
        for topic, chosen in rows.items():
            places = [f"{source}:{first + row + 1}" for row in chosen]
            self.add_messages(topic, [lines[row] for row in chosen], places)
        self.places[source] = first + len(lines)


def _find_topic(line: bytes) -> str:
    try:
        said = orjson.loads(line)
    except orjson.JSONDecodeError:
        return GRID_EVENTS.name
    kind = said.get("kind") if isinstance(said, dict) else None
    return OUTAGE_ALERTS.name if kind in ALERT_KINDS else GRID_EVENTS.name


def _decode_grid_events(values: Sequence[bytes | None], registry: Registry | None) -> DecodedEvents:
    decoded = decode_grid_events(values, registry=registry)
    columns = decoded.values
    rows = zip(
        decode_texts(columns.event_id).tolist(),
        columns.at_s.tolist(),
        (GRID_EVENT_KINDS[code] for code in columns.kind.tolist()),
        decode_texts(columns.equipment).tolist(),
        map(phases.format_phases, columns.open_phases.tolist()),
        decode_texts(columns.actor).tolist(),
        decode_texts(columns.detail).tolist(),
        strict=True,
    )
    return [LiveEvent(*row) for row in rows], decoded.rows.tolist(), list(decoded.rejected)


def _decode_reports(values: Sequence[bytes | None], registry: Registry | None) -> DecodedEvents:
    """Return what meters report; what the twin itself published of outages is not read back."""
    decoded = decode_outage_alerts(values, registry=registry)
    reported = decoded.values.kind < REPORTED
    said = decoded.values.take_rows(reported)
    rows = zip(
        decode_texts(said.event_id).tolist(),
        said.at_s.tolist(),
        (ALERT_KINDS[code] for code in said.kind.tolist()),
        decode_texts(said.meter).tolist(),
        strict=True,
    )
    return (
        [LiveEvent(*row) for row in rows],
        decoded.rows[reported].tolist(),
        list(decoded.rejected),
    )


def tabulate_alerts(alerts: Sequence[Alert]) -> OutageAlerts:
    """Return alerts as columns, ready to be encoded."""
    count = len(alerts)
    return OutageAlerts(
        event_id=encode_texts([each.event_id for each in alerts]),
        at_s=np.array([each.at.timestamp() for each in alerts], dtype=np.float64),
        kind=np.array([ALERT_KINDS.index(each.kind) for each in alerts], dtype=np.uint8),
        meter=encode_texts([""] * count),
        outage=encode_texts([each.outage for each in alerts]),
        status=encode_texts([each.status for each in alerts]),
        device=encode_texts([each.device for each in alerts]),
        customers_out=np.array([each.customers_out for each in alerts], dtype=np.int64),
        etr_s=np.array(
            [np.nan if each.etr is None else each.etr.timestamp() for each in alerts], np.float64
        ),
    )

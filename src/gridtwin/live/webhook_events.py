"""Make the events that webhooks tell of the changes that a store has written down."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.analysis.place.polygon import read_polygon
from gridtwin.errors import NotFoundError
from gridtwin.model.state import NORMAL
from gridtwin.model.tables import decode_texts, encode_texts
from gridtwin.model.webhook import WebhookDelivery, WebhookKind
from gridtwin.publish.webhooks.webhook_text import write_body, write_event_id
from gridtwin.results.outage_board import count_priority_out, find_point_rows, format_seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from gridtwin.model.outage import Members
    from gridtwin.model.planned_outage import PlannedOutage
    from gridtwin.model.webhook import NotedAlert, Subscription
    from gridtwin.publish.webhooks.message_templates import MessageTemplates
    from gridtwin.twin import Twin

OVERLOADS = "overloads"  # the subject under which it is kept which elements were overloaded last
PLANNED_SUBJECT = "planned"  # the subject under which it is kept what was told of planned outages
OVERLOAD_PCT = 100.0  # of the rating
MOST_AREAS_READ = 64  # polygons of subscriptions that are kept read

KINDS_OF_ALERTS = {
    "outage_opened": WebhookKind.OUTAGE_OPENED,
    "outage_changed": WebhookKind.OUTAGE_CHANGED,
    "outage_closed": WebhookKind.OUTAGE_CLOSED,
}


@dataclass(frozen=True, slots=True)
class EventScope:
    """Where an event is, by which subscriptions choose."""

    feeders: frozenset[str] = frozenset()
    substations: frozenset[str] = frozenset()
    xy: NDArray[np.float64] | None = None  # of who is concerned, shape (n, 2)
    priority: bool = False  # whether customers at priority sites are concerned


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """One event, before it is known who is told."""

    id: str
    kind: WebhookKind
    subject: str
    at_s: float
    data: dict[str, Any]
    scope: EventScope

    def wanted_by(self, subscription: Subscription, *, geographic: bool) -> bool:
        """Return whether a subscription asks for it."""
        scope = self.scope
        return (
            self.at_s >= subscription.made_at.timestamp()
            and subscription.wants_kind(self.kind)
            and (not subscription.feeders or bool(scope.feeders & set(subscription.feeders)))
            and (
                not subscription.substations
                or bool(scope.substations & set(subscription.substations))
            )
            and (scope.priority or not subscription.priority)
            and (not subscription.area or _lies_inside(scope.xy, subscription.area, geographic))
        )


def _lies_inside(xy: NDArray[np.float64] | None, area: str, geographic: bool) -> bool:  # noqa: FBT001
    import shapely

    if xy is None or not len(xy):
        return False
    return bool(shapely.contains_xy(_read_area(area, geographic), xy[:, 0], xy[:, 1]).any())


@lru_cache(maxsize=MOST_AREAS_READ)
def _read_area(area: str, geographic: bool) -> BaseGeometry:  # noqa: FBT001
    return read_polygon(area, geographic=geographic).geometry


class EventMaker:
    """Makes events of one twin."""

    def __init__(self, twin: Twin, templates: MessageTemplates) -> None:
        self._twin = twin
        self._templates = templates
        self._geographic = twin.network.crs is not None

    def make_outage_events(
        self, alerts: Sequence[NotedAlert], told: dict[str, str]
    ) -> list[WebhookEvent]:
        """
        Return the events of alerts, in their order.

        Parameters
        ----------
        alerts
            Of outages, oldest first.
        told
            What was told last of each outage, as JSON; it is brought up to date.
        """
        ids = sorted({each.outage for each in alerts})
        members = self._twin.outages.members(*ids) if ids else None
        scopes = {each: self._find_scope(members, each) for each in ids}
        priority = {} if members is None else count_priority_out(members, self._twin.network)
        events: list[WebhookEvent] = []
        for alert in alerts:
            before = json.loads(told.get(alert.outage, "{}"))
            data = self._describe_alert(alert, scopes[alert.outage], priority.get(alert.outage, 0))
            at_s = alert.at_s
            events += [
                WebhookEvent(
                    write_event_id(f"{alert.event_id}{ending}"), kind, alert.outage, at_s, data,
                    scopes[alert.outage],
                )
                for kind, ending in _list_kinds(alert, data, before)
            ]  # fmt: skip
            told[alert.outage] = json.dumps(
                {
                    "revision": alert.revision,
                    "etr": data["etr"],
                    "priority": data["priority_customers_out"],
                    "over": alert.kind == "outage_closed",
                }
            )
        return events

    def make_overload_events(self, told: dict[str, str], now_s: float) -> list[WebhookEvent]:
        """Return events for what carries more than its rating and did not in the interval told."""
        latest = self._twin.store.readings.find_latest()
        before = json.loads(told.get(OVERLOADS, '{"at_s": 0, "elements": []}'))
        if latest is None or latest <= before["at_s"]:
            return []
        try:
            elements = self._list_overloaded()
        except NotFoundError:  # the interval was removed since
            return []
        told[OVERLOADS] = json.dumps({"at_s": latest, "elements": sorted(elements)})
        at = datetime.fromtimestamp(latest, UTC).isoformat()
        return [
            WebhookEvent(
                write_event_id(f"overload.{mrid}.{latest}"),
                WebhookKind.OVERLOAD_FOUND,
                mrid,
                now_s,
                {"element": mrid, "at": at, "feeders": sorted(scope.feeders)[:1]},
                scope,
            )
            for mrid, scope in sorted(elements.items())
            if mrid not in before["elements"]
        ]

    def make_planned_events(self, told: dict[str, str]) -> list[WebhookEvent]:
        """Return events for planned outages that were announced or changed since it was told."""
        book = self._twin.store.planned
        before: dict[str, int] = json.loads(told.get(PLANNED_SUBJECT, "{}"))
        standing = {each.id: each for each in book.list_planned()}
        ended = [book.read_planned(each) for each in before if each not in standing]
        changed = [each for each in standing.values() if before.get(each.id) != each.revision]
        told[PLANNED_SUBJECT] = json.dumps({name: each.revision for name, each in standing.items()})
        return [
            self._describe_planned(each, is_new=each.id not in before)
            for each in sorted([*ended, *changed], key=lambda each: (each.changed_at, each.id))
        ]

    def _describe_planned(self, planned: PlannedOutage, *, is_new: bool) -> WebhookEvent:
        """Return the event of a planned outage: no usage point, no reason in somebody's words."""
        points = [each.usage_point for each in self._twin.store.planned.list_points(planned.id)]
        rows = self._twin.network.ids.tables["usage_points"].find_rows(encode_texts(points))
        scope = self._scope_points(rows)
        return WebhookEvent(
            f"{planned.id}.{planned.revision}",
            WebhookKind.PLANNED_ANNOUNCED if is_new else WebhookKind.PLANNED_CHANGED,
            planned.id,
            planned.changed_at.timestamp(),
            {
                "planned_outage": planned.id,
                "status": planned.status.value,
                "starts_at": planned.starts_at.isoformat(),
                "ends_at": planned.ends_at.isoformat(),
                "customers": planned.customers,
                "feeders": sorted(scope.feeders),
                "substations": sorted(scope.substations),
            },
            scope,
        )

    def address_events(
        self, events: Iterable[WebhookEvent], subscriptions: Sequence[Subscription], now_s: float
    ) -> list[WebhookDelivery]:
        """Return what is to be sent to whom, in the order of the events."""
        return [
            WebhookDelivery(
                subscription=each.id,
                event=event.id,
                kind=event.kind,
                subject=event.subject,
                body=self._write_body(event),
                made_s=now_s,
            )
            for event in events
            for each in subscriptions
            if event.wanted_by(each, geographic=self._geographic)
        ]

    def _write_body(self, event: WebhookEvent) -> str:
        at = datetime.fromtimestamp(event.at_s, UTC)
        return write_body(event.kind, at, event.data, self._templates)

    def _describe_alert(
        self, alert: NotedAlert, scope: EventScope, priority: int
    ) -> dict[str, Any]:
        """Return what is told of an outage: no usage point, no free text, nobody's name."""
        element = self._twin.network.ids.find_first(alert.device) if alert.device else None
        known = element is not None and element[0] == "equipment"
        return {
            "outage": alert.outage,
            "status": alert.status,
            "device": alert.device if known else None,
            "feeders": sorted(scope.feeders),
            "substations": sorted(scope.substations),
            "customers_out": alert.customers_out,
            "priority_customers_out": priority if alert.customers_out else 0,
            "etr": format_seconds(alert.etr_s),
        }

    def _find_scope(self, members: Members | None, outage: str) -> EventScope:
        if members is None:
            return EventScope()
        network = self._twin.network
        rows = find_point_rows(members.take_rows(members.outage == outage), network)
        return self._scope_points(rows)

    def _scope_points(self, rows: NDArray[np.int32]) -> EventScope:
        rows = rows[rows >= 0]  # of another network
        points = self._twin.network.data.usage_points
        return self._scope_nodes(
            points.node[rows], points.xy[rows], priority=bool((points.priority[rows] != b"").any())
        )

    def _scope_nodes(
        self, nodes: NDArray[np.int32], xy: NDArray[np.float64], *, priority: bool = False
    ) -> EventScope:
        data = self._twin.network.data
        first, _ = self._twin.situation(NORMAL).feeder_of_nodes
        feeders = np.unique(first[nodes[nodes >= 0]])
        feeders = feeders[feeders >= 0]
        substations = np.unique(data.feeders.substation[feeders])
        return EventScope(
            frozenset(decode_texts(data.feeders.mrid[feeders]).tolist()),
            frozenset(decode_texts(data.substations.mrid[substations[substations >= 0]]).tolist()),
            xy,
            priority,
        )

    def _list_overloaded(self) -> dict[str, EventScope]:
        """Return the transformers and feeders above their ratings in the last interval."""
        loading, data = self._twin.ami.loading(), self._twin.network.data
        over = loading.transformers[loading.transformer_pct > OVERLOAD_PCT]
        feeders = loading.feeders[loading.feeder_pct > OVERLOAD_PCT]
        rows = np.concatenate([over, data.feeders.head[feeders]])
        names = [
            *decode_texts(data.equipment.mrid[over]),
            *decode_texts(data.feeders.mrid[feeders]),
        ]
        nodes = data.equipment.node_b[rows]
        return {
            str(name): self._scope_nodes(nodes[i : i + 1], data.nodes.xy[nodes[i : i + 1]])
            for i, name in enumerate(names)
        }


def _list_kinds(
    alert: NotedAlert, data: dict[str, Any], before: dict[str, Any]
) -> list[tuple[WebhookKind, str]]:
    """Return the kinds of events that an alert is, each with the ending of its id."""
    kinds: list[tuple[WebhookKind, str]] = []
    kind = KINDS_OF_ALERTS[alert.kind]
    if before.get("over") and kind is WebhookKind.OUTAGE_CLOSED:
        kind = WebhookKind.OUTAGE_CHANGED  # restored was told; it is verified, or put right
    if before.get("revision") != alert.revision:
        kinds.append((kind, ""))
    if data["etr"] != before.get("etr") and alert.kind != "outage_closed":
        kinds.append((WebhookKind.ETR_CHANGED, ":etr"))
    if data["priority_customers_out"] > before.get("priority", 0):
        kinds.append((WebhookKind.PRIORITY_OUT, ":priority"))
    return kinds

"""Keep who is told of outages by webhooks, and what they have not taken yet."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from gridtwin.model.webhook import (
    Subscription,
    WebhookDelivery,
    WebhookForm,
    WebhookKind,
)
from gridtwin.store.row_database import RowTransaction
from gridtwin.store.store_rules import build_webhook_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from gridtwin.model.webhook import NotedAlert

SUBSCRIPTION_COLUMNS = "id, url, form, kinds, feeders, substations, area, priority, made_s, made_by"
ADD_SUBSCRIPTION = f"""
INSERT INTO webhook_subscriptions ({SUBSCRIPTION_COLUMNS})
VALUES (:id, :url, :form, :kinds, :feeders, :substations, :area, :priority, :made, :by)
"""  # noqa: S608 - a constant of this module
DELIVERY_COLUMNS = (
    "d.subscription, d.event, d.kind, d.subject, d.body, d.made_s, d.number, d.attempts, d.due_s,"
    " d.dead_s, d.error"
)
ADD_DELIVERY = """
INSERT INTO webhook_deliveries
    (subscription, event, kind, subject, body, made_s, attempts, due_s, error)
SELECT s.id, :event, :kind, :subject, :body, :made, 0, :made, '' FROM webhook_subscriptions s
WHERE s.id = :subscription
ON CONFLICT (subscription, event) DO NOTHING
"""  # of a subscription that was removed meanwhile nothing is kept
# As many of each receiver: who has much to take holds nobody else up.
NEXT_DELIVERIES = f"""
SELECT {DELIVERY_COLUMNS} FROM (
    SELECT d.*, row_number() OVER (PARTITION BY d.subscription ORDER BY d.number) AS place
    FROM webhook_deliveries d
    JOIN webhook_subscriptions s ON s.id = d.subscription AND s.rests_until_s <= :now
    WHERE d.dead_s IS NULL AND d.due_s <= :now AND NOT EXISTS (
        SELECT 1 FROM webhook_deliveries e
        WHERE e.subscription = d.subscription AND e.subject = d.subject AND e.dead_s IS NULL
            AND e.number < d.number)
) d
WHERE d.place <= :most ORDER BY d.number
"""  # noqa: S608 - a constant of this module
DEAD_LETTERS = f"""
SELECT {DELIVERY_COLUMNS} FROM webhook_deliveries d WHERE d.dead_s IS NOT NULL ORDER BY d.number
"""  # noqa: S608 - a constant of this module
FAIL_DELIVERY = """
UPDATE webhook_deliveries SET attempts = attempts + 1, due_s = :due, error = :error,
    dead_s = CASE WHEN :dead = 1 THEN :now ELSE dead_s END
WHERE number = :number
"""
REST_RECEIVER = """
UPDATE webhook_subscriptions SET rests_until_s = :due WHERE id = :subscription
"""
GIVE_UP_OLDER = """
UPDATE webhook_deliveries SET error = :error, dead_s = :now
WHERE subscription = :subscription AND dead_s IS NULL AND made_s <= :made
"""
FORGET_LETTERS = "DELETE FROM webhook_deliveries WHERE dead_s < :before"
REPLAY_LETTERS = """
UPDATE webhook_deliveries SET dead_s = NULL, attempts = 0, made_s = :now, due_s = :now
WHERE dead_s IS NOT NULL AND subscription = :subscription AND :event IN ('', event)
"""
SET_SUBJECT = """
INSERT INTO webhook_subjects (subject, content) VALUES (:subject, :content)
ON CONFLICT (subject) DO UPDATE SET content = excluded.content
"""


class WebhookRows(RowTransaction, Protocol):
    """A transaction with the tables of webhooks."""

    def list_alerts(self, most: int) -> list[NotedAlert]:
        """Return the alerts that were not noted for webhooks yet, oldest first."""
        ...

    def mark_alerts(self, events: Sequence[str]) -> None:
        """Write down that alerts were noted for webhooks."""
        ...


class WebhookDatabase(Protocol):
    """Where webhooks are kept."""

    def read(self) -> AbstractContextManager[WebhookRows]:
        """Ask inside one transaction."""
        ...

    def write(self) -> AbstractContextManager[WebhookRows]:
        """Write what is inside as one transaction: all of it, or nothing."""
        ...

    def acquire_lock(self) -> AbstractContextManager[Callable[[], None]]:
        """Keep other processes from sending; StoreError if one does."""
        ...


class WebhookBook:
    """Subscriptions, deliveries and dead letters, by one SQL for both databases."""

    def __init__(self, database: WebhookDatabase) -> None:
        self._database = database

    def acquire_lock(self) -> AbstractContextManager[Callable[[], None]]:
        """
        Keep other processes from sending, out of order; StoreError if one does.

        Gives what refuses, as StoreError, if the lock was lost meanwhile.
        """
        return self._database.acquire_lock()

    def add_subscription(self, subscription: Subscription) -> None:
        """Keep a subscription."""
        with self._database.write() as rows:
            rows.execute(
                ADD_SUBSCRIPTION,
                id=subscription.id,
                url=subscription.url,
                form=subscription.form.value,
                kinds=json.dumps(sorted(subscription.kinds)),
                feeders=json.dumps(subscription.feeders),
                substations=json.dumps(subscription.substations),
                area=subscription.area,
                priority=int(subscription.priority),
                made=subscription.made_at.timestamp(),
                by=subscription.made_by,
            )

    def list_subscriptions(self) -> list[Subscription]:
        """Return the subscriptions, by when they were made."""
        listed = f"SELECT {SUBSCRIPTION_COLUMNS} FROM webhook_subscriptions ORDER BY made_s, id"  # noqa: S608
        with self._database.read() as rows:
            return [_read_subscription(row) for row in rows.select(listed)]

    def find_subscription(self, subscription: str) -> Subscription:
        """Return a subscription by id; NotFoundError, with close matches, if there is none."""
        known = {each.id: each for each in self.list_subscriptions()}
        if subscription not in known:
            raise build_webhook_error(subscription, list(known))
        return known[subscription]

    def remove_subscription(self, subscription: str) -> Subscription:
        """Forget a subscription and what it has not taken; NotFoundError if there is none."""
        removed = self.find_subscription(subscription)
        with self._database.write() as rows:
            rows.execute("DELETE FROM webhook_subscriptions WHERE id = :id", id=subscription)
        return removed

    def list_alerts(self, most: int) -> list[NotedAlert]:
        """Return the alerts of outages that were not noted for webhooks yet, oldest first."""
        with self._database.read() as rows:
            return rows.list_alerts(most)

    def read_subjects(self, subjects: Iterable[str]) -> dict[str, str]:
        """Return what was told last of subjects, as JSON; those never told of are left out."""
        one = "SELECT content FROM webhook_subjects WHERE subject = :subject"
        with self._database.read() as rows:
            found = {each: rows.select(one, subject=each) for each in subjects}
        return {each: row[0][0] for each, row in found.items() if row}

    def note_events(
        self,
        deliveries: Sequence[WebhookDelivery],
        subjects: Mapping[str, str],
        alerts: Sequence[str] = (),
    ) -> None:
        """
        Keep what is to be sent, and that it was noted, all of it or nothing.

        Parameters
        ----------
        deliveries
            What is to be sent.
        subjects
            What is told last of each subject, as JSON.
        alerts
            The event ids of the alerts that all this follows from.
        """
        with self._database.write() as rows:
            for each in deliveries:
                rows.execute(
                    ADD_DELIVERY,
                    subscription=each.subscription,
                    event=each.event,
                    kind=each.kind.value,
                    subject=each.subject,
                    body=each.body,
                    made=each.made_s,
                )
            for subject, content in subjects.items():
                rows.execute(SET_SUBJECT, subject=subject, content=content)
            rows.mark_alerts(alerts)

    def list_due(self, now_s: float, most: int) -> list[WebhookDelivery]:
        """
        Return what may be sent now, in order: of one subject to one receiver only the first.

        Parameters
        ----------
        now_s
            Now, in unix seconds.
        most
            How many of each receiver.
        """
        with self._database.read() as rows:
            return [
                _read_delivery(row) for row in rows.select(NEXT_DELIVERIES, now=now_s, most=most)
            ]

    def mark_delivered(self, number: int) -> None:
        """Forget what was taken."""
        with self._database.write() as rows:
            rows.execute("DELETE FROM webhook_deliveries WHERE number = :number", number=number)

    def mark_failed(
        self, delivery: WebhookDelivery, error: str, *, now_s: float, due_s: float, dead: bool,
        rest: bool,
    ) -> None:  # fmt: skip
        """
        Write down that an attempt failed.

        Parameters
        ----------
        delivery
            What was sent.
        error
            Why it was not taken.
        now_s, due_s
            Now, and when it may be sent again.
        dead
            Whether it is given up.
        rest
            Whether the receiver as a whole is left alone until then; what is as old as one that is
            given up so is given up with it.
        """
        with self._database.write() as rows:
            rows.execute(
                FAIL_DELIVERY, number=delivery.number, due=due_s, error=error, now=now_s,
                dead=int(dead),
            )  # fmt: skip
            if rest:
                rows.execute(REST_RECEIVER, subscription=delivery.subscription, due=due_s)
            if rest and dead:
                rows.execute(
                    GIVE_UP_OLDER, subscription=delivery.subscription, error=error, now=now_s,
                    made=delivery.made_s,
                )  # fmt: skip

    def list_dead_letters(self) -> list[WebhookDelivery]:
        """Return what was given up, in order of writing."""
        with self._database.read() as rows:
            return [_read_delivery(row) for row in rows.select(DEAD_LETTERS)]

    def forget_dead_letters(self, before_s: float) -> int:
        """Forget what was given up before a time; return how many events."""
        with self._database.write() as rows:
            return rows.execute(FORGET_LETTERS, before=before_s)

    def replay_dead_letters(self, subscription: str, now_s: float, event: str = "") -> int:
        """Have the dead letters of a subscription, or one of them, sent again; return how many."""
        self.find_subscription(subscription)
        with self._database.write() as rows:
            return rows.execute(REPLAY_LETTERS, subscription=subscription, event=event, now=now_s)

    def count_waiting(self) -> dict[str, int]:
        """Return how many events wait for each subscription that has any."""
        counted = (
            "SELECT subscription, count(*) FROM webhook_deliveries WHERE dead_s IS NULL"
            " GROUP BY subscription"
        )
        with self._database.read() as rows:
            return {str(name): int(count) for name, count in rows.select(counted)}


def _read_subscription(row: Sequence[Any]) -> Subscription:
    id, url, form, kinds, feeders, substations, area, priority, made_s, made_by = row  # noqa: A001
    return Subscription(
        id=id,
        url=url,
        made_at=datetime.fromtimestamp(made_s, UTC),
        made_by=made_by,
        form=WebhookForm(form),
        kinds=frozenset(WebhookKind(each) for each in json.loads(kinds)),
        feeders=tuple(json.loads(feeders)),
        substations=tuple(json.loads(substations)),
        area=area,
        priority=bool(priority),
    )


def _read_delivery(row: Sequence[Any]) -> WebhookDelivery:
    subscription, event, kind, *rest = row
    return WebhookDelivery(subscription, event, WebhookKind(kind), *rest)

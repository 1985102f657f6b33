"""
Follow a store, and tell receivers of what changed: at least once, in order by outage.

What changed is written down by the store in the transaction of the change. It becomes deliveries in
one transaction, and a delivery is forgotten when its receiver has answered: a process that dies
between the two sends it again, under the same id.
"""

from __future__ import annotations

import logging
import math
import random
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from gridtwin.errors import StaleTwinError, StoreError, WebhookRefusedError
from gridtwin.live.webhook_events import OVERLOADS, PLANNED_SUBJECT, EventMaker
from gridtwin.publish.webhooks.message_templates import MessageTemplates
from gridtwin.publish.webhooks.webhook_sender import WebhookSender
from gridtwin.publish.webhooks.webhook_text import make_test_delivery
from gridtwin.store.held_connections import hold_connections
from gridtwin.twin import open_twin

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from gridtwin.model.webhook import Subscription, WebhookDelivery
    from gridtwin.settings import WebhookSettings
    from gridtwin.twin import Twin

LOG = logging.getLogger("gridtwin.webhooks")

ROUND_S = 1.0  # between two looks at what is new or due
MOST_ALERTS = 500  # noted at once
MOST_DUE = 25  # of each receiver, read at once
SENDERS = 8  # receivers that are sent to at the same time
TURN_S = 15.0  # of a receiver that answers slowly, before the others have theirs
FIRST_REDELIVERY_S = 5.0
LONGEST_REDELIVERY_S = 900.0
GIVE_UP_S = 24 * 3_600.0  # after which an event becomes a dead letter
KEEP_LETTERS_S = 30 * 24 * 3_600.0
FORGET_DELIVERIES_EVERY_S = 3_600.0
STORE_AWAY_S = 5.0  # before a store that is away is asked again


class WebhookRunner:
    """
    Notes what changed in a twin, and sends it.

    Parameters
    ----------
    twin
        The twin.
    sender
        Who sends.
    templates
        In what words people are told; by default those of this package.
    clock
        Returns now, in unix seconds.
    draw
        Returns a number in [0, 1), so that many senders do not come back at one time.
    """

    def __init__(
        self,
        twin: Twin,
        sender: WebhookSender,
        *,
        templates: MessageTemplates | None = None,
        clock: Callable[[], float] = time.time,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._book = twin.store.webhooks
        self._maker = EventMaker(twin, templates or MessageTemplates())
        self._sender = sender
        self._clock = clock
        self._draw = draw
        self._forgot_s = -math.inf

    @hold_connections()
    def note_changes(self) -> int:
        """Keep what is to be sent of all that changed; return how many deliveries that are."""
        noted = 0
        while alerts := self._book.list_alerts(MOST_ALERTS):
            subscriptions = self._book.list_subscriptions()
            told = self._book.read_subjects({each.outage for each in alerts})
            events = self._maker.make_outage_events(alerts, told)
            deliveries = self._maker.address_events(events, subscriptions, self._clock())
            self._book.note_events(deliveries, told, [each.event_id for each in alerts])
            noted += len(deliveries)
        subscriptions = self._book.list_subscriptions()
        if subscriptions:
            noted += self._note_subject(OVERLOADS, subscriptions)
            noted += self._note_subject(PLANNED_SUBJECT, subscriptions)
        return noted

    def _note_subject(self, subject: str, subscriptions: list[Subscription]) -> int:
        """Keep what is to be sent of overloads, or of planned outages."""
        before = self._book.read_subjects([subject])
        told, now_s = dict(before), self._clock()
        if subject == OVERLOADS:
            events = self._maker.make_overload_events(told, now_s)
        else:
            events = self._maker.make_planned_events(told)
        if told == before:
            return 0
        deliveries = self._maker.address_events(events, subscriptions, now_s)
        self._book.note_events(deliveries, told)
        return len(deliveries)

    def deliver_due(self, stop: Event | None = None) -> int:
        """
        Send what is due, receivers beside each other; return how many events were taken.

        What is left after a while is left for the next call, so that what changes is noted.

        Parameters
        ----------
        stop
            Set to end it after the message under way.
        """
        taken, ends = 0, time.monotonic() + TURN_S
        while time.monotonic() < ends and not _is_set(stop):
            work = self._list_work()
            if not work:
                break
            with ThreadPoolExecutor(SENDERS, "gridtwin-webhook") as pool:
                taken += sum(pool.map(lambda each: self._deliver_to(each[0], each[1], stop), work))
        return taken

    @hold_connections()
    def _list_work(self) -> list[tuple[Subscription, list[WebhookDelivery]]]:
        """Return what is due, by who receives it."""
        due: dict[str, list[WebhookDelivery]] = {}
        for each in self._book.list_due(self._clock(), MOST_DUE):
            due.setdefault(each.subscription, []).append(each)
        known = {each.id: each for each in self._book.list_subscriptions()} if due else {}
        return [(known[name], parts) for name, parts in due.items() if name in known]

    def _deliver_to(
        self, subscription: Subscription, due: list[WebhookDelivery], stop: Event | None
    ) -> int:
        """Send what is due to one receiver, until it takes no more; return how many it took."""
        taken, ends = 0, time.monotonic() + TURN_S
        for each in due:
            if time.monotonic() > ends or _is_set(stop):
                break
            try:
                self._sender.send_message(subscription, each.event, each.body, self._clock())
            except WebhookRefusedError as error:
                self._note_failure(each, error)
                if error.rest:
                    break
            else:
                self._book.mark_delivered(each.number)
                taken += 1
        return taken

    def _note_failure(self, delivery: WebhookDelivery, error: WebhookRefusedError) -> None:
        now_s = self._clock()
        dead = error.gone or now_s - delivery.made_s >= GIVE_UP_S
        wait_s = min(FIRST_REDELIVERY_S * 2.0 ** min(delivery.attempts, 30), LONGEST_REDELIVERY_S)
        wait_s = max(wait_s * (0.5 + self._draw() / 2), error.after_s)
        self._book.mark_failed(
            delivery, str(error), now_s=now_s, due_s=now_s + wait_s, dead=dead, rest=error.rest
        )
        LOG.warning(
            "webhook %s did not take %s: %s; %s",
            delivery.subscription, delivery.event, error,
            "given up" if dead else f"again in {wait_s:.0f} s",
        )  # fmt: skip

    def forget_letters(self) -> None:
        """Forget what was given up long ago, now and then."""
        now_s = self._clock()
        if now_s - self._forgot_s >= FORGET_DELIVERIES_EVERY_S:
            self._forgot_s = now_s
            self._book.forget_dead_letters(now_s - KEEP_LETTERS_S)


def _is_set(stop: Event | None) -> bool:
    return stop is not None and stop.is_set()


def follow_webhooks(
    target: str,
    settings: WebhookSettings,
    stop: Event,
    *,
    once: bool = False,
    report: Callable[[int, int], None] = lambda *_: None,
) -> None:
    """
    Send webhooks of a twin until told to stop; a store that goes away is waited for.

    Parameters
    ----------
    target
        The twin.
    settings
        The key, and where may be sent to.
    stop
        Set to end it.
    once
        Look once, send what is due, and return.
    report
        Told how many deliveries were noted, and how many events taken, when any were.

    Raises
    ------
    StoreError
        If the twin cannot be used from the beginning, or another process sends its webhooks.
    InputError
        If a template is none.
    """
    templates = MessageTemplates(settings.templates)
    went_well, wait_s = False, 0.0
    while not stop.wait(wait_s):
        try:
            twin = open_twin(target)
            sender = WebhookSender(settings)
            with twin.store.webhooks.acquire_lock() as check_lock:
                runner, went_well = WebhookRunner(twin, sender, templates=templates), True
                while not stop.is_set():
                    check_lock()
                    noted, taken = runner.note_changes(), runner.deliver_due(stop)
                    while once and (more := runner.deliver_due(stop)):
                        taken += more
                    runner.forget_letters()
                    if noted or taken or once:
                        report(noted, taken)
                    if once:
                        return
                    twin.store.states.read_state()  # refuses when another network took its place
                    stop.wait(0.0 if taken else ROUND_S)
        except StaleTwinError:
            wait_s = 0.0
        except StoreError as error:
            if not went_well or once:
                raise
            LOG.warning("trying again in %.0f s: %s", STORE_AWAY_S, error)
            wait_s = STORE_AWAY_S


def send_test(
    twin: Twin,
    subscription: str,
    settings: WebhookSettings,
    *,
    clock: Callable[[], float] = time.time,
) -> str:
    """
    Send a test event to a subscription at once; return its id.

    Raises
    ------
    NotFoundError
        If there is no such subscription.
    WebhookRefusedError
        If the receiver does not take it.
    """
    book = twin.store.webhooks
    found, now_s = book.find_subscription(subscription), clock()
    made = make_test_delivery(subscription, now_s, MessageTemplates(settings.templates))
    WebhookSender(settings).send_message(found, made.event, made.body, now_s)
    return made.event

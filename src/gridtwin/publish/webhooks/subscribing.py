"""Make a subscription of what somebody asks for, and refuse what could never be told."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gridtwin.analysis.place.polygon import read_polygon
from gridtwin.errors import InputError
from gridtwin.model.webhook import Subscription, WebhookForm, read_kinds
from gridtwin.publish.webhooks.receiver_address import check_literal, read_receiver_url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridtwin.model.network import Network
    from gridtwin.settings import WebhookSettings

LONGEST_AREA = 200_000  # characters
MOST_NAMES = 1_000  # feeders or substations of one subscription


@dataclass(frozen=True, slots=True)
class SubscriptionAsked:
    """What somebody asks to be told of; see `Subscription`."""

    url: str
    form: WebhookForm = WebhookForm.JSON
    kinds: Sequence[str] = ()  # by their words
    feeders: Sequence[str] = ()
    substations: Sequence[str] = ()
    area: str = ""
    priority: bool = False


def make_subscription(
    network: Network, settings: WebhookSettings, asked: SubscriptionAsked, actor: str
) -> Subscription:
    """
    Return a new subscription; nothing of before now is told.

    Raises
    ------
    InputError
        If the address, a kind or the area cannot be used.
    NotFoundError
        If there is no such feeder or substation.
    """
    check_literal(read_receiver_url(asked.url, settings), settings)
    for table, names in (("feeders", asked.feeders), ("substations", asked.substations)):
        if len(names) > MOST_NAMES:
            msg = f"a webhook names {MOST_NAMES} {table} at most: leave them out for all"
            raise InputError(msg)
        for each in names:
            network.ids.find_element(each, (table,))
    if len(asked.area) > LONGEST_AREA:
        msg = f"the area has more than {LONGEST_AREA:,} characters: simplify the polygon"
        raise InputError(msg)
    if asked.area:
        read_polygon(asked.area, geographic=network.crs is not None)
    return Subscription(
        id=secrets.token_hex(6),
        url=asked.url,
        made_at=datetime.now(UTC),
        made_by=actor,
        form=asked.form,
        kinds=read_kinds(asked.kinds),
        feeders=tuple(dict.fromkeys(asked.feeders)),
        substations=tuple(dict.fromkeys(asked.substations)),
        area=asked.area,
        priority=asked.priority,
    )

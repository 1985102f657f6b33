"""
Keep a twin in PostgreSQL, where every client sees the same switches.

The network is read once; what changes is asked anew each time.
"""

from __future__ import annotations

import time
import weakref
from functools import partial
from typing import TYPE_CHECKING

from gridtwin.errors import StoreError
from gridtwin.store.acting_role import ACCESS, OWNER, READER
from gridtwin.store.customer_book import CustomerBook
from gridtwin.store.planned_book import PlannedBook
from gridtwin.store.postgis import change_feed
from gridtwin.store.postgis.connect import (
    CONNECT_PATIENCE_S,
    connect,
    connect_patiently,
    hide_password,
)
from gridtwin.store.postgis.guarded_pool import (
    GuardedPool,
    list_settable_roles,
    make_role_settings,
)
from gridtwin.store.postgis.network_cache import NetworkCache, read_hash
from gridtwin.store.postgis.pool import Pool
from gridtwin.store.postgis.postgis_access import PostgisAccess
from gridtwin.store.postgis.postgis_assignments import PostgisAssignments
from gridtwin.store.postgis.postgis_crews import PostgisCrews
from gridtwin.store.postgis.postgis_customers import PostgisCustomers
from gridtwin.store.postgis.postgis_estimates import PostgisEstimates
from gridtwin.store.postgis.postgis_feeds import PostgisFeeds
from gridtwin.store.postgis.postgis_findings import PostgisFindings
from gridtwin.store.postgis.postgis_live import PostgisLive
from gridtwin.store.postgis.postgis_loads import PostgisLoads
from gridtwin.store.postgis.postgis_operating import PostgisOperating
from gridtwin.store.postgis.postgis_outages import PostgisOutages
from gridtwin.store.postgis.postgis_pulls import PostgisPulls
from gridtwin.store.postgis.postgis_readings import PostgisReadings
from gridtwin.store.postgis.postgis_rows import PostgisRows
from gridtwin.store.postgis.postgis_specs import PostgisSpecs
from gridtwin.store.postgis.postgis_states import LISTEN_S, PostgisStates
from gridtwin.store.postgis.postgis_tiles import StoredTiles
from gridtwin.store.postgis.postgis_vegetation import PostgisVegetation
from gridtwin.store.postgis.postgis_webhooks import PostgisWebhooks
from gridtwin.store.postgis.refusals import translate_refusals
from gridtwin.store.postgis.slot_changes import measure_largest_lag
from gridtwin.store.protocol import ReplacedNetwork
from gridtwin.store.webhook_book import WebhookBook

if TYPE_CHECKING:
    from collections.abc import Collection

    from gridtwin.model.network import Network
    from gridtwin.store.edition_records import NewEdition
    from gridtwin.store.postgis.mirror_rows import Mirrored
    from gridtwin.store.store_versions import Changes, Versions
    from gridtwin.topology.topology_index import TopologyIndex

GAUGE_PATIENCE_S = 1.0
MOST_FOR_ACCESS = 4  # connections
OPENING_PATIENCE_S = 3.0  # a wrong address is told at once, a server that restarts is waited for


class PostgisStore:
    """A twin in a database; `create` puts one there, `open` opens it. Threads may share it."""

    def __init__(
        self,
        url: str,
        content: str,
        *,
        patience_s: float = CONNECT_PATIENCE_S,
        roles: Collection[str] | None = None,
    ) -> None:
        self.url = url
        self._pool, self._access = _make_pools(url, roles, patience_s)
        self._gauge = Pool(url, patience_s=GAUGE_PATIENCE_S, most=1)
        self._kept = NetworkCache(self._pool, content)
        self.states = PostgisStates(self._pool, self._kept)
        self.operating = PostgisOperating(self._pool, self._kept)
        self.specs = PostgisSpecs(self._pool)
        self.findings = PostgisFindings(self._pool)
        self.vegetation = PostgisVegetation(self._pool)
        self.outages = PostgisOutages(self._pool)
        self.estimates = PostgisEstimates(self._pool)
        self.readings = PostgisReadings(self._pool)
        self.live = PostgisLive(self._pool)
        self.loads = PostgisLoads(self._pool)
        self.pulls = PostgisPulls(self._pool)
        self.access = PostgisAccess(self._access)
        self.crews = PostgisCrews(self._pool)
        self.assignments = PostgisAssignments(self._pool)
        self.feeds = PostgisFeeds(self._pool)
        self.customers = CustomerBook(PostgisCustomers(url))
        self.webhooks = WebhookBook(PostgisWebhooks(self._pool))
        self.planned = PlannedBook(PostgisRows(self._pool))
        weakref.finalize(self, self._pool.close)
        weakref.finalize(self, self._access.close)
        weakref.finalize(self, self._gauge.close)

    @classmethod
    def create(cls, url: str, twin: Mirrored, *, overwrite: bool = False) -> PostgisStore:
        """
        Put a twin into a database, bringing its schema up to date first.

        Parameters
        ----------
        url
            The address.
        twin
            The twin.
        overwrite
            Move what differs where a twin is there already.

        Raises
        ------
        StoreError
            If a twin is there and may not be overwritten, or switches were operated in it.
        """
        from gridtwin.store.postgis.migrate import migrate
        from gridtwin.store.postgis.mirror import sync

        with translate_refusals(url, role=OWNER), connect(url, autocommit=True) as connection:
            migrate(connection)
            if not overwrite and read_hash(connection) is not None:
                msg = (
                    f"{hide_password(url)} holds a twin already: choose another database, or allow"
                    " it to be overwritten"
                )
                raise StoreError(msg)
            sync(connection, twin)
        return cls.open(url)

    @classmethod
    def open(
        cls, url: str, *, patience_s: float = CONNECT_PATIENCE_S, guarded: bool = False
    ) -> PostgisStore:
        """
        Open the twin of a database; its network is read when it is first used.

        Parameters
        ----------
        url
            The address.
        patience_s
            Seconds to try for when a connection is lost later.
        guarded
            Whether it writes only inside `gridtwin.store.acting_role.acting_as`.

        Raises
        ------
        StoreError
            If there is no connection, or no twin.
        StoreVersionError
            If the schema of the database is not that of this gridtwin.
        """
        from gridtwin.store.postgis.migrate import check_schema

        patience = min(patience_s, OPENING_PATIENCE_S)
        with (
            translate_refusals(url, role=READER),
            connect_patiently(url, patience_s=patience, autocommit=True) as connection,
        ):
            check_schema(connection)
            content = read_hash(connection)
            roles = list_settable_roles(url, connection) if guarded else None
        if content is None:
            shown = hide_password(url)
            msg = f"{shown} holds no twin yet: fill it with gridtwin load or gridtwin sync"
            raise StoreError(msg)
        return cls(url, content, patience_s=patience_s, roles=roles)

    def replace_network(self, edition: NewEdition) -> ReplacedNetwork:
        """Put another edition in the place of the network; only the rows that differ move."""
        from gridtwin.store.postgis.mirror import replace_edition

        with translate_refusals(self.url, role=OWNER), connect(self.url, autocommit=True) as link:
            changes = replace_edition(link, self._kept.content, edition)
        return ReplacedNetwork(self.open(self.url), tuple(changes))

    def close(self) -> None:
        """Give the connections back; the next use makes them again."""
        self._pool.close()
        self._access.close()
        self._gauge.close()

    @property
    def network(self) -> Network:
        """The network, read when it is first used."""
        return self._kept.network

    @property
    def tiles(self) -> StoredTiles:
        """The vector tiles that the database makes."""
        return StoredTiles(self._pool)

    @property
    def network_hash(self) -> str:
        """What tells this network from every other: the hash of its rows, cut to 16 digits."""
        return self._kept.content[:16]

    def read_index(self) -> TopologyIndex:
        """Return the topology of the normal state."""
        return self._kept.read_index()

    def measure_slot_lag(self) -> int:
        """
        Return the bytes of its log that the database keeps for the lake that is behind most.

        Raises
        ------
        StoreError
            If there is no answer within about a second: whoever asks for figures does not wait.
        """
        return self._gauge.run_read(measure_largest_lag)

    def read_versions(self) -> Versions:
        """Return how far what changes has come."""
        return self._pool.run_read(change_feed.read_pg_versions)

    def wait_for_changes(self, since: Versions, *, timeout_s: float) -> Changes:
        """Return what became another since some versions, waiting for it."""
        end = time.monotonic() + timeout_s
        while True:
            left = max(end - time.monotonic(), 0.0)
            listen = partial(
                change_feed.wait_for_pg_changes, since=since, seconds=min(left, LISTEN_S)
            )
            changes = self._pool.run_read(listen)
            if changes.what or not left:
                return changes
            since = changes.versions  # what changed is told to nobody: on from there, to listen


def _make_pools(url: str, roles: Collection[str] | None, patience_s: float) -> tuple[Pool, Pool]:
    """Return the connections of the twin, and those for what is kept of those who ask."""
    if roles is None:
        pool = Pool(url, patience_s=patience_s)
        return pool, pool
    settings = make_role_settings(ACCESS, roles)
    return (
        GuardedPool(url, roles, patience_s=patience_s),
        Pool(url, patience_s=patience_s, settings=settings, most=MOST_FOR_ACCESS),
    )

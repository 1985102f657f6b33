"""
Keep a twin in PostgreSQL, where every client sees the same switches.

The network is read once; what changes is asked anew each time, in one snapshot. Operations are made
by ``gridtwin.move_poles``, so that those of this store and those of any SQL client are the same.
"""

from __future__ import annotations

import time
import uuid
import weakref
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from gridtwin.errors import StaleTwinError, StoreError
from gridtwin.model import phases
from gridtwin.model.operation import resolve
from gridtwin.model.state import CURRENT, NORMAL
from gridtwin.store.names import (
    as_it_was,
    check_overlay_name,
    no_spec,
    no_state,
    overlay_deviations,
)
from gridtwin.store.postgis import following, states
from gridtwin.store.postgis.connect import PATIENCE_S, connect, connect_patiently, shown
from gridtwin.store.postgis.estimates import PostgisEstimates
from gridtwin.store.postgis.links import OPERATOR, OWNER, READER, Links, told
from gridtwin.store.postgis.live import PostgisLive
from gridtwin.store.postgis.outages import PostgisOutages
from gridtwin.store.postgis.readings import PostgisReadings
from gridtwin.store.postgis.tiles import StoredTiles
from gridtwin.topology.index import TopologyIndex, build

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    import psycopg

    from gridtwin.model.network import Network
    from gridtwin.model.state import State, SwitchEvent
    from gridtwin.store.marks import Changes, Marks
    from gridtwin.store.postgis.rows import Mirrored

Result = TypeVar("Result")

OPENING_PATIENCE_S = 3.0  # a wrong address is told at once, a server that restarts is waited for
LOOK_EVERY_S = 5.0  # for what moves the state and tells nobody


class PostgisStore:
    """A twin in a database; `create` puts one there, `open` opens it. Threads may share it."""

    def __init__(self, url: str, content: str, *, patience_s: float = PATIENCE_S) -> None:
        self.url = url
        self._content = content  # hash of the network there was when it was opened
        self._links = Links(url, patience_s=patience_s, autocommit=True)
        self.outages = PostgisOutages(url, self._links)
        self.estimates = PostgisEstimates(url, self._links)
        self.readings = PostgisReadings(url, self._links)
        self.live = PostgisLive(url, self._links)
        self._making = Lock()
        self._network: Network | None = None
        self._index: TopologyIndex | None = None
        weakref.finalize(self, self._links.close)

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

        with told(url, role=OWNER), connect(url, autocommit=True) as connection:
            migrate(connection)
            if not overwrite and states.network_hash(connection) is not None:
                msg = (
                    f"{shown(url)} holds a twin already: choose another database, or allow it to be"
                    " overwritten"
                )
                raise StoreError(msg)
            sync(connection, twin)
        return cls.open(url)

    @classmethod
    def open(cls, url: str, *, patience_s: float = PATIENCE_S) -> PostgisStore:
        """
        Open the twin of a database; its network is read when it is first used.

        Parameters
        ----------
        url
            The address.
        patience_s
            Seconds to try for when a connection is lost later.

        Raises
        ------
        StoreError
            If there is no connection, or no twin.
        StoreVersionError
            If the schema of the database is not that of this gridtwin.
        """
        from gridtwin.store.postgis.migrate import require

        patience = min(patience_s, OPENING_PATIENCE_S)
        with (
            told(url, role=READER),
            connect_patiently(url, patience_s=patience, autocommit=True) as connection,
        ):
            require(connection)
            content = states.network_hash(connection)
        if content is None:
            msg = f"{shown(url)} holds no twin yet: fill it with gridtwin load or gridtwin sync"
            raise StoreError(msg)
        return cls(url, content, patience_s=patience_s)

    def close(self) -> None:
        """Give the connections back; the next use makes them again."""
        self._links.close()

    @property
    def network(self) -> Network:
        """The network, read when it is first used."""
        with self._making:
            if self._network is None:
                self._network = self._read_network()
            return self._network

    @property
    def tiles(self) -> StoredTiles:
        """The vector tiles that the database makes."""
        return StoredTiles(self.url, self._links)

    @property
    def network_hash(self) -> str:
        """What tells this network from every other: the hash of its rows, cut to 16 digits."""
        return self._content[:16]

    def index(self) -> TopologyIndex:
        """Return the topology of the normal state."""
        network = self.network
        with self._making:
            if self._index is None:
                self._index = build(network.data, network.data.equipment.normal_open)
            return self._index

    def state(self, name: str = CURRENT) -> State:
        """
        Return a state by name.

        Raises
        ------
        NotFoundError
            If no state has that name, with the closest there are.
        StoreError
            If the database holds another network than when it was opened.
        """
        return self._read(lambda connection: self._checked(connection, name))

    def states(self) -> list[str]:
        """Return the names of the states there are: normal, current, then the overlays."""
        return [NORMAL, CURRENT, *self._read(states.overlay_names)]

    def operate(
        self,
        mrid: str,
        open_phases: str,
        *,
        poles: str = "",
        actor: str = "",
        at: datetime | None = None,
        request: str = "",
    ) -> State:
        """
        Move poles of one piece of equipment.

        Parameters
        ----------
        mrid
            The equipment.
        open_phases
            The phases that stand open afterwards, of those that move; an empty text closes all.
        poles
            The phases that move; the others stay as they are. All by default.
        actor
            Who operated, for the log.
        at
            When; see `gridtwin.store.protocol.Store.operate`.
        request
            An id of the caller's: one that was carried out already changes nothing.

        Returns
        -------
            The current state afterwards, one version on; later still where the connection was lost
            while committing and others operated before it was back.

        Raises
        ------
        NotFoundError
            If there is no such equipment; nothing is written.
        InputError
            If it has no such phase; nothing is written.
        StoreError
            If the login may not operate, or the database cannot be used.
        """
        import psycopg

        operation = resolve(self.network, mrid, open_phases, poles)
        wanted, moving = phases.text(operation.open), phases.text(operation.poles)
        request = request or uuid.uuid4().hex  # done once, however often it is asked

        def work(connection: psycopg.Connection[Any]) -> State:
            try:
                connection.execute(
                    "SELECT gridtwin.move_poles(%s, %s, %s, %s, %s, %s)",
                    (operation.mrid, wanted, moving, actor, request, at),
                )
            except (psycopg.errors.NoDataFound, psycopg.errors.InvalidParameterValue) as error:
                raise self._synced_anew() from error  # the network here has it
            return self._checked(connection, CURRENT)

        return self._write(work)

    def events(self, since: int = 0) -> list[SwitchEvent]:
        """Return the operations after a version of the current state, oldest first."""
        return self._read(lambda connection: states.events(connection, since))

    def state_at(self, when: datetime) -> State:
        """Return the state as it was at a moment."""
        content, current, found, last = self._read(lambda connection: states.past(connection, when))
        if content != self._content:
            raise self._synced_anew()
        return as_it_was(self.network, current, found, last)

    def operations(self, start: datetime, end: datetime) -> list[SwitchEvent]:
        """Return the operations after one moment and until another, by time, then version."""
        return self._read(lambda connection: states.operations(connection, start, end))

    def wait(self, since: int, *, timeout_s: float) -> bool:
        """Return whether the current state has moved past a version, waiting for it."""
        end = time.monotonic() + timeout_s
        if self._read(states.version_of_current) > since:
            return True
        while (left := end - time.monotonic()) > 0:
            listen = partial(states.moved_past, since=since, seconds=min(left, LOOK_EVERY_S))
            if self._read(listen):
                return True
        return False

    def marks(self) -> Marks:
        """Return how far what changes has come."""
        return self._read(following.marks)

    def changes(self, since: Marks, *, timeout_s: float) -> Changes:
        """Return what became another since some marks, waiting for it."""
        end = time.monotonic() + timeout_s
        while True:
            left = max(end - time.monotonic(), 0.0)
            listen = partial(following.changes, since=since, seconds=min(left, LOOK_EVERY_S))
            found = self._read(listen)
            if found.what or not left:
                return found

    def save_overlay(self, name: str, deviations: Mapping[str, str]) -> None:
        """
        Keep a state under a name of its own.

        Parameters
        ----------
        name
            What it is called; an overlay of that name is replaced.
        deviations
            mRID to the phases that stand open, for all that differs from the design.

        Raises
        ------
        NotFoundError
            If it names equipment that is not there; nothing is written.
        InputError
            If equipment has no such phase, or the name is taken; nothing is written.
        """
        check_overlay_name(name)
        kept = overlay_deviations(self.network, deviations)

        def work(connection: psycopg.Connection[Any]) -> None:
            states.hold_current(connection)
            version = self._checked(connection, CURRENT).version
            states.save_overlay(connection, name, version, kept)

        self._write(work)

    def drop_overlay(self, name: str) -> None:
        """Forget an overlay; NotFoundError if there is none of that name."""
        check_overlay_name(name)
        with told(self.url, role=OPERATOR), self._links.borrowed() as link:
            dropped = link.run(
                lambda connection: states.drop_overlay(connection, name),
                committed=lambda connection: states.is_dropped(connection, name) or None,
            )
            if not dropped:
                raise no_state(name, link.read(states.overlay_names))

    def save_spec(self, name: str, text: str) -> None:
        """Keep a trace spec, as JSON, under a name."""
        self._write(lambda connection: states.save_spec(connection, name, text))

    def spec(self, name: str) -> str:
        """Return a trace spec by name; NotFoundError if there is none."""
        kept = self._read(states.specs)
        if name not in kept:
            raise no_spec(name, list(kept))
        return kept[name]

    def spec_names(self) -> list[str]:
        """Return the names of the trace specs kept."""
        return list(self._read(states.specs))

    def _read(self, ask: Callable[[psycopg.Connection[Any]], Result]) -> Result:
        with told(self.url, role=READER), self._links.borrowed() as link:
            return link.read(ask)

    def _write(self, work: Callable[[psycopg.Connection[Any]], Result]) -> Result:
        """Do in one transaction what may be done twice: the second time it changes nothing."""
        with told(self.url, role=OPERATOR), self._links.borrowed() as link:
            return link.run(work, committed=lambda _: None)

    def _checked(self, connection: psycopg.Connection[Any], name: str) -> State:
        """Return a state of the network that was opened."""
        content, state = states.state(connection, name)
        if content != self._content:
            raise self._synced_anew()
        return state

    def _synced_anew(self) -> StaleTwinError:
        return StaleTwinError(
            f"the network in {shown(self.url)} was synced again since it was opened: open it again"
        )

    def _read_network(self) -> Network:
        from gridtwin.store.postgis.reading import read_network

        def read(connection: psycopg.Connection[Any]) -> Network:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            connection.execute("SET LOCAL statement_timeout = 0")
            if states.network_hash(connection) != self._content:
                raise self._synced_anew()
            return read_network(connection)

        with told(self.url, role=READER), self._links.borrowed() as link:
            return link.run(read, committed=lambda _: None)

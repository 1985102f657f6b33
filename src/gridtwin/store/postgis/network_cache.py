"""Read the network of a database once, and notice when another takes its place."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

from gridtwin.errors import StaleTwinError
from gridtwin.store.acting_role import READER
from gridtwin.store.postgis.connect import hide_password
from gridtwin.topology.topology_index import TopologyIndex, build_index

if TYPE_CHECKING:
    import psycopg

    from gridtwin.model.network import Network
    from gridtwin.store.postgis.pool import Pool


class NetworkCache:
    """
    The network of a database as it was opened; threads may share it.

    Parameters
    ----------
    pool
        The connections to read it over.
    content
        Hash of its rows when it was opened.
    """

    def __init__(self, pool: Pool, content: str) -> None:
        self.content = content
        self._pool = pool
        self._making = Lock()
        self._network: Network | None = None
        self._index: TopologyIndex | None = None

    @property
    def network(self) -> Network:
        """The network, read when it is first used."""
        with self._making:
            if self._network is None:
                self._network = self._read_network()
            return self._network

    def read_index(self) -> TopologyIndex:
        """Return the topology of the normal state."""
        network = self.network
        with self._making:
            if self._index is None:
                self._index = build_index(network.data, network.data.equipment.normal_open)
            return self._index

    def check_hash(self, content: str | None) -> None:
        """Refuse, as StaleTwinError, what is of another network than the one that was opened."""
        if content != self.content:
            raise self.build_stale_error()

    def build_stale_error(self) -> StaleTwinError:
        """Return the error for a network that took the place of this one."""
        return StaleTwinError(
            f"the network in {hide_password(self._pool.url)} was synced again since it was opened:"
            " open it again"
        )

    def _read_network(self) -> Network:
        from gridtwin.store.postgis.network_reader import read_network

        def read_all(connection: psycopg.Connection[Any]) -> Network:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            connection.execute("SET LOCAL statement_timeout = 0")
            self.check_hash(read_hash(connection))
            return read_network(connection)

        return self._pool.run_write(read_all, role=READER)


def read_hash(connection: psycopg.Connection[Any]) -> str | None:
    """Return the hash of the network there is; None before the first sync."""
    row = connection.execute("SELECT content_hash FROM gridtwin.network").fetchone()
    return None if row is None else str(row[0])

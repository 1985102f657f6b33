"""Keep a twin in memory only, for notebooks, what-ifs and tests."""

from __future__ import annotations

import hashlib
from dataclasses import fields
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.model.network import NOTHING_LOADED
from gridtwin.model.schema import OWN_FIELD
from gridtwin.store.parquet_readings import ParquetReadings
from gridtwin.store.sqlite_books import SqliteBooks
from gridtwin.store.sqlite_database import SqliteMemory
from gridtwin.topology.topology_index import TopologyIndex, build_index

if TYPE_CHECKING:
    from gridtwin.model.network import Network


class MemoryStore(SqliteBooks):
    """A twin that lives as long as its process; threads may share it."""

    def __init__(self, network: Network) -> None:
        super().__init__(SqliteMemory(), lambda: network)
        self.network = network
        self.readings = ParquetReadings(None)
        self._index: TopologyIndex | None = None
        if network.loaded != NOTHING_LOADED:
            self.findings.write_findings(network.loaded)

    @cached_property
    def network_hash(self) -> str:
        """What tells this network from every other: the hash of its tables."""
        digest = hashlib.blake2b(digest_size=8)
        for table in (getattr(self.network.data, each.name) for each in fields(self.network.data)):
            for column in fields(table):
                if column.name != OWN_FIELD:
                    digest.update(np.ascontiguousarray(getattr(table, column.name)).data)
            for name, own in table.own.items():
                digest.update(f"{name}\n{own.kind} ".encode() + own.values.tobytes())
                digest.update(b"" if own.words is None else own.words.tobytes())
        return digest.hexdigest()

    def read_index(self) -> TopologyIndex:
        """Return the topology of the normal state."""
        if self._index is None:
            self._index = build_index(self.network.data, self.network.data.equipment.normal_open)
        return self._index

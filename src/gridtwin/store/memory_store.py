"""Keep a twin in memory only, for notebooks, what-ifs and tests."""

from __future__ import annotations

import hashlib
from dataclasses import fields
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.model.network import NOTHING_LOADED
from gridtwin.model.network_loads import make_first_load
from gridtwin.model.schema import BESIDE_FIELDS
from gridtwin.store.customer_book import CustomerBook
from gridtwin.store.parquet_readings import ParquetReadings
from gridtwin.store.protocol import ReplacedNetwork
from gridtwin.store.sqlite_books import SqliteBooks
from gridtwin.store.sqlite_customers import SqliteCustomerMemory
from gridtwin.store.sqlite_database import SqliteMemory
from gridtwin.store.sqlite_loads import carry_records, insert_load
from gridtwin.topology.topology_index import TopologyIndex, build_index

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridtwin.model.network import Network
    from gridtwin.model.network_loads import NetworkLoad
    from gridtwin.store.edition_records import NewEdition


class MemoryStore(SqliteBooks):
    """A twin that lives as long as its process; threads may share it."""

    def __init__(self, network: Network, loads: Sequence[NetworkLoad] = ()) -> None:
        super().__init__(SqliteMemory(), lambda: self.network)
        self.network = network
        if network.reading is not None and not loads:
            loads = (make_first_load(network.data, network.reading),)
        for load in loads:
            self.loads.write_load(load)
        self.readings = ParquetReadings(None)
        self.customers = CustomerBook(SqliteCustomerMemory())
        self._index: TopologyIndex | None = None
        if network.loaded != NOTHING_LOADED:
            self.findings.write_findings(network.loaded)

    def replace_network(self, edition: NewEdition) -> ReplacedNetwork:
        """Put another edition in the place of the network, and bring along what refers to it."""
        with self._kept.transaction("BEGIN IMMEDIATE") as connection:
            carry_records(connection, edition, self.network)
            insert_load(connection, edition.load)
        self.network, self._index = edition.network, edition.index
        self.__dict__.pop("network_hash", None)
        return ReplacedNetwork(self)

    @cached_property
    def network_hash(self) -> str:
        """What tells this network from every other: the hash of its tables."""
        digest = hashlib.blake2b(digest_size=8)
        for table in (getattr(self.network.data, each.name) for each in fields(self.network.data)):
            for column in fields(table):
                if column.name not in BESIDE_FIELDS:
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

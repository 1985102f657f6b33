"""
Keep a twin in a directory ``NAME.twin`` that several processes can share.

::

    houston.twin/
    ├── twin.json       what this is, its version, and the catalog of its arrays
    ├── tables/         the six frames as GeoParquet, for every other program
    ├── arrays/         columns, sorted mRIDs and the topology of the normal state, mapped when used
    ├── state.sqlite    what changes: switch states and their log, overlays, outages, estimates
    └── customers.sqlite    who the customers are, if that was loaded; its owner alone reads it

All but the files of SQLite and ``ami`` is written once, beside its place, and moved there whole. A
network that is loaded again has its arrays in a folder of their own, which the card names.
"""

from __future__ import annotations

import shutil
import tempfile
import uuid
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from gridtwin.errors import NotFoundError, StaleTwinError, StoreError
from gridtwin.model.findings import merge_acceptances
from gridtwin.model.network import Network
from gridtwin.store.arrays import MappedArrays, flush_to_disk
from gridtwin.store.customer_book import CustomerBook
from gridtwin.store.file_stamp import read_stamp
from gridtwin.store.local_files import (
    drop_leftovers,
    finish_replacement,
    hold_for_load,
    settle_replacement,
    write_files,
)
from gridtwin.store.parquet_readings import ParquetReadings
from gridtwin.store.protocol import ReplacedNetwork
from gridtwin.store.sqlite_books import SqliteBooks
from gridtwin.store.sqlite_customers import SqliteCustomerFile
from gridtwin.store.sqlite_database import STATE_FILE, SqliteFile
from gridtwin.store.sqlite_findings import SqliteFindings
from gridtwin.store.sqlite_loads import carry_records, insert_load
from gridtwin.store.store_rules import find_close_names
from gridtwin.store.twin_card import TwinCard
from gridtwin.store.twin_places import (
    ASIDE_SUFFIX,
    TWIN_SUFFIX,
    check_place,
    move_into_place,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gridtwin.model.findings import Acceptance
    from gridtwin.model.network_loads import NetworkLoad
    from gridtwin.store.edition_records import NewEdition
    from gridtwin.store.file_stamp import FileStamp
    from gridtwin.store.store_versions import Versions
    from gridtwin.topology.topology_index import TopologyIndex

AMI_FOLDER = "ami"


class LocalStore(SqliteBooks):
    """A twin in a directory; `create` makes one, `open` opens one."""

    def __init__(self, path: Path, card: TwinCard, *, guarded: bool = False) -> None:
        self._file = SqliteFile(path, card.twin_id, guarded)
        super().__init__(self._file, lambda: self.network)
        self.path = path
        self._card = card
        self._arrays = MappedArrays(path, card.arrays, card.own, card.folder)
        self.readings = ParquetReadings(path / AMI_FOLDER)
        self.customers = CustomerBook(SqliteCustomerFile(path))
        self._index: TopologyIndex | None = None
        self._versions_at: tuple[FileStamp, Versions] | None = None

    @classmethod
    def create(
        cls,
        path: Path,
        network: Network,
        index: TopologyIndex,
        *,
        loads: Sequence[NetworkLoad] = (),
        overwrite: bool = False,
    ) -> LocalStore:
        """
        Keep a network as a new twin.

        Parameters
        ----------
        path
            The directory to make; its name ends in ``.twin``.
        network
            The network.
        index
            Its topology in the normal state.
        loads
            The loads that brought it.
        overwrite
            Put the new twin in the place of one that is there; its switch states go with it, but
            what people accepted of its findings stays.

        Notes
        -----
        A crash leaves `path` absent or as it was, never half written; what it may leave is a
        hidden directory beside it.

        Raises
        ------
        InputError
            If `path` does not end in ``.twin``.
        StoreError
            If `path` exists and may not be overwritten, or cannot be written.
        """
        path = Path(path)
        check_place(path, overwrite=overwrite)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            new = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent))
            try:
                _write_twin(new, network, index, loads, _read_accepted(path))
                move_into_place(new, path)
            finally:
                shutil.rmtree(new, ignore_errors=True)  # there no more, unless something failed
        except OSError as error:
            msg = f"{path} cannot be written ({error}): check the disk and who may write there"
            raise StoreError(msg) from error
        return cls.open(path)

    @classmethod
    def open(cls, path: Path, *, guarded: bool = False) -> LocalStore:
        """
        Open a twin; its arrays are mapped when they are first used.

        Parameters
        ----------
        path
            The directory.
        guarded
            Whether it writes only inside `gridtwin.store.acting_role.acting_as`.

        Raises
        ------
        NotFoundError
            If there is no such directory.
        StoreError
            If the directory is no twin, is damaged, or was written by a newer gridtwin.
        """
        path = Path(path)
        if not path.exists():
            _check_aside(path)
            near = [str(other) for other in path.parent.glob(f"*{TWIN_SUFFIX}")]
            what = "twin"
            raise NotFoundError(what, str(path), find_close_names(str(path), near))
        settle_replacement(path)
        return cls(path, TwinCard.read_card(path), guarded=guarded)

    def replace_network(self, edition: NewEdition) -> ReplacedNetwork:
        """
        Put another edition in the place of the network, and bring along what refers to it.

        Notes
        -----
        The new files are written beside those of before; the one transaction of ``state.sqlite``
        decides. A crash before it leaves the twin as it was, one behind it as it shall be: whoever
        opens it next does the rest.

        Raises
        ------
        StoreError
            If another process loads into it, or it cannot be written.
        StaleTwinError
            If it was replaced since it was opened.
        """
        former = self.network
        with hold_for_load(self.path):
            finish_replacement(self.path)
            drop_leftovers(self.path)
            twin_id = uuid.uuid4().hex
            try:
                write_files(self.path, edition.network, edition.index, twin_id, beside=True)
                with self._file.transaction("BEGIN IMMEDIATE") as connection:
                    carry_records(connection, edition, former)
                    insert_load(connection, edition.load)
                    self._file.replace_id(connection, twin_id)
            except OSError as error:
                msg = f"{self.path} cannot be written ({error}): check the disk and who may write"
                raise StoreError(msg) from error
            finally:
                finish_replacement(self.path)
                drop_leftovers(self.path)
        return ReplacedNetwork(self.open(self.path))

    def read_versions(self) -> Versions:
        """Return how far what changes has come; a file that nobody wrote to is not read again."""
        stamp = read_stamp(self.path / STATE_FILE)
        seen = self._versions_at
        if stamp is not None and seen is not None and seen[0] == stamp:
            return seen[1]
        versions = super().read_versions()
        self._versions_at = (stamp, versions) if stamp is not None else None
        return versions

    @cached_property
    def network(self) -> Network:
        """The network, its columns mapped from the files."""
        with self._same_twin():
            return Network(
                self._arrays.read_data(), crs=self._card.crs, ids=self._arrays.read_ids()
            )

    @property
    def network_hash(self) -> str:
        """What tells this network from every other: the twin's own id, cut to 16 digits."""
        return self._card.twin_id[:16]

    def read_index(self) -> TopologyIndex:
        """Return the topology of the normal state, mapped from the files."""
        if self._index is None:
            with self._same_twin():
                self._index = self._arrays.read_index()
        return self._index

    @contextmanager
    def _same_twin(self) -> Iterator[None]:
        """Refuse arrays of a network that took this one's place since it was opened."""
        try:
            yield
        except StoreError:
            self._check_same()  # files of before are there no more
            raise
        self._check_same()

    def _check_same(self) -> None:
        if TwinCard.read_card(self.path).twin_id != self._card.twin_id:
            msg = f"{self.path} was loaded again or replaced since it was opened: open it again"
            raise StaleTwinError(msg)


def _check_aside(path: Path) -> None:
    """Say where a twin lies that a crash caught between the two moves of its replacement."""
    for aside in path.parent.glob(f".{path.name}.*{ASIDE_SUFFIX}"):
        msg = f"{path} was being replaced when that was cut short: rename {aside} to {path}"
        raise StoreError(msg)


def _read_accepted(path: Path) -> tuple[Acceptance, ...]:
    """Return what is accepted in the twin that is to be overwritten; nothing of one that broke."""
    try:
        return LocalStore.open(path).findings.read_findings().accepted
    except (StoreError, NotFoundError):
        return ()


def _write_twin(
    folder: Path,
    network: Network,
    index: TopologyIndex,
    loads: Sequence[NetworkLoad],
    accepted: tuple[Acceptance, ...],
) -> None:
    """Write a whole twin into an empty directory, with what was accepted in the one before it."""
    twin_id = uuid.uuid4().hex
    kept = SqliteFile.create(folder, twin_id)
    merged = merge_acceptances(accepted, network.loaded.accepted)
    SqliteFindings(kept).write_findings(network.loaded._replace(accepted=merged))
    with kept.transaction("BEGIN IMMEDIATE") as connection:
        for load in loads:
            insert_load(connection, load)
    write_files(folder, network, index, twin_id)
    folder.chmod(0o755)  # made for its owner alone, but a twin is shared
    for part in (STATE_FILE, "."):
        flush_to_disk(folder / part)

"""
Keep a twin in a directory ``NAME.twin`` that several processes can share.

::

    houston.twin/
    ├── twin.json       what this is, its version, and the catalog of its arrays
    ├── tables/         the six frames as GeoParquet, for every other program
    ├── arrays/         columns, sorted mRIDs and the topology of the normal state, mapped when used
    └── state.sqlite    what changes: switch states and their log, overlays, outages, estimates

All but ``state.sqlite`` and ``ami`` is written once, beside its place, and moved there whole.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.errors import (
    InputError,
    NotFoundError,
    StaleTwinError,
    StoreError,
    StoreVersionError,
)
from gridtwin.model.findings import merge_acceptances
from gridtwin.model.frames import mark_letters
from gridtwin.model.network import Network
from gridtwin.model.schema import SCHEMA
from gridtwin.store.arrays import (
    Catalog,
    MappedArrays,
    OwnCatalog,
    build_damage_error,
    flush_to_disk,
    list_own_kinds,
    write_arrays,
)
from gridtwin.store.parquet_readings import ParquetReadings
from gridtwin.store.sqlite_books import SqliteBooks
from gridtwin.store.sqlite_database import STATE_FILE, SqliteFile
from gridtwin.store.sqlite_findings import SqliteFindings
from gridtwin.store.store_rules import find_close_names

if TYPE_CHECKING:
    import pandas as pd

    from gridtwin.model.findings import Acceptance
    from gridtwin.topology.topology_index import TopologyIndex

TWIN_SUFFIX = ".twin"
TWIN_FORMAT = "gridtwin-twin"
TWIN_FORMAT_VERSION = 2
ASIDE_SUFFIX = ".old"  # ends the name a twin has while another takes its place
CARD_FILE = "twin.json"
AMI_FOLDER = "ami"
WRITER_THREADS = 2  # tables written side by side; each holds its frame in memory


class LocalStore(SqliteBooks):
    """A twin in a directory; `create` makes one, `open` opens one."""

    def __init__(self, path: Path, card: _Card) -> None:
        super().__init__(SqliteFile(path, card.twin_id), lambda: self.network)
        self.path = path
        self._card = card
        self._arrays = MappedArrays(path, card.arrays, card.own)
        self.readings = ParquetReadings(path / AMI_FOLDER)
        self._index: TopologyIndex | None = None

    @classmethod
    def create(
        cls, path: Path, network: Network, index: TopologyIndex, *, overwrite: bool = False
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
        if path.suffix != TWIN_SUFFIX:
            msg = f"{path} cannot be the name of a twin: call it {path}{TWIN_SUFFIX}"
            raise InputError(msg)
        _check_free(path, overwrite=overwrite)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            new = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent))
            try:
                _write_twin(new, network, index, _read_accepted(path))
                _move_into_place(new, path)
            finally:
                shutil.rmtree(new, ignore_errors=True)  # there no more, unless something failed
        except OSError as error:
            msg = f"{path} cannot be written ({error}): check the disk and who may write there"
            raise StoreError(msg) from error
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> LocalStore:
        """
        Open a twin; its arrays are mapped when they are first used.

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
        return cls(path, _Card.read_card(path))

    @cached_property
    def network(self) -> Network:
        """The network, its columns mapped from the files."""
        network = Network(self._arrays.read_data(), crs=self._card.crs, ids=self._arrays.read_ids())
        self._check_same()
        return network

    @property
    def network_hash(self) -> str:
        """What tells this network from every other: the twin's own id, cut to 16 digits."""
        return self._card.twin_id[:16]

    def read_index(self) -> TopologyIndex:
        """Return the topology of the normal state, mapped from the files."""
        if self._index is None:
            index = self._arrays.read_index()
            self._check_same()
            self._index = index
        return self._index

    def _check_same(self) -> None:
        """Refuse arrays of a twin that took this one's place since it was opened."""
        if _Card.read_card(self.path).twin_id != self._card.twin_id:
            msg = f"{self.path} was replaced by another twin since it was opened: open it again"
            raise StaleTwinError(msg)


@dataclass(frozen=True, slots=True)
class _Card:
    """What ``twin.json`` says."""

    twin_id: str
    crs: str | None
    arrays: Catalog
    own: OwnCatalog

    @classmethod
    def read_card(cls, twin: Path) -> _Card:
        """Read the card of a twin, and refuse what is none."""
        try:
            text = (twin / CARD_FILE).read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError) as error:
            if (twin / STATE_FILE).exists():
                raise build_damage_error(twin, CARD_FILE, "is missing") from error
            msg = f"{twin} is no twin: give a directory made by gridtwin load or gridtwin new"
            raise StoreVersionError(msg) from error
        except (OSError, UnicodeDecodeError) as error:
            raise build_damage_error(twin, CARD_FILE, f"cannot be read ({error})") from error
        try:
            card = json.loads(text)
            known = card["format"] == TWIN_FORMAT
            version = int(card["version"]) if known else TWIN_FORMAT_VERSION
            if known and version == TWIN_FORMAT_VERSION:
                own = {frame: list(own) for frame, own in card.get("own", {}).items()}
                return cls(card["id"], card["crs"], dict(card["arrays"]), own)
        except (ValueError, TypeError, KeyError) as error:
            raise build_damage_error(twin, CARD_FILE, "is damaged") from error
        if not known:
            msg = f"{twin} is no twin: its {CARD_FILE} was made by another program"
            raise StoreVersionError(msg)
        msg = (
            f"{twin / CARD_FILE} was written by a newer gridtwin (format {version}, this one reads"
            f" {TWIN_FORMAT_VERSION}): upgrade gridtwin"
        )
        raise StoreVersionError(msg)


def _check_aside(path: Path) -> None:
    """Say where a twin lies that a crash caught between the two moves of its replacement."""
    for aside in path.parent.glob(f".{path.name}.*{ASIDE_SUFFIX}"):
        msg = f"{path} was being replaced when that was cut short: rename {aside} to {path}"
        raise StoreError(msg)


def _check_free(path: Path, *, overwrite: bool) -> None:
    """Refuse a place that is taken, unless by a twin that may be overwritten."""
    if not path.exists():
        return
    if not overwrite:
        msg = f"{path} exists already: choose another name, or allow it to be overwritten"
        raise StoreError(msg)
    if not ((path / CARD_FILE).is_file() or (path / STATE_FILE).is_file()):
        msg = f"{path} is no twin and is not overwritten: choose another name"
        raise StoreError(msg)


def _read_accepted(path: Path) -> tuple[Acceptance, ...]:
    """Return what is accepted in the twin that is to be overwritten; nothing of one that broke."""
    try:
        return LocalStore.open(path).findings.read_findings().accepted
    except (StoreError, NotFoundError):
        return ()


def _write_twin(
    folder: Path, network: Network, index: TopologyIndex, accepted: tuple[Acceptance, ...]
) -> None:
    """Write a whole twin into an empty directory, with what was accepted in the one before it."""
    for part in ("arrays", "tables"):
        (folder / part).mkdir()
    catalog = write_arrays(folder / "arrays", network, index)
    _write_tables(folder / "tables", network)
    twin_id = uuid.uuid4().hex
    findings = SqliteFindings(SqliteFile.create(folder, twin_id))
    merged = merge_acceptances(accepted, network.loaded.accepted)
    findings.write_findings(network.loaded._replace(accepted=merged))
    card = {
        "format": TWIN_FORMAT,
        "version": TWIN_FORMAT_VERSION,
        "id": twin_id,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "crs": network.crs,
        "counts": {table: len(getattr(network.data, table).mrid) for table in SCHEMA},
        "arrays": catalog,
        "own": list_own_kinds(network),
    }
    (folder / CARD_FILE).write_text(json.dumps(card), encoding="utf-8")
    folder.chmod(0o755)  # made for its owner alone, but a twin is shared
    for part in (STATE_FILE, CARD_FILE, "."):
        flush_to_disk(folder / part)


def _write_tables(folder: Path, network: Network) -> None:
    """Write the six frames as GeoParquet."""
    seen = network.seen_as(_build_parquet_frame)

    def write_frame(table: str) -> None:
        file = folder / f"{table}.parquet"
        getattr(seen, table).to_parquet(file, index=False)
        flush_to_disk(file)

    with ThreadPoolExecutor(WRITER_THREADS) as pool:
        list(pool.map(write_frame, SCHEMA))  # the list brings up what a thread raised
    flush_to_disk(folder)


def _build_parquet_frame(columns: dict[str, Any], crs: str | None) -> pd.DataFrame:
    """Return columns as a frame that writes itself as GeoParquet; no place is no geometry."""
    import geopandas as gpd
    import pandas as pd
    import shapely

    if "geometry" not in columns:
        return pd.DataFrame(columns)
    geometry = np.asarray(columns["geometry"], dtype=object)
    points = shapely.get_type_id(geometry) == shapely.GeometryType.POINT
    nowhere = points & ~np.isfinite(shapely.get_x(geometry))
    placed = geometry.copy()
    placed[nowhere] = None
    return mark_letters(gpd.GeoDataFrame({**columns, "geometry": placed}, crs=crs))


def _move_into_place(new: Path, path: Path) -> None:
    """Put a finished twin in its place, and what was there before away."""
    old = new.with_suffix(ASIDE_SUFFIX)
    replaced = path.exists()
    if replaced:
        path.rename(old)
    try:
        new.rename(path)
    except OSError:
        if replaced:
            old.rename(path)
        raise
    flush_to_disk(path.parent)
    if replaced:
        shutil.rmtree(old)

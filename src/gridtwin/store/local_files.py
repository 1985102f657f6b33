"""
Write the files of a network into the directory of a twin, beside those of another edition or alone.

The card of an edition that is to take another's place is ``next.json`` until it has. It has as soon
as ``state.sqlite`` bears its id; the moves that are left then are made by whoever opens the twin.
"""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.errors import StoreError
from gridtwin.model.frames import mark_letters
from gridtwin.model.schema import SCHEMA
from gridtwin.store.arrays import flush_to_disk, list_own_kinds, write_arrays
from gridtwin.store.sqlite_database import SqliteFile, hold_lock
from gridtwin.store.twin_card import (
    ARRAYS_FOLDER,
    CARD_FILE,
    TABLES_FOLDER,
    TWIN_FORMAT,
    TWIN_FORMAT_VERSION,
    TwinCard,
)

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    import pandas as pd

    from gridtwin.model.network import Network
    from gridtwin.topology.topology_index import TopologyIndex

NEXT_CARD_FILE = "next.json"
LOAD_LOCK_FILE = "load.lock"
SETTLE_PATIENCE_S = 30.0
WRITER_THREADS = 2  # tables written side by side; each holds its frame in memory


def write_files(
    twin: Path, network: Network, index: TopologyIndex, twin_id: str, *, beside: bool = False
) -> None:
    """
    Write arrays, tables and card of a network into the directory of a twin.

    Parameters
    ----------
    twin
        The directory.
    network, index
        What to keep; the index is that of the normal state.
    twin_id
        Its id.
    beside
        Whether there is another network, in whose place it has not come yet.
    """
    mark = f"-{twin_id[:8]}" if beside else ""
    arrays, tables = twin / f"{ARRAYS_FOLDER}{mark}", twin / f"{TABLES_FOLDER}{mark}"
    for folder in (arrays, tables):
        folder.mkdir()
    catalog = write_arrays(arrays, network, index)
    _write_tables(tables, network)
    card = {
        "format": TWIN_FORMAT,
        "version": TWIN_FORMAT_VERSION,
        "id": twin_id,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "crs": network.crs,
        "counts": {table: len(getattr(network.data, table).mrid) for table in SCHEMA},
        "folder": arrays.name,
        "arrays": catalog,
        "own": list_own_kinds(network),
    }
    file = twin / (NEXT_CARD_FILE if beside else CARD_FILE)
    new = file.with_suffix(".new")
    new.write_text(json.dumps(card), encoding="utf-8")
    flush_to_disk(new)
    new.replace(file)
    flush_to_disk(twin)


def hold_for_load(twin: Path, *, patience_s: float = 0.0) -> AbstractContextManager[object]:
    """Keep other processes from loading into a twin until it is left, or this one ends."""
    refusal = StoreError(f"another process loads into {twin}: wait until it is done")
    return hold_lock(twin / LOAD_LOCK_FILE, refusal, patience_s=patience_s)


def settle_replacement(twin: Path) -> None:
    """
    Do what is left to do where an edition has taken the place of another.

    Raises
    ------
    StoreError
        If it cannot be done.
    """
    if not _is_decided(twin):
        return
    with hold_for_load(twin, patience_s=SETTLE_PATIENCE_S):
        finish_replacement(twin)


def finish_replacement(twin: Path) -> None:
    """Do what `settle_replacement` does, while the lock of loads is held."""
    if not _is_decided(twin):
        return  # another process has done it meanwhile
    twin_id = TwinCard.read_card(twin, NEXT_CARD_FILE).twin_id
    tables = twin / f"{TABLES_FOLDER}-{twin_id[:8]}"
    try:
        if tables.exists():
            shutil.rmtree(twin / TABLES_FOLDER, ignore_errors=True)
            tables.rename(twin / TABLES_FOLDER)
        (twin / NEXT_CARD_FILE).replace(twin / CARD_FILE)
        flush_to_disk(twin)
    except OSError as error:
        msg = (
            f"{twin} was loaded again, but its files cannot be moved ({error}): check who may write"
            " there, and open it again"
        )
        raise StoreError(msg) from error


def _is_decided(twin: Path) -> bool:
    """Return whether a next edition is there and has taken its place already."""
    if not (twin / NEXT_CARD_FILE).exists():
        return False
    try:
        next_id = TwinCard.read_card(twin, NEXT_CARD_FILE).twin_id
    except StoreError:
        if (twin / NEXT_CARD_FILE).exists():
            raise
        return False  # it took its place just now
    return SqliteFile.read_id(twin) == next_id


def drop_leftovers(twin: Path) -> None:
    """Remove files of editions that are none of the twin, while the lock of loads is held."""
    if _is_decided(twin):
        return
    (twin / NEXT_CARD_FILE).unlink(missing_ok=True)
    used = {TwinCard.read_card(twin).folder, TABLES_FOLDER}
    for part in (ARRAYS_FOLDER, TABLES_FOLDER):
        for folder in (twin / part, *twin.glob(f"{part}-*")):
            if folder.name not in used:
                shutil.rmtree(folder, ignore_errors=True)


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

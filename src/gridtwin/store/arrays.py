"""
Keep columns and index arrays as flat files, and map them back in without copying.

One ``.npy`` file per array; a catalog of every array's type and shape tells a whole file from a
damaged one before it is used.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.errors import StoreError
from gridtwin.model.ids import MRID_TABLES, Ids, SortedIds
from gridtwin.model.origins import RowOrigins
from gridtwin.model.own_columns import OwnColumn, as_kind, list_own
from gridtwin.model.schema import BESIDE_FIELDS, SCHEMA
from gridtwin.model.syntax_trees import PARSING
from gridtwin.model.tables import NetworkData

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from gridtwin.model.network import Network
    from gridtwin.topology.topology_index import TopologyIndex

# Columns that twins written before lack; nothing is recorded in them there.
ADDED_SINCE = frozenset({"usage_points.name"})

Catalog = dict[str, tuple[str, list[int]]]  # name of an array -> its dtype and shape
# Frame -> name, kind, and whether it is searched, of each own column in the order of their arrays.
OwnCatalog = dict[str, list[tuple[str, str, bool]]]


def build_damage_error(twin: Path, file: str, reason: str) -> StoreError:
    """Return the error of a file of a twin that cannot be used, with the way to mend it."""
    msg = f"{twin / file} {reason}: load the network again with gridtwin load SOURCE --into {twin}"
    return StoreError(msg)


def flush_to_disk(path: Path) -> None:
    """Return once a file, or the entries of a directory, are on the disk."""
    if os.name == "nt" and path.is_dir():
        return  # a directory cannot be opened there
    descriptor = os.open(path, os.O_RDWR if path.is_file() else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_arrays(folder: Path, network: Network, index: TopologyIndex) -> Catalog:
    """
    Write every array of a network and of its topology index.

    Parameters
    ----------
    folder
        An empty directory.
    network, index
        What to keep; the index is that of the normal state.

    Returns
    -------
        The catalog `MappedArrays` reads with.
    """
    catalog: Catalog = {}
    for name, values in (*_yield_network_arrays(network), *_yield_index_arrays(index)):
        array = np.asarray(values, order="C")
        file = folder / f"{name}.npy"
        np.save(file, array, allow_pickle=False)
        flush_to_disk(file)
        catalog[name] = (array.dtype.str, list(array.shape))
    flush_to_disk(folder)
    return catalog


def _yield_network_arrays(network: Network) -> Iterator[tuple[str, Any]]:
    for table in SCHEMA:
        yield from _yield_parts(table, getattr(network.data, table))
        # By number: a name may have any letters, and a disk may not tell capitals apart.
        for number, column in enumerate(getattr(network.data, table).own.values()):
            yield f"{table}.own.{number}", column.values
            if column.words is not None:
                yield f"{table}.own.{number}.words", column.words
        origins = getattr(network.data, table).origins
        if origins is not None:
            yield from _yield_parts(f"{table}.origins", origins)
    for table, ids in network.ids.tables.items():
        yield from _yield_parts(f"ids.{table}", ids)


def _yield_index_arrays(index: TopologyIndex) -> Iterator[tuple[str, Any]]:
    from gridtwin.topology.topology_index import ARRAYS

    for name in ARRAYS:
        yield f"index.{name}", getattr(index, name)
    yield from _yield_parts("conduction", index.conduction)
    if index.core is not None:
        yield from _yield_parts("core", index.core)


def _yield_parts(prefix: str, whole: Any) -> Iterator[tuple[str, Any]]:
    for name in _list_kept_fields(whole):
        yield f"{prefix}.{name}", getattr(whole, name)


def _list_kept_fields(kind: Any) -> list[str]:
    """Return the fields of a dataclass but those it makes for itself, and what is no column."""
    return [field.name for field in fields(kind) if field.init and field.name not in BESIDE_FIELDS]


def list_own_kinds(network: Network) -> OwnCatalog:
    """Return the names and kinds of the own columns of every frame."""
    return {
        frame: [(name, column.kind, column.searched) for name, column in own.items()]
        for frame, own in list_own(network.data).items()
    }


@dataclass(frozen=True, slots=True)
class MappedArrays:
    """The arrays of one twin, mapped read-only when asked for."""

    twin: Path
    catalog: Mapping[str, tuple[str, list[int]]]
    own: OwnCatalog
    folder: str  # of the twin, that holds them

    def read_data(self) -> NetworkData:
        """Return the tables of the network."""
        return NetworkData(
            **{
                name: replace(
                    self._read_whole(name, frame.table),
                    own=self._own(name),
                    origins=self._read_origins(name),
                )
                for name, frame in SCHEMA.items()
            }
        )

    def _own(self, frame: str) -> dict[str, OwnColumn]:
        """Return the own columns of a frame; a twin written before there were any has none."""
        columns: dict[str, OwnColumn] = {}
        for number, (name, kind, searched) in enumerate(self.own.get(frame, ())):
            values = self._map_array(f"{frame}.own.{number}")
            words = self._map_array(f"{frame}.own.{number}.words") if kind == "text" else None
            columns[name] = OwnColumn(as_kind(kind), values, words, searched)
        return columns

    def _read_origins(self, frame: str) -> RowOrigins | None:
        """Return where the rows of a frame come from; None where that was not kept."""
        if f"{frame}.origins.layer" not in self.catalog:
            return None
        origins: RowOrigins = self._read_whole(f"{frame}.origins", RowOrigins)
        return origins

    def read_ids(self) -> Ids:
        """Return where every mRID stands, sorted when the twin was made."""
        return Ids({table: self._read_whole(f"ids.{table}", SortedIds) for table in MRID_TABLES})

    def read_index(self) -> TopologyIndex:
        """Return the topology of the normal state."""
        # Imported here, since the topology is slow to import and a look-up of ids does without.
        from gridtwin.topology.conduction import Conduction
        from gridtwin.topology.meshed_core import Core
        from gridtwin.topology.topology_index import ARRAYS, TopologyIndex, build_index

        if "index.designed" not in self.catalog:  # kept before phases were told apart so
            data = self.read_data()
            return build_index(data, data.equipment.normal_open)
        return TopologyIndex(
            conduction=self._read_whole("conduction", Conduction),
            core=self._read_whole("core", Core) if "core.nodes" in self.catalog else None,
            **{name: self._map_array(f"index.{name}") for name in ARRAYS},
        )

    def _read_whole(self, prefix: str, kind: type[Any]) -> Any:
        return kind(
            **{name: self._map_array(f"{prefix}.{name}") for name in _list_kept_fields(kind)}
        )

    def _map_array(self, name: str) -> Any:
        file = f"{self.folder}/{name}.npy"
        if name not in self.catalog and name in ADDED_SINCE:
            frame, column = name.split(".")
            return (
                SCHEMA[frame].find_column(column).make_blank(len(self._map_array(f"{frame}.mrid")))
            )
        if name not in self.catalog:
            raise build_damage_error(self.twin, file, "is not listed in twin.json")
        dtype, shape = self.catalog[name]
        mappable = 0 not in shape  # nothing cannot be mapped
        try:
            with PARSING:
                array = np.load(
                    self.twin / file, mmap_mode="r" if mappable else None, allow_pickle=False
                )
        except FileNotFoundError as error:
            raise build_damage_error(self.twin, file, "is missing") from error
        except (ValueError, EOFError, OSError) as error:
            raise build_damage_error(self.twin, file, f"cannot be read ({error})") from error
        if array.dtype.str != dtype or list(array.shape) != list(shape):
            raise build_damage_error(self.twin, file, "is not the file that was written")
        if not array.ndim:
            return array.item()
        return array.view(np.ndarray)  # a memmap is slower to look into

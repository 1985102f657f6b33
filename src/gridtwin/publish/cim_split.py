"""Write a network as CIM100 in a folder, with one file for each substation and what it feeds."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridtwin.errors import InputError
from gridtwin.publish.cim_writer import (
    CimWriter,
    find_points,
    require_distinct_ids,
    show_frames,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.network import Network
    from gridtwin.model.tables import NetworkData

LONGEST_FILE_NAME = 80  # characters of a substation's id in the name of its file
UNFED = "unfed"  # what no source reaches
Parts = dict[str, "NDArray[np.intp]"]


def write_cim_folder(network: Network, folder: Path) -> list[Path]:
    """
    Write a network as CIM100, one file for each substation; all of it or nothing.

    A file holds what the sources of its substation feed as designed, so that files depend on each
    other only at open ties, and a reader can share them out.

    Parameters
    ----------
    network
        The network.
    folder
        The folder to make.

    Returns
    -------
        The files.

    Raises
    ------
    InputError
        If there is something of that name, or one id names two things.
    """
    if folder.exists() or not folder.parent.is_dir():
        msg = f"{folder}: give the name of a folder that is not there yet, in one that is"
        raise InputError(msg)
    taken = require_distinct_ids(network)
    try:
        partial = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
        try:
            names = _write_parts(network, partial, taken)
            partial.chmod(0o755)
            partial.rename(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        msg = f"{folder}: cannot be written there: {error.strerror}"
        raise InputError(msg) from error
    return [folder / name for name in names]


def _write_parts(network: Network, folder: Path, taken: set[str]) -> list[str]:
    frames = show_frames(network)
    parts, stations = split_by_substation(network.data)
    points, settled = find_points(frames), set[str]()
    names = []
    for part, station in enumerate(stations):
        name = f"{part + 1:04d}-{quote(station, safe='')[:LONGEST_FILE_NAME]}.xml"
        rows = {
            key: frame.iloc[np.flatnonzero(parts[key] == part)] for key, frame in frames.items()
        }
        with (folder / name).open("w", encoding="utf-8") as file:
            CimWriter(
                rows, file, taken, located=network.crs is not None, points=points, settled=settled
            ).write_all()
        names.append(name)
    return names


def split_by_substation(data: NetworkData) -> tuple[Parts, list[str]]:
    """
    Return the part of each row of each frame, and the substation of each part.

    What is joined as designed is one part, of its first source; what no source feeds, the last.
    """
    closed = data.equipment.in_service & (data.equipment.normal_open == 0)
    a, b = data.equipment.node_a[closed], data.equipment.node_b[closed]
    count = len(data.nodes.mrid)
    joins: Any = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(count, count))
    _, group = connected_components(joins, directed=False)
    station_of_group = np.full(int(group.max(initial=0)) + 1, -1, dtype=np.intp)
    sources = data.sources
    for node, station in zip(sources.node[::-1], sources.substation[::-1], strict=True):
        if station >= 0:
            station_of_group[group[node]] = station
    station_of_node = station_of_group[group]
    used = np.unique(station_of_node)
    stations = used[used >= 0]
    last = len(stations)
    part_of_station = np.full(len(data.substations.mrid) + 1, last, dtype=np.intp)
    part_of_station[stations] = np.arange(last)
    node_part = part_of_station[station_of_node]
    head = data.feeders.head
    parts = {
        "nodes": node_part,
        "equipment": node_part[data.equipment.node_a],
        "usage_points": node_part[data.usage_points.node],
        "sources": node_part[sources.node],
        "substations": part_of_station[np.arange(len(data.substations.mrid))],
    }
    parts["feeders"] = np.where(head >= 0, parts["equipment"][head], last)
    names = [data.substations.mrid[station].decode() for station in stations]
    if any((part == last).any() for part in parts.values()):
        names.append(UNFED)
    return parts, names

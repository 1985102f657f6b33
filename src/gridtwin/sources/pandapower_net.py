"""Read pandapower nets, and the SimBench grids that come as such."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridtwin.errors import MissingExtraError, SourceError
from gridtwin.model.frames import PLANAR, WGS84
from gridtwin.model.network import Network
from gridtwin.model.origins import SourceRows
from gridtwin.model.schema import SCHEMA
from gridtwin.model.tables import decode_texts
from gridtwin.sources.pandapower_cells import NetCells
from gridtwin.sources.pandapower_ends import build_sources, build_usage_points
from gridtwin.sources.pandapower_file import hush_warnings, load_net
from gridtwin.sources.pandapower_rows import NetRows
from gridtwin.sources.pandapower_stations import NetStations
from gridtwin.sources.pandapower_tables import note_left_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridtwin.model.notices import Notice
    from gridtwin.model.tables import NetworkData
    from gridtwin.sources.pandapower_cells import Row


def read_pandapower(source: str | Path | Any, *, crs: str | None = None) -> Network:
    """
    Read a pandapower net.

    Parameters
    ----------
    source
        A ``.json`` file of pandapower, or a pandapowerNet.
    crs
        Coordinate system of the net's ``geo`` columns; EPSG:4326 by default, that of GeoJSON.
        ``"none"`` for planar coordinates.

    Returns
    -------
        The network. A switch at the end of a line or a transformer is equipment of its own, with
        a node between it and what it switches. A net without any coordinates is drawn as a
        planar schematic. What is left out, mended or taken for granted is told by its notices.

    Raises
    ------
    SourceError
        If the file is no pandapower net, or an element stands at a bus that is not there.
    MissingExtraError
        If pandapower is not installed.
    """
    if isinstance(source, (str, Path)):
        net, told = load_net(Path(source), crs=crs)
        return _build_network(net, crs, str(source), told)
    if not isinstance(source, dict):  # as a pandapowerNet is
        msg = f"a {type(source).__name__} is no pandapower net: give a file or a pandapowerNet"
        raise SourceError(msg)
    return _build_network(source, crs, "pandapower net")


def read_simbench(code: str, *, crs: str | None = None) -> Network:
    """
    Read one of the benchmark grids of SimBench.

    Parameters
    ----------
    code
        For example ``"1-MVLV-urban-all-0-sw"``.
    crs
        Coordinate system of its coordinates; EPSG:4326 by default.

    Raises
    ------
    SourceError
        If there is no such grid, with the closest codes there are.
    MissingExtraError
        If simbench is not installed.
    """
    with hush_warnings():
        try:
            import simbench
        except ImportError as error:
            need = "reading SimBench grids"
            raise MissingExtraError(need, "pandapower") from error
        codes = simbench.collect_all_simbench_codes()
        if code not in codes:
            close = ", ".join(difflib.get_close_matches(code, codes, n=3)) or "none is close"
            msg = f"simbench:{code}: SimBench has no such grid; the closest: {close}"
            raise SourceError(msg)
        net = simbench.get_simbench_net(code)
    return _build_network(net, crs, f"simbench:{code}")


def _build_network(net: Any, crs: str | None, where: str, told: Sequence[Notice] = ()) -> Network:
    cells = NetCells(where)
    with hush_warnings():
        rows = NetRows(net, cells)
        stations = NetStations(net, rows, cells)
        points = build_usage_points(net, rows, cells)
        given = build_sources(net, rows, cells, stations.find_substation)
        note_left_out(net, cells)
        used = {row[end] for row in rows.equipment for end in ("node_a", "node_b")}
        used |= {row["node"] for row in (*points, *given)}
        network = Network.from_frames(
            nodes=_collect_columns([node for node in rows.nodes if node["mrid"] in used]),
            equipment=_collect_columns(rows.equipment),
            usage_points=_collect_columns(points),
            sources=_collect_columns(given),
            substations=_collect_columns(stations.substations),
            feeders=_collect_columns(stations.feeders),
            crs=PLANAR if rows.schematic else crs or WGS84,
            where=where,
        )
    network = network.with_notices(list(dict.fromkeys((*told, *cells.notices))))
    return network.with_origins({name: _split_ids(network.data, name) for name in SCHEMA})


def _split_ids(data: NetworkData, frame: str) -> SourceRows:
    """Return the table and the index of each row, of which its id is made."""
    mrids = decode_texts(getattr(data, frame).mrid).tolist()
    parts = [mrid.partition(".") for mrid in mrids]
    tables = [table if dot else "" for table, dot, _ in parts]
    return SourceRows(mrids, tables, [index for _, _, index in parts])


def _collect_columns(rows: list[Row]) -> dict[str, list[Any]]:
    """Return rows as columns; None where a row says nothing."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}

"""Read pandapower nets, and the SimBench grids that come as such."""

from __future__ import annotations

import difflib
import json
import logging
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridtwin.errors import MissingExtraError, SourceError
from gridtwin.model.frames import PLANAR, WGS84
from gridtwin.model.network import Network
from gridtwin.sources import pandapower_rows as tables
from gridtwin.sources.pandapower_rows import NetRows, Row, records, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HIGH_V = 60_000.0  # a transformer from here up to medium voltage makes a substation
LOW_V = 1_000.0


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
        planar schematic. DC grids and shunts are left out: they join nothing.

    Raises
    ------
    SourceError
        If the file is no pandapower net, or an element stands at a bus that is not there.
    MissingExtraError
        If pandapower is not installed.
    """
    if isinstance(source, (str, Path)):
        return _network(_load(Path(source)), crs, str(source))
    return _network(source, crs, "pandapower net")


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
    with _quiet():
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
    return _network(net, crs, f"simbench:{code}")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the warnings of pandapower about its own files to itself."""
    logger = logging.getLogger("pandapower")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _load(path: Path) -> Any:
    _require_net(path)
    with _quiet():
        try:
            from pandapower.file_io import from_json
        except ImportError as error:
            need = "reading pandapower nets"
            raise MissingExtraError(need, "pandapower") from error
        try:
            return from_json(str(path))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, UserWarning) as error:
            msg = f"{path}: pandapower cannot read this net ({error}); save it again"
            raise SourceError(msg) from error


def _require_net(path: Path) -> None:
    """Refuse a file that is no JSON, or the JSON of something else."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        msg = f"{path}: the file cannot be opened ({error.strerror})"
        raise SourceError(msg) from error
    except ValueError as error:
        msg = f"{path}: the file is empty, cut off or no JSON ({error}); save the net again"
        raise SourceError(msg) from error
    if not isinstance(document, dict) or document.get("_class") != "pandapowerNet":
        msg = (
            f"{path}: this JSON is no pandapower net; write one with pandapower.to_json(net, path)"
        )
        raise SourceError(msg)


def _network(net: Any, crs: str | None, where: str) -> Network:
    rows = NetRows(net, where)
    points = tables.usage_points(net, rows)
    sources = tables.sources(net, rows)
    stations = _Stations(net, rows)
    for source in sources:
        if source["kind"] == "substation":
            source["substation"] = stations.of(int(source["node"].removeprefix("bus.")))
    used = {row[end] for row in rows.equipment for end in ("node_a", "node_b")}
    used |= {row["node"] for row in (*points, *sources)}
    return Network.from_frames(
        nodes=_columns([node for node in rows.nodes if node["mrid"] in used]),
        equipment=_columns(rows.equipment),
        usage_points=_columns(points),
        sources=_columns(sources),
        substations=_columns(stations.substations),
        feeders=_columns(stations.feeders),
        crs=PLANAR if rows.schematic else crs or WGS84,
        where=where,
    )


def _columns(rows: list[Row]) -> dict[str, list[Any]]:
    """Return rows as columns; None where a row says nothing."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


class _Stations:
    """
    The substations of a net, and the feeders that leave them.

    A substation is what the transformers from high to medium voltage and the switches between
    buses join, open or closed. A feeder leaves it by a line that has a breaker at a medium voltage
    bus there and its other end elsewhere; that breaker is its head.
    """

    def __init__(self, net: Any, rows: NetRows) -> None:
        self._net, self._rows = net, rows
        transformers = [
            (int(row["hv_bus"]), int(row["lv_bus"]), row)
            for _, row in records(net, "trafo")
            if rows.volts(int(row["hv_bus"])) >= HIGH_V
            and LOW_V < rows.volts(int(row["lv_bus"])) < HIGH_V
        ]
        root = _joined(
            [(high, low) for high, low, _ in transformers]
            + [
                (int(row["bus"]), int(row["element"]))
                for _, row in records(net, "switch")
                if row["et"] == "b"
            ]
        )
        self._root = root
        self._station: dict[int, Row] = {}
        for high, low, row in transformers:
            name = text(row.get("substation")) or text(net.bus.at[low, "name"])
            station = self._station.setdefault(
                root(high),
                {
                    "mrid": f"substation.{low}",
                    "name": name,
                    "rated_va": 0.0,
                    "geometry": rows.point(low),
                },
            )
            station["rated_va"] += tables.number(row["sn_mva"]) * 1e6
        self.substations = list(self._station.values())
        self.feeders = self._feeders()

    def of(self, bus: int) -> str:
        """Return the mRID of the substation a bus belongs to; empty if to none."""
        station = self._station.get(self._root(bus))
        return "" if station is None else str(station["mrid"])

    def _feeders(self) -> list[Row]:
        lines = dict(records(self._net, "line"))
        feeders: dict[int, Row] = {}
        for index, row in records(self._net, "switch"):
            if row["et"] != "l" or row.get("type") != "CB":
                continue
            bus, line = int(row["bus"]), lines[int(row["element"])]
            other = {int(line["from_bus"]), int(line["to_bus"])} - {bus}
            station = self.of(bus)
            leaves = station and all(self.of(end) != station for end in other)
            if leaves and self._rows.volts(bus) < HIGH_V:
                feeders.setdefault(
                    int(row["element"]),
                    {
                        "mrid": f"feeder.{index}",
                        "name": text(line.get("name")),
                        "substation": station,
                        "head": f"switch.{index}",
                    },
                )
        return list(feeders.values())


def _joined(pairs: list[tuple[int, int]]) -> Callable[[int], int]:
    """Return the function that names the group of a bus: its least bus, over all pairs."""
    parent: dict[int, int] = {}

    def root(bus: int) -> int:
        while parent.get(bus, bus) != bus:
            parent[bus] = parent.get(parent[bus], parent[bus])
            bus = parent[bus]
        return bus

    for a, b in pairs:
        low, high = sorted((root(a), root(b)))
        parent[high] = low
    return root

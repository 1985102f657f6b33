"""Turn the columns of a network, and its topology, into rows of the tables in PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridtwin.model import cim, phases
from gridtwin.model.frames import equipment_lines
from gridtwin.model.tables import decode
from gridtwin.topology.membership import feeder_of_nodes
from gridtwin.topology.tree import supply_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from gridtwin.model.network import Network
    from gridtwin.model.state import State
    from gridtwin.model.tables import NetworkData, Strings
    from gridtwin.topology.index import TopologyIndex

WGS84 = 4326
AT_ONCE = 50_000  # rows held as Python objects


@dataclass(frozen=True, slots=True)
class Mirrored:
    """All that a mirror holds of a twin."""

    network: Network
    normal: TopologyIndex  # topology as designed
    current: TopologyIndex  # topology in the current state
    state: State  # the current state


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one table, made a few thousand at a time."""

    name: str
    key: str
    types: dict[str, str]  # PostgreSQL type of each column
    columns: dict[str, Callable[[slice], list[Any]]]
    count: int

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Return the rows in order."""
        for start in range(0, self.count, AT_ONCE):
            part = slice(start, min(start + AT_ONCE, self.count))
            yield from zip(*(column(part) for column in self.columns.values()), strict=True)


def tables(twin: Mirrored) -> list[Table]:
    """Return every table of a mirror, in the order in which they are written."""
    data = twin.network.data
    return [
        _nodes(data),
        _equipment(data),
        _usage_points(data),
        _sources(data),
        _substations(data),
        _feeders(data),
        *_topology(twin),
    ]


def _nodes(data: NetworkData) -> Table:
    nodes = data.nodes
    return _table(
        "nodes",
        "mrid",
        row=("int4", _numbers(np.arange(len(nodes.mrid)))),
        mrid=("text", _texts(nodes.mrid)),
        nominal_v=("float4", _known(nodes.nominal_v)),
        geometry=("bytea", _points(nodes.xy)),
    )


def _equipment(data: NetworkData) -> Table:
    equipment = data.equipment
    return _table(
        "equipment",
        "mrid",
        row=("int4", _numbers(np.arange(len(equipment.mrid)))),
        mrid=("text", _texts(equipment.mrid)),
        kind=("text", _names(equipment.kind, cim.KIND_NAMES)),
        node_a=("int4", _numbers(equipment.node_a)),
        node_b=("int4", _numbers(equipment.node_b)),
        phases=("int2", _numbers(equipment.phases)),
        normal_open=("int2", _numbers(equipment.normal_open)),
        name=("text", _texts(equipment.name)),
        rated_a=("float4", _known(equipment.rated_a)),
        rated_va=("float4", _known(equipment.rated_va)),
        length_m=("float4", _known(equipment.length_m)),
        placement=("text", _names(equipment.placement, cim.PLACEMENTS)),
        control=("text", _names(equipment.control, cim.CONTROLS)),
        in_service=("bool", _numbers(equipment.in_service)),
        vector_group=("text", _texts(equipment.vector_group)),
        geometry=("bytea", _lines(data)),
    )


def _usage_points(data: NetworkData) -> Table:
    points = data.usage_points
    return _table(
        "usage_points",
        "mrid",
        row=("int4", _numbers(np.arange(len(points.mrid)))),
        mrid=("text", _texts(points.mrid)),
        node=("int4", _numbers(points.node)),
        phases=("int2", _numbers(points.phases)),
        customers=("int4", _numbers(points.customers)),
        peak_w=("float4", _known(points.peak_w)),
        service_class=("text", _texts(points.service_class)),
        priority=("text", _texts(points.priority)),
        transformer=("int4", _references(points.transformer)),
        geometry=("bytea", _points(points.xy)),
    )


def _sources(data: NetworkData) -> Table:
    sources = data.sources
    return _table(
        "sources",
        "mrid",
        row=("int4", _numbers(np.arange(len(sources.mrid)))),
        mrid=("text", _texts(sources.mrid)),
        node=("int4", _numbers(sources.node)),
        phases=("int2", _numbers(sources.phases)),
        kind=("text", _names(sources.kind, cim.SOURCE_KINDS)),
        substation=("int4", _references(sources.substation)),
        rated_va=("float4", _known(sources.rated_va)),
        in_service=("bool", _numbers(sources.in_service)),
    )


def _substations(data: NetworkData) -> Table:
    substations = data.substations
    return _table(
        "substations",
        "mrid",
        row=("int4", _numbers(np.arange(len(substations.mrid)))),
        mrid=("text", _texts(substations.mrid)),
        name=("text", _texts(substations.name)),
        rated_va=("float4", _known(substations.rated_va)),
        geometry=("bytea", _points(substations.xy)),
    )


def _feeders(data: NetworkData) -> Table:
    feeders = data.feeders
    return _table(
        "feeders",
        "mrid",
        row=("int4", _numbers(np.arange(len(feeders.mrid)))),
        mrid=("text", _texts(feeders.mrid)),
        name=("text", _texts(feeders.name)),
        substation=("int4", _references(feeders.substation)),
        head=("int4", _references(feeders.head)),
    )


def _topology(twin: Mirrored) -> list[Table]:
    """Return where every node, feeder and piece of equipment stands in the current state."""
    data, conduction = twin.network.data, twin.current.conduction
    points = data.usage_points
    count = len(data.nodes.mrid)
    customers = np.bincount(points.node, points.customers, count).astype(np.int32)
    tree = supply_tree(conduction, data.feeders.head, customers)
    segments = np.arange(len(tree.root))
    feeder = np.full(count + 1, -1, dtype=np.int32)
    heads = tree.child[data.feeders.head]
    feeder[heads] = np.arange(len(heads), dtype=np.int32)
    feeder[-1] = -1  # of segment 0, and of heads that nothing hangs on
    home = feeder_of_nodes(twin.normal, data)[0]
    nodes = np.flatnonzero(home >= 0)
    chords, equipment = tree.chords, data.equipment
    # The last entry is of those that nothing feeds.
    feed_mrid = np.append(equipment.mrid, b"").take(tree.feed)
    feed_kind = np.append(equipment.kind + 1, 0).take(tree.feed)
    return [
        _table(
            "node_topology",
            "node",
            node=("int4", _numbers(np.arange(count))),
            segment=("int4", _numbers(tree.segment)),
            ltin=("int4", _numbers(tree.ltin)),
            ltout=("int4", _numbers(tree.ltout)),
            parent=("int4", _numbers(tree.parent)),
            feed=("int4", _numbers(tree.feed)),
            depth=("int4", _numbers(tree.depth)),
            customers=("int4", _numbers(customers)),
            below=("int8", _numbers(tree.below)),
            feed_mrid=("text", _texts(feed_mrid)),
            feed_kind=("text", _names(feed_kind, ("", *cim.KIND_NAMES))),
        ),
        _table(
            "segments",
            "segment",
            segment=("int4", _numbers(segments)),
            feeder=("int4", _references(feeder[tree.root])),
            root=("int4", _references(tree.root)),
            hook=("int4", _references(tree.hook)),
            meshed=("bool", _numbers(tree.meshed)),
            version=("int8", _numbers(np.full(len(segments), twin.state.version))),
        ),
        _table(
            "equipment_topology",
            "equipment",
            equipment=("int4", _numbers(np.arange(len(tree.child)))),
            node_a=("int4", _numbers(conduction.node_a)),
            node_b=("int4", _numbers(conduction.node_b)),
            passes=("int2", _numbers(conduction.passes)),
            one_way=("int2", _numbers(conduction.one_way)),
            mixes=("int2", _numbers(conduction.mixes)),
            child=("int4", _numbers(tree.child)),
        ),
        _table(
            "chords",
            "equipment",
            equipment=("int4", _numbers(chords)),
            node_a=("int4", _numbers(conduction.node_a[chords])),
            node_b=("int4", _numbers(conduction.node_b[chords])),
        ),
        _table(
            "node_home",
            "node",
            node=("int4", _numbers(nodes)),
            feeder=("int4", _numbers(home[nodes])),
        ),
    ]


def state_rows(twin: Mirrored) -> list[tuple[str, int]]:
    """Return the equipment that stands otherwise than designed, and its open phases."""
    return [(mrid, phases.parse(text)) for mrid, text in sorted(twin.state.deviations.items())]


@dataclass(frozen=True, slots=True)
class _Values:
    """A column: how many values, and a way to make some of them."""

    count: int
    some: Callable[[slice], list[Any]]


def _table(name: str, key: str, /, **columns: tuple[str, _Values]) -> Table:
    return Table(
        name,
        key,
        {column: kind for column, (kind, _) in columns.items()},
        {column: values.some for column, (_, values) in columns.items()},
        next(iter(columns.values()))[1].count,
    )


def _numbers(values: NDArray[Any]) -> _Values:
    return _Values(len(values), lambda part: values[part].tolist())


def _texts(values: Strings) -> _Values:
    return _Values(len(values), lambda part: decode(values[part]).tolist())


def _names(codes: NDArray[np.uint8], names: tuple[str, ...]) -> _Values:
    words = np.array(names, dtype=object)
    return _Values(len(codes), lambda part: words[codes[part]].tolist())


def _references(rows: NDArray[np.integer[Any]]) -> _Values:
    return _Values(len(rows), lambda part: _or_none(rows[part], rows[part] < 0))


def _known(values: NDArray[np.floating[Any]]) -> _Values:
    return _Values(len(values), lambda part: _or_none(values[part], np.isnan(values[part])))


def _or_none(values: NDArray[Any], absent: NDArray[np.bool_]) -> list[Any]:
    found = values.astype(object)
    found[absent] = None
    return found.tolist()


def _points(xy: NDArray[np.float64]) -> _Values:
    return _Values(len(xy), lambda part: _wkb(np.asarray(shapely.points(xy[part]))))


def _lines(data: NetworkData) -> _Values:
    count = len(data.equipment.mrid)
    return _Values(count, lambda part: _wkb(equipment_lines(data, np.arange(count)[part])))


def _wkb(geometry: NDArray[np.object_]) -> list[bytes | None]:
    """Return geometry as EWKB; None for what has no place."""
    xy, owner = shapely.get_coordinates(geometry, return_index=True)
    nowhere = np.isnan(np.bincount(owner, weights=xy.sum(axis=1), minlength=len(geometry)))
    found = shapely.to_wkb(shapely.set_srid(geometry, WGS84), include_srid=True)
    found[nowhere] = None
    return found.tolist()

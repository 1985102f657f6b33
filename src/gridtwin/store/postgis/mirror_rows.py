"""Turn the columns of a network, and its topology, into rows of the tables in PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.model import cim, phases
from gridtwin.model.frames import equipment_courses
from gridtwin.model.network import NOTHING_LOADED
from gridtwin.model.schema import OWN_FIELD, SCHEMA
from gridtwin.model.state import CURRENT
from gridtwin.store.postgis.binary_copy import (
    Lines,
    Names,
    Numbers,
    Points,
    Texts,
    hash_rows,
    stream_copy,
)
from gridtwin.store.postgis.origin_copying import build_origin_columns
from gridtwin.store.postgis.own_copying import OwnObjects
from gridtwin.topology.index_updates import update_index
from gridtwin.topology.membership import find_feeders_of_nodes
from gridtwin.topology.meshed_core import live_phases
from gridtwin.topology.supply_tree import build_supply_tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from gridtwin.model.findings import LoadFindings
    from gridtwin.model.network import Network
    from gridtwin.model.network_loads import NetworkLoad
    from gridtwin.model.schema import ColumnKind, FrameColumn
    from gridtwin.model.state import State, SwitchEvent
    from gridtwin.model.tables import NetworkData
    from gridtwin.store.edition_records import Carry
    from gridtwin.store.postgis.binary_copy import Column
    from gridtwin.store.protocol import Store
    from gridtwin.topology.topology_index import TopologyIndex


# How the database holds the columns of frames, but for their places.
SQL_TYPES: dict[ColumnKind, str] = {
    **dict.fromkeys(("id", "text", "label", "word"), "text"),
    **dict.fromkeys(("phases", "open phases"), "int2"),
    **dict.fromkeys(("count", "row"), "int4"),
    "number": "float4",
    "flag": "bool",
}


@dataclass(frozen=True, slots=True)
class Mirrored:
    """All that a mirror holds of a twin."""

    network: Network
    normal: TopologyIndex  # topology as designed
    current: TopologyIndex  # topology in the current state
    state: State  # the current state
    overlays: tuple[State, ...] = ()
    events: tuple[SwitchEvent, ...] = ()  # operations that led to the current state
    specs: Mapping[str, str] = field(default_factory=dict)  # trace specs by name
    loads: tuple[NetworkLoad, ...] = ()  # that brought the network
    carry: Carry | None = None  # says what becomes of what the database holds beside
    loaded: LoadFindings = NOTHING_LOADED  # of its source, and what is accepted
    follows: bool = False  # whether `state` is that of the database, read before


def gather_mirror(store: Store, state: State | None = None) -> Mirrored:
    """
    Return all that a mirror holds of the twin of a store.

    Parameters
    ----------
    store
        Where the twin is kept.
    state
        The current state of the mirror, to be kept; by default that of the store is mirrored.

    Raises
    ------
    NotFoundError
        If the state names equipment that the network does not have.
    """
    current = state or store.states.read_state(CURRENT)
    network, normal = store.network, store.read_index()
    events = () if state else store.states.list_events()
    return Mirrored(
        network=network,
        normal=normal,
        current=switch_index(network, normal, current),
        state=current,
        overlays=tuple(store.states.read_state(name) for name in store.states.list_names()[2:]),
        events=tuple(event for event in events if event.version <= current.version),
        specs={name: store.specs.read_spec(name) for name in store.specs.list_names()},
        loads=tuple(store.loads.list_loads()),
        loaded=store.findings.read_findings(),
        follows=state is not None,
    )


def switch_index(network: Network, normal: TopologyIndex, state: State) -> TopologyIndex:
    """Return the topology of a network in a state, from that of its design."""
    mask = state.open_mask(network)
    changed = np.flatnonzero(mask != network.data.equipment.normal_open)
    return update_index(normal, network.data, mask, changed) if len(changed) else normal


@dataclass(frozen=True)
class Table:
    """The rows of one table, as columns."""

    name: str
    key: str  # column that names a row
    place: str  # column with the place of each row, rising from 0 on; empty where none has it
    columns: dict[str, Column]
    count: int

    @cached_property
    def fingerprints(self) -> NDArray[np.uint64]:
        """A number for each row that tells its content from others."""
        return hash_rows(list(self.columns.values()))

    @cached_property
    def place_fingerprints(self) -> NDArray[np.uint64]:
        """The fingerprint of the row at each place, 0 where there is none."""
        places = self._places
        if not len(places) or places[-1] == self.count - 1:
            return self.fingerprints
        fingerprints = np.zeros(places[-1] + 1, dtype=np.uint64)
        fingerprints[places] = self.fingerprints
        return fingerprints

    def find_rows(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the rows at some of the places, in order."""
        wanted = np.zeros(
            max(len(self.place_fingerprints), places.max(initial=-1) + 1), dtype=np.bool_
        )
        wanted[places] = True
        return np.flatnonzero(wanted[self._places])

    def format_key(self, row: int) -> str:
        """Return the key of a row."""
        column = self.columns[self.key]
        key = column.values[row] if isinstance(column, Numbers | Texts) else row
        return key.decode(errors="replace") if isinstance(key, bytes) else str(key)

    @property
    def _places(self) -> NDArray[np.integer[Any]]:
        column = self.columns.get(self.place)
        return column.values if isinstance(column, Numbers) else np.arange(self.count)

    def stream_copy(self, rows: NDArray[np.integer[Any]] | None = None) -> Iterator[memoryview]:
        """Yield what COPY reads: all rows, or those at some places."""
        return stream_copy(list(self.columns.values()), rows)


def build_tables(twin: Mirrored) -> list[Table]:
    """Return every table of a mirror, in the order in which they are written."""
    return [*build_frame_tables(twin.network.data), *_build_topology(twin)]


def build_frame_tables(data: NetworkData) -> list[Table]:
    """Return the tables of the six frames."""
    return [_build_frame_table(data, name) for name in SCHEMA]


def _build_frame_table(data: NetworkData, name: str) -> Table:
    count = len(getattr(data, name).mrid)
    copied = {each.name: _build_column(data, name, each) for each in SCHEMA[name].columns}
    own = OwnObjects(getattr(data, name).own, count)
    # Behind the others: where there is none, the fingerprints are those without it.
    beside = {OWN_FIELD: own, **build_origin_columns(getattr(data, name).origins, count)}
    return Table(name, "mrid", "row", {"row": _build_counter(count), **copied, **beside}, count)


def _build_column(data: NetworkData, name: str, column: FrameColumn) -> Column:
    """Return a column of a frame as COPY writes it."""
    if column.kind == "line":
        return _build_courses(data)
    values = getattr(getattr(data, name), column.fields[0])
    match column.kind:
        case "point":
            return Points(values)
        case "number":
            return Numbers(SQL_TYPES["number"], values, np.isnan(values))
        case "word":
            return Names(values, column.words)
        case "row":
            return _build_references(values)
    kind = SQL_TYPES[column.kind]
    return Texts(values) if kind == "text" else Numbers(kind, values)


def _build_topology(twin: Mirrored) -> list[Table]:
    """Return where every node, feeder and piece of equipment stands in the current state."""
    data, conduction = twin.network.data, twin.current.conduction
    meters = data.usage_points
    count = len(data.nodes.mrid)
    customers = np.bincount(meters.node, meters.customers, count).astype(np.int32)
    tree = build_supply_tree(conduction, data.feeders.head, twin.current.weight)
    # A feeder keeps its number when others come and go; -1 stays -1.
    segment = np.append(tree.feeder + 1, np.int32(-1))
    head = np.append(data.feeders.head, np.int32(-1))[tree.feeder]
    feeder = np.where(tree.feed[tree.root] == head, tree.feeder, np.int32(-1))
    laid = np.argsort(segment[:-1])
    home = find_feeders_of_nodes(twin.normal, data)[0]
    nodes = np.flatnonzero(home >= 0)
    chords, equipment = tree.chords, data.equipment
    # The last entry is of those that nothing feeds.
    feed_mrid = np.append(equipment.mrid, b"").take(tree.feed)
    feed_kind = np.append(equipment.kind + 1, 0).take(tree.feed)
    return [
        _build_numbered_table(
            "node_topology",
            "node",
            count,
            segment=Numbers("int4", segment.take(tree.segment)),
            ltin=Numbers("int4", tree.ltin),
            ltout=Numbers("int4", tree.ltout),
            parent=Numbers("int4", tree.parent),
            feed=Numbers("int4", tree.feed),
            depth=Numbers("int4", tree.depth),
            customers=Numbers("int4", customers),
            below=Numbers("int8", tree.below),
            feed_mrid=Texts(feed_mrid),
            feed_kind=Names(feed_kind, ("", *cim.KIND_NAMES)),
            designed=Numbers("int2", twin.current.designed),
            live=Numbers("int2", live_phases(twin.current.mask)),
            served=Numbers("int4", twin.current.weight),
        ),
        Table(
            "segments",
            "segment",
            "segment",
            {
                "segment": Numbers("int4", segment[laid]),
                "feeder": _build_references(feeder[laid]),
                "root": _build_references(tree.root[laid]),
                "hook": _build_references(tree.hook[laid]),
                "meshed": Numbers("bool", tree.meshed[laid]),
            },
            len(laid),
        ),
        _build_numbered_table(
            "equipment_topology",
            "equipment",
            len(tree.child),
            node_a=Numbers("int4", conduction.node_a),
            node_b=Numbers("int4", conduction.node_b),
            passes=Numbers("int2", conduction.passes),
            one_way=Numbers("int2", conduction.one_way),
            mixes=Numbers("int2", conduction.mixes),
            child=Numbers("int4", tree.child),
        ),
        Table(
            "chords",
            "equipment",
            "",
            {
                "equipment": Numbers("int4", chords),
                "node_a": Numbers("int4", conduction.node_a[chords]),
                "node_b": Numbers("int4", conduction.node_b[chords]),
            },
            len(chords),
        ),
        Table(
            "node_home",
            "node",
            "node",
            {"node": Numbers("int4", nodes), "feeder": Numbers("int4", home[nodes])},
            len(nodes),
        ),
    ]


def _build_numbered_table(name: str, key: str, count: int, /, **columns: Column) -> Table:
    return Table(name, key, key, {key: _build_counter(count), **columns}, count)


def list_state_rows(state: State) -> list[tuple[str, int]]:
    """Return the equipment that stands otherwise than designed, and its open phases."""
    return [(mrid, phases.parse_phases(text)) for mrid, text in sorted(state.deviations.items())]


def _build_counter(count: int) -> Column:
    return Numbers("int4", np.arange(count, dtype=np.int32))


def _build_references(rows: NDArray[np.integer[Any]]) -> Column:
    absent = rows < 0
    return Numbers("int4", rows, absent if absent.any() else None)


def _build_courses(data: NetworkData) -> Column:
    every = np.arange(len(data.equipment.mrid))

    def select_courses(rows: slice | NDArray[np.integer[Any]]) -> tuple[NDArray[np.int64], Any]:
        counts, xy = equipment_courses(data, every[rows])
        return np.concatenate([[0], np.cumsum(counts)]), xy

    return Lines(len(every), select_courses)

"""Read a whole network back from its mirror, column by column, as it was written."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridtwin.errors import StoreError
from gridtwin.model import cim
from gridtwin.model.network import Network
from gridtwin.model.tables import (
    Equipment,
    Feeders,
    NetworkData,
    Nodes,
    Sources,
    Substations,
    UsagePoints,
)

if TYPE_CHECKING:
    from typing import LiteralString

    import psycopg
    from numpy.typing import NDArray

    from gridtwin.model.tables import Strings

PLACE: LiteralString = "ST_X(geometry) AS x, ST_Y(geometry) AS y"
TYPES = {
    "text": "binary",
    "int4": "int32",
    "int2": "int16",
    "float4": "float32",
    "float8": "float64",
    "bool": "bool_",
}


def read_network(connection: psycopg.Connection[Any]) -> Network:
    """
    Return the network that a database mirrors.

    Parameters
    ----------
    connection
        To the database, in a transaction that sees one snapshot.

    Raises
    ------
    StoreError
        If the database mirrors none yet, or its rows do not fit together.
    """
    row = connection.execute("SELECT crs FROM gridtwin.network").fetchone()
    if row is None:
        msg = "the database holds no network yet: bring one in with gridtwin sync TWIN URL"
        raise StoreError(msg)
    nodes = _nodes(connection)
    data = NetworkData(
        nodes=nodes,
        equipment=_equipment(connection, nodes),
        usage_points=_usage_points(connection),
        sources=_sources(connection),
        substations=_substations(connection),
        feeders=_feeders(connection),
    )
    _check_references(data)
    return Network(data, crs=row[0])


def _nodes(connection: psycopg.Connection[Any]) -> Nodes:
    found = _Frame(connection, "nodes", f"mrid, nominal_v, {PLACE}")
    return Nodes(mrid=found.texts("mrid"), xy=found.places(), nominal_v=found.floats("nominal_v"))


def _equipment(connection: psycopg.Connection[Any], nodes: Nodes) -> Equipment:
    found = _Frame(
        connection,
        "equipment",
        "mrid, kind, node_a, node_b, phases, normal_open, name, rated_a, rated_va, length_m,"
        " placement, control, in_service, vector_group,"
        " encode(ST_AsBinary(geometry, 'NDR'), 'hex') AS line",
    )
    node_a, node_b = found.references("node_a"), found.references("node_b")
    start, xy = _courses(found.texts("line"), _at(nodes, node_a), _at(nodes, node_b))
    return Equipment(
        mrid=found.texts("mrid"),
        kind=found.codes("kind", cim.KIND_NAMES),
        node_a=node_a,
        node_b=node_b,
        phases=found.bits("phases"),
        normal_open=found.bits("normal_open"),
        name=found.texts("name"),
        rated_a=found.floats("rated_a"),
        rated_va=found.floats("rated_va"),
        length_m=found.floats("length_m"),
        placement=found.codes("placement", cim.PLACEMENTS),
        control=found.codes("control", cim.CONTROLS),
        in_service=found.flags("in_service"),
        vector_group=found.texts("vector_group"),
        line_start=start,
        line_xy=xy,
    )


def _at(nodes: Nodes, rows: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return the places of nodes; anywhere for rows that are not there, which is checked later."""
    return nodes.xy.take(rows, axis=0, mode="clip")


def _courses(
    wkb: Strings, a: NDArray[np.float64], b: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return lines as ragged coordinates; one straight from node to node is left out."""
    lines = np.full(len(wkb), None, dtype=object)
    known = wkb != b""
    lines[known] = shapely.from_wkb(wkb[known].astype(np.str_).astype(object))
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    counts = np.bincount(owner, minlength=len(wkb)).astype(np.int64)
    first = np.cumsum(counts) - counts
    straight = counts == 2
    at = first[straight]
    straight[straight] = ((xy[at] == a[straight]) & (xy[at + 1] == b[straight])).all(axis=1)
    counts[straight] = 0
    start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return start, xy[~straight[owner]]


def _usage_points(connection: psycopg.Connection[Any]) -> UsagePoints:
    found = _Frame(
        connection,
        "usage_points",
        "mrid, node, phases, name, customers, peak_w, service_class, priority, transformer,"
        f" {PLACE}",
    )
    return UsagePoints(
        mrid=found.texts("mrid"),
        node=found.references("node"),
        phases=found.bits("phases"),
        name=found.texts("name"),
        customers=found.references("customers"),
        peak_w=found.floats("peak_w"),
        service_class=found.texts("service_class"),
        priority=found.texts("priority"),
        transformer=found.references("transformer"),
        xy=found.places(),
    )


def _sources(connection: psycopg.Connection[Any]) -> Sources:
    found = _Frame(
        connection, "sources", "mrid, node, phases, kind, substation, rated_va, in_service"
    )
    return Sources(
        mrid=found.texts("mrid"),
        node=found.references("node"),
        phases=found.bits("phases"),
        kind=found.codes("kind", cim.SOURCE_KINDS),
        substation=found.references("substation"),
        rated_va=found.floats("rated_va"),
        in_service=found.flags("in_service"),
    )


def _substations(connection: psycopg.Connection[Any]) -> Substations:
    found = _Frame(connection, "substations", f"mrid, name, rated_va, {PLACE}")
    return Substations(
        mrid=found.texts("mrid"),
        name=found.texts("name"),
        xy=found.places(),
        rated_va=found.floats("rated_va"),
    )


def _feeders(connection: psycopg.Connection[Any]) -> Feeders:
    found = _Frame(connection, "feeders", "mrid, name, substation, head")
    return Feeders(
        mrid=found.texts("mrid"),
        name=found.texts("name"),
        substation=found.references("substation"),
        head=found.references("head"),
    )


class _Frame:
    """The columns of one table, in the order of its rows."""

    def __init__(
        self, connection: psycopg.Connection[Any], table: str, columns: LiteralString
    ) -> None:
        import pyarrow as pa
        import pyarrow.csv
        from psycopg import sql

        query = sql.SQL("SELECT row, {} FROM {} ORDER BY row").format(
            sql.SQL(columns), sql.Identifier("gridtwin", table)
        )
        shape = connection.execute(sql.SQL("SELECT * FROM ({}) t LIMIT 0").format(query))
        names = [(column.name, column.type_display) for column in shape.description or ()]
        buffer = io.BytesIO()
        copied = sql.SQL("COPY ({}) TO STDOUT (FORMAT CSV)").format(query)
        with connection.cursor() as cursor, cursor.copy(copied) as copy:
            for block in copy:
                buffer.write(block)
        if not buffer.tell():
            self._columns = {
                name: pa.chunked_array([], getattr(pa, TYPES[kind])()) for name, kind in names
            }
            return
        buffer.seek(0)
        read = pyarrow.csv.read_csv(
            buffer,
            read_options=pyarrow.csv.ReadOptions(column_names=[name for name, _ in names]),
            parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types={name: getattr(pa, TYPES[kind])() for name, kind in names},
                strings_can_be_null=False,
                null_values=[""],
                true_values=["t"],
                false_values=["f"],
            ),
        )
        self._columns = {name: read.column(name) for name, _ in names}
        row = self.references("row")
        if not np.array_equal(row, np.arange(len(row))):
            msg = f"rows are missing from gridtwin.{table}: sync the database again"
            raise StoreError(msg)

    def texts(self, name: str) -> Strings:
        values = self._columns[name].to_pylist()
        return np.array(values, dtype=np.bytes_) if values else np.empty(0, dtype="S1")

    def codes(self, name: str, names: tuple[str, ...]) -> NDArray[np.uint8]:
        code = {word.encode(): at for at, word in enumerate(names)}
        found = self._columns[name].combine_chunks().dictionary_encode()
        known = np.array([code[word.as_py()] for word in found.dictionary], dtype=np.uint8)
        return known[found.indices.to_numpy()] if len(found) else np.empty(0, dtype=np.uint8)

    def references(self, name: str) -> NDArray[np.int32]:
        return self._columns[name].fill_null(-1).to_numpy().astype(np.int32)

    def bits(self, name: str) -> NDArray[np.uint8]:
        return self._columns[name].to_numpy().astype(np.uint8)

    def flags(self, name: str) -> NDArray[np.bool_]:
        return self._columns[name].to_numpy().astype(np.bool_)

    def floats(self, name: str) -> NDArray[np.float32]:
        return self._columns[name].to_numpy().astype(np.float32)

    def places(self) -> NDArray[np.float64]:
        x, y = (self._columns[name].to_numpy().astype(np.float64) for name in "xy")
        return np.stack([x, y], axis=1)


def _check_references(data: NetworkData) -> None:
    """Refuse rows that refer to what is not there."""
    nodes, equipment = len(data.nodes.mrid), len(data.equipment.mrid)
    substations = len(data.substations.mrid)
    for table, column, count, least in (
        ("equipment", "node_a", nodes, 0),
        ("equipment", "node_b", nodes, 0),
        ("usage_points", "node", nodes, 0),
        ("usage_points", "transformer", equipment, -1),
        ("sources", "node", nodes, 0),
        ("sources", "substation", substations, -1),
        ("feeders", "head", equipment, 0),
        ("feeders", "substation", substations, -1),
    ):
        values = getattr(getattr(data, table), column)
        wrong = np.flatnonzero((values < least) | (values >= count))
        if len(wrong):
            mrid = getattr(data, table).mrid[wrong[0]].decode()
            msg = (
                f"gridtwin.{table} {mrid}: {column} {values[wrong[0]]} is not there: sync the"
                " database again"
            )
            raise StoreError(msg)

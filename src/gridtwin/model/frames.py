"""Turn frames into columns, finding every fault on the way, and columns back into frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridtwin.errors import CrsError, NetworkError
from gridtwin.model import cim, mending, phases, validate
from gridtwin.model.column_names import REQUIRED, tell_unread
from gridtwin.model.columns import Faults, FrameColumns
from gridtwin.model.tables import (
    Equipment,
    Feeders,
    NetworkData,
    Nodes,
    Sources,
    Substations,
    UsagePoints,
    decode,
)

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from gridtwin.model.notices import Notice
    from gridtwin.model.tables import Strings

WGS84 = "EPSG:4326"
PLANAR = "none"
# What files that gridtwin writes say of themselves: letters in this column name phases.
LETTERED = {"normal_open": "phases"}
FrameMaker = Callable[[dict[str, Any], "str | None"], "pd.DataFrame"]


def read_frames(
    frames: Mapping[str, Any], *, crs: str | None, where: str = ""
) -> tuple[NetworkData, str | None, list[Notice]]:
    """
    Return the tables of six frames, the coordinate system they are now in, and what was mended.

    Raises
    ------
    NetworkError
        With every fault of every frame.
    CrsError
        If the coordinate system is unknown.
    """
    faults = Faults()
    given = {name: FrameColumns(name, frames.get(name), faults) for name in REQUIRED}
    for name, columns in given.items():
        columns.require(REQUIRED[name], optional_frame=name not in {"nodes", "equipment"})
    if faults.found:
        raise NetworkError(faults.found, where)
    source_crs = _crs_of(given, crs)
    data = _tables(given, projector(source_crs))
    mending.require_places(data, given["nodes"])
    validate.check(data, given, faults, geographic=source_crs is not None)
    if faults.found:
        raise NetworkError(faults.found, where)
    data = mending.without_unused_nodes(data, given["nodes"])
    notices = tell_unread({name: columns.names for name, columns in given.items()})
    return data, None if source_crs is None else WGS84, notices + faults.notices


def _crs_of(given: Mapping[str, FrameColumns], crs: str | None) -> str | None:
    """Return what the coordinates are in: a CRS text, or None when they are planar."""
    if crs is not None:
        return None if crs.casefold() == PLANAR else crs
    stated = [columns.crs for columns in given.values() if columns.crs is not None]
    return stated[0] if stated else WGS84


def projector(
    crs: str | None,
) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """
    Return the function that brings (n, 2) coordinates of `crs` to longitude and latitude.

    Raises
    ------
    CrsError
        If pyproj does not know `crs`.
    """
    if crs is None or crs.upper() == WGS84:
        return lambda xy: xy
    import pyproj

    try:
        source = pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError as error:
        msg = (
            f"{crs!r} is no coordinate system known to pyproj: give one such as EPSG:2278, or none"
        )
        raise CrsError(msg) from error
    if source.equals(pyproj.CRS.from_epsg(4326), ignore_axis_order=True):
        return lambda xy: xy
    transform = pyproj.Transformer.from_crs(source, WGS84, always_xy=True).transform

    def project(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(transform(xy[:, 0], xy[:, 1])) if len(xy) else xy

    return project


def _tables(
    given: Mapping[str, FrameColumns],
    project: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> NetworkData:
    nodes = given["nodes"]
    node_table = Nodes(
        mrid=nodes.mrid(),
        xy=project(nodes.points()),
        nominal_v=nodes.numbers("nominal_v", least=0),
    )
    equipment_table = _equipment(given["equipment"], node_table.mrid, project)
    node_table = mending.place_nodes(node_table, equipment_table, nodes)
    substations = given["substations"]
    substation_table = Substations(
        mrid=substations.mrid(),
        name=substations.texts("name"),
        xy=project(substations.points()),
        rated_va=substations.numbers("rated_va", least=0),
    )
    points = given["usage_points"]
    node = points.references("node", node_table.mrid, "node")
    xy = points.points()
    usage_points = UsagePoints(
        mrid=points.mrid(),
        node=node,
        phases=points.phases("phases"),
        name=points.texts("name"),
        customers=points.counts("customers", default=1),
        peak_w=points.numbers("peak_w", least=0),
        service_class=points.texts("service_class"),
        priority=points.labels("priority"),
        transformer=points.references(
            "transformer", equipment_table.mrid, "equipment", optional=True
        ),
        xy=_or_node(project(xy), node, node_table.xy),
    )
    sources = given["sources"]
    source_table = Sources(
        mrid=sources.mrid(),
        node=sources.references("node", node_table.mrid, "node"),
        phases=sources.phases("phases"),
        kind=sources.choices("kind", cim.SOURCE_KINDS, default="substation"),
        substation=sources.references(
            "substation", substation_table.mrid, "substation", optional=True
        ),
        rated_va=sources.numbers("rated_va", least=0),
        in_service=sources.flags("in_service", default=True),
    )
    feeders = given["feeders"]
    feeder_table = Feeders(
        mrid=feeders.mrid(),
        name=feeders.texts("name"),
        substation=feeders.references(
            "substation", substation_table.mrid, "substation", optional=True
        ),
        head=feeders.references("head", equipment_table.mrid, "equipment"),
    )
    return NetworkData(
        node_table, equipment_table, usage_points, source_table, substation_table, feeder_table
    )


def _equipment(
    frame: FrameColumns,
    node_mrid: Strings,
    project: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> Equipment:
    kind = frame.choices("kind", cim.KIND_NAMES)
    recorded = frame.phases("phases")
    start, xy = frame.lines()
    control = frame.choices("control", cim.CONTROLS, default="")
    return Equipment(
        mrid=frame.mrid(),
        kind=kind,
        node_a=frame.references("node_a", node_mrid, "node"),
        node_b=frame.references("node_b", node_mrid, "node"),
        phases=recorded,
        normal_open=frame.open_phases("normal_open", recorded),
        name=frame.texts("name"),
        rated_a=frame.numbers("rated_a", least=0),
        rated_va=frame.numbers("rated_va", least=0),
        length_m=frame.numbers("length_m", least=0),
        placement=frame.choices("placement", cim.PLACEMENTS, default=""),
        control=np.where(frame.has_text("control"), control, cim.USUAL_CONTROL[kind]),
        in_service=frame.flags("in_service", default=True),
        vector_group=frame.texts("vector_group"),
        line_start=start,
        line_xy=project(xy),
    )


def _or_node(
    xy: NDArray[np.float64], node: NDArray[np.int32], node_xy: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return `xy`, with the place of the node where a point has none of its own."""
    if not len(node_xy):
        return xy
    return np.where(np.isnan(xy), node_xy[node], xy)


def plain_frame(columns: dict[str, Any], crs: str | None) -> pd.DataFrame:
    """Return columns as a pandas DataFrame; its ``attrs["crs"]`` says where the geometry lies."""
    import pandas as pd

    frame = pd.DataFrame(columns)
    frame.attrs["crs"] = crs
    return mark_letters(frame)


def mark_letters(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame that says of itself, also in a file, that its open phases are letters."""
    if "normal_open" in frame:
        frame.attrs |= LETTERED
    return frame


def _named(mrids: Strings, rows: NDArray[np.int32]) -> NDArray[np.str_]:
    """Return the mRID at each row; an empty text for -1."""
    names = np.append(decode(mrids), "")
    return names[rows]


def _phase_texts(masks: NDArray[np.uint8]) -> NDArray[np.object_]:
    return phases.TEXTS[masks & 63]


def node_columns(data: NetworkData) -> dict[str, Any]:
    """Return the columns of the `nodes` frame."""
    nodes = data.nodes
    return {
        "mrid": decode(nodes.mrid).astype(object),
        "nominal_v": nodes.nominal_v,
        "geometry": shapely.points(nodes.xy),
    }


def equipment_columns(data: NetworkData) -> dict[str, Any]:
    """Return the columns of the `equipment` frame."""
    equipment = data.equipment
    node_mrid = decode(data.nodes.mrid).astype(object)
    return {
        "mrid": decode(equipment.mrid).astype(object),
        "kind": np.array(cim.KIND_NAMES, dtype=object)[equipment.kind],
        "node_a": node_mrid[equipment.node_a],
        "node_b": node_mrid[equipment.node_b],
        "phases": _phase_texts(equipment.phases),
        "normal_open": _phase_texts(equipment.normal_open),
        "name": decode(equipment.name).astype(object),
        "rated_a": equipment.rated_a,
        "rated_va": equipment.rated_va,
        "length_m": equipment.length_m,
        "placement": np.array(cim.PLACEMENTS, dtype=object)[equipment.placement],
        "control": np.array(cim.CONTROLS, dtype=object)[equipment.control],
        "in_service": equipment.in_service,
        "vector_group": decode(equipment.vector_group).astype(object),
        "geometry": equipment_lines(data),
    }


def equipment_lines(
    data: NetworkData, rows: NDArray[np.integer[Any]] | None = None
) -> NDArray[np.object_]:
    """
    Return the LineString of each piece of equipment, from its node a to its node b.

    Parameters
    ----------
    data
        The network's tables.
    rows
        The rows wanted; all by default.
    """
    if rows is None:
        rows = np.arange(len(data.equipment.mrid))
    if not len(rows):
        return np.empty(0, dtype=object)
    counts, coordinates = equipment_courses(data, rows)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    return np.asarray(
        shapely.from_ragged_array(shapely.GeometryType.LINESTRING, coordinates, (offsets,))
    )


def equipment_courses(
    data: NetworkData, rows: NDArray[np.integer[Any]]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return how many points the line of each row has, and the points of all, shape (k, 2)."""
    equipment, xy = data.equipment, data.nodes.xy
    drawn = equipment.line_start[rows + 1] - equipment.line_start[rows]
    ends = np.stack([xy[equipment.node_a[rows]], xy[equipment.node_b[rows]]], axis=1)
    counts = np.where(drawn == 0, 2, drawn)
    if not drawn.any():
        return counts, ends.reshape(-1, 2)
    first = np.cumsum(counts) - counts
    owner = np.repeat(np.arange(len(rows)), counts)
    within = np.arange(len(owner)) - first[owner]
    coordinates = np.empty((len(owner), 2))
    straight = drawn[owner] == 0
    coordinates[straight] = ends[owner[straight], within[straight]]
    bent = ~straight
    coordinates[bent] = equipment.line_xy[equipment.line_start[rows][owner[bent]] + within[bent]]
    return counts, coordinates


def usage_point_columns(data: NetworkData) -> dict[str, Any]:
    """Return the columns of the `usage_points` frame."""
    points = data.usage_points
    return {
        "mrid": decode(points.mrid).astype(object),
        "node": _named(data.nodes.mrid, points.node).astype(object),
        "phases": _phase_texts(points.phases),
        "name": decode(points.name).astype(object),
        "customers": points.customers,
        "peak_w": points.peak_w,
        "service_class": decode(points.service_class).astype(object),
        "priority": decode(points.priority).astype(object),
        "transformer": _named(data.equipment.mrid, points.transformer).astype(object),
        "geometry": shapely.points(points.xy),
    }


def source_columns(data: NetworkData) -> dict[str, Any]:
    """Return the columns of the `sources` frame."""
    sources = data.sources
    return {
        "mrid": decode(sources.mrid).astype(object),
        "node": _named(data.nodes.mrid, sources.node).astype(object),
        "phases": _phase_texts(sources.phases),
        "kind": np.array(cim.SOURCE_KINDS, dtype=object)[sources.kind],
        "substation": _named(data.substations.mrid, sources.substation).astype(object),
        "rated_va": sources.rated_va,
        "in_service": sources.in_service,
    }


def substation_columns(data: NetworkData) -> dict[str, Any]:
    """Return the columns of the `substations` frame."""
    substations = data.substations
    return {
        "mrid": decode(substations.mrid).astype(object),
        "name": decode(substations.name).astype(object),
        "rated_va": substations.rated_va,
        "geometry": shapely.points(substations.xy),
    }


def feeder_columns(data: NetworkData) -> dict[str, Any]:
    """Return the columns of the `feeders` frame."""
    feeders = data.feeders
    return {
        "mrid": decode(feeders.mrid).astype(object),
        "name": decode(feeders.name).astype(object),
        "substation": _named(data.substations.mrid, feeders.substation).astype(object),
        "head": _named(data.equipment.mrid, feeders.head).astype(object),
    }

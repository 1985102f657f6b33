"""Turn frames into columns, finding every fault on the way, and columns back into frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridtwin.errors import CrsError, Fault, NetworkError
from gridtwin.model import mending, phases, validate
from gridtwin.model.column_names import find_own, tell_misspelt
from gridtwin.model.columns import FrameColumns
from gridtwin.model.faults import Faults
from gridtwin.model.notices import Notice
from gridtwin.model.own_columns import check_names, read_own
from gridtwin.model.schema import GEOMETRY, SCHEMA
from gridtwin.model.tables import NetworkData, decode_texts

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from gridtwin.model.own_columns import OwnColumn
    from gridtwin.model.schema import FrameColumn
    from gridtwin.model.tables import Strings

WGS84 = "EPSG:4326"
PLANAR = "none"
# What files that gridtwin writes say of themselves: letters in this column name phases.
LETTERED_MARKS = {"normal_open": "phases"}
# The mark of the columns, between commas, that say what was computed and are not the network's.
COMPUTED_MARK = "computed"
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
    given = {name: FrameColumns(name, frames.get(name), faults) for name in SCHEMA}
    for name, columns in given.items():
        columns.require_columns()
        own = find_own(list(dict.fromkeys(columns.names)), name)
        faults.found += [Fault(name, 0, "", reason) for reason in check_names(own)]
    if faults.found:
        raise NetworkError(faults.found, where)
    source_crs = _crs_of(given, crs)
    project = make_projector(source_crs)
    data = NetworkData(**{name: _read_table(given, name, project, faults) for name in SCHEMA})
    data = mending.place_at_references(mending.place_nodes(data, given["nodes"]))
    mending.require_places(data, given["nodes"])
    validate.check_network(data, given, faults, geographic=source_crs is not None)
    if faults.found:
        raise NetworkError(faults.found, where)
    data = mending.without_unused_nodes(data, given["nodes"])
    notices = tell_misspelt({name: columns.names for name, columns in given.items()})
    return data, None if source_crs is None else WGS84, notices + faults.notices


def _crs_of(given: Mapping[str, FrameColumns], crs: str | None) -> str | None:
    """Return what the coordinates are in: a CRS text, or None when they are planar."""
    if crs is not None:
        return None if crs.casefold() == PLANAR else crs
    stated = [columns.crs for columns in given.values() if columns.crs is not None]
    return stated[0] if stated else WGS84


def make_projector(
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

    def project_points(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(transform(xy[:, 0], xy[:, 1])) if len(xy) else xy

    return project_points


def _read_table(
    given: Mapping[str, FrameColumns],
    name: str,
    project: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    faults: Faults,
) -> Any:
    """Return the table of a frame; what is no value of its column is noted as a fault."""
    frame, read = given[name], dict[str, Any]()
    for column in SCHEMA[name].columns:
        if column.kind == "line":
            start, xy = frame.read_lines()
            read |= zip(column.fields, (start, project(xy)), strict=True)
        elif column.kind == "point":
            read[column.fields[0]] = project(frame.read_points())
        elif column.usual is not None:
            other, usual = column.usual
            read[column.name] = _read_column(given, name, column, usual[read[other]], read)
        else:
            otherwise = column.make_blank(frame.count)
            read[column.name] = _read_column(given, name, column, otherwise, read)
    return SCHEMA[name].table(**read, own=_read_own(frame, faults))


def _read_own(frame: FrameColumns, faults: Faults) -> dict[str, OwnColumn]:
    """Return the columns of a frame that are its owner's; what cannot be kept is told."""
    kept: dict[str, OwnColumn] = {}
    for column in find_own(frame.names, frame.name):
        try:
            kept[column] = read_own(frame.give_column(column))
        except ValueError as error:
            faults.notices.append(
                Notice(
                    "unread_column",
                    f"{frame.name}: column {column} is not kept: {error}",
                    f"change it, or say {column}= as a column option",
                )
            )
    return kept


def _read_column(  # noqa: C901, PLR0911 - one return for each kind of column
    given: Mapping[str, FrameColumns],
    name: str,
    column: FrameColumn,
    otherwise: NDArray[Any],
    read: Mapping[str, Any],
) -> NDArray[Any]:
    """Return a column of values; `otherwise` where none is given, `read` holds those before."""
    frame = given[name]
    if not frame.has_column(column.name):
        return otherwise
    match column.kind:
        case "id":
            return frame.read_mrids()
        case "label":
            return frame.read_labels(column.name)
        case "number":
            return frame.read_numbers(column.name)
        case "count":
            return frame.read_counts(column.name, otherwise)
        case "flag":
            return frame.read_flags(column.name, otherwise)
        case "phases":
            return frame.read_phases(column.name)
        case "open phases":
            return frame.read_open_phases(column.name, read["phases"])
        case "word":
            return frame.read_choices(
                column.name, column.words, None if column.required else otherwise
            )
        case "row":
            return frame.read_references(
                column.name, given[column.refers], required=column.required
            )
    return frame.read_texts(column.name)


def plain_frame(columns: dict[str, Any], crs: str | None) -> pd.DataFrame:
    """Return columns as a pandas DataFrame; its ``attrs["crs"]`` says where the geometry lies."""
    import pandas as pd

    frame = pd.DataFrame(columns)
    frame.attrs["crs"] = crs
    return mark_letters(frame)


def mark_letters(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame that says of itself, also in a file, that its open phases are letters."""
    if "normal_open" in frame:
        frame.attrs |= LETTERED_MARKS
    return frame


def show_frame(data: NetworkData, name: str) -> dict[str, Any]:
    """Return the columns of a frame as people read them; its place comes last."""
    shown = {column.name: show_column(data, name, column) for column in SCHEMA[name].columns}
    place = {GEOMETRY: shown.pop(GEOMETRY)} if GEOMETRY in shown else {}
    own = {each: column.show() for each, column in getattr(data, name).own.items()}
    return shown | own | place


def show_column(  # noqa: PLR0911 - one return for each kind of column
    data: NetworkData,
    name: str,
    column: FrameColumn,
    rows: NDArray[np.integer[Any]] | None = None,
) -> NDArray[Any]:
    """
    Return a column of a frame as people read it: words, mRIDs, letters of phases, geometries.

    Parameters
    ----------
    data
        The network's tables.
    name, column
        The frame, and which of its columns.
    rows
        The rows wanted; all by default.
    """
    if column.kind == "line":
        return equipment_lines(data, rows)
    values = getattr(getattr(data, name), column.fields[0])
    values = values if rows is None else values[rows]
    match column.kind:
        case "id" | "text" | "label":
            return decode_texts(values).astype(object)
        case "phases" | "open phases":
            return phases.PHASE_CODES[values & 63]
        case "word":
            return np.array(column.words, dtype=object)[values]
        case "row":
            return _mrids_of(getattr(data, column.refers).mrid, values)
        case "point":
            return np.asarray(shapely.points(values))
    return values


def _mrids_of(mrids: Strings, rows: NDArray[np.int32]) -> NDArray[np.object_]:
    """Return the mRID at each row; an empty text for -1."""
    if len(rows) >= len(mrids):
        return np.append(decode_texts(mrids).astype(object), "")[rows]
    named = decode_texts(mrids[rows]).astype(object)
    named[rows < 0] = ""
    return named


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

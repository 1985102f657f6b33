"""Read areas of vegetation risk from any vector file, and refuse what is drawn wrong row by row."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridtwin.errors import CrsError, InputError, SourceError
from gridtwin.model import keys
from gridtwin.model.column_names import squash_name
from gridtwin.model.lengths import FOOT_M
from gridtwin.model.notices import Notice
from gridtwin.model.shapes import AREAS, parse_geometries
from gridtwin.model.vegetation import RISK_CLASSES, VegetationAreas
from gridtwin.sources.layers import read_file, read_layer, read_or_refuse, require_whole
from gridtwin.sources.vegetation_places import place_areas
from gridtwin.sources.vegetation_raster import (
    CLASS_LEVELS,
    RASTER_SUFFIXES,
    read_raster_areas,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

MOST_SHOWN_FAULTS = 10  # of what is wrong in a file
NO_CRS = "none"

# Column of an area -> names it goes by in files, squashed; the first that is there is read.
AREA_COLUMNS: dict[str, tuple[str, ...]] = {
    "key": ("key", "id", "areaid", "globalid", "objectid", "fid", "name"),
    "risk": ("risk", "riskclass", "class", "riskrating", "rating", "severity", "category"),
    "failures_per_km_year": ("failuresperkmyear", "failurerate", "likelihood"),
    "clearance_m": ("clearancem", "clearance"),
    "clearance_ft": ("clearanceft",),
    "tree_height_m": (
        "treeheightm",
        "heightm",
        "canopyheightm",
        "treeheight",
        "treeheigh",
        "canopyheight",
    ),
    "tree_height_ft": ("treeheightft", "heightft", "canopyheightft"),
    "species": ("species", "treespecies", "genus"),
}
RISK_WORDS: dict[str, str] = {
    **{name: name for name in RISK_CLASSES},
    **dict.fromkeys(("l", "1", "green", "minor"), "low"),
    **dict.fromkeys(("medium", "m", "2", "yellow", "mid"), "moderate"),
    **dict.fromkeys(("h", "3", "orange", "elevated"), "high"),
    **dict.fromkeys(("critical", "veryhigh", "e", "4", "red", "severe", "urgent"), "extreme"),
}
# Least clearance in meters from which on a class is no worse: 18 inches, 4 feet and 12 feet of Rule
# 35 of California's General Order 95 and its Appendix E, as usually quoted, not checked there.
CLEARANCE_CLASSES: tuple[tuple[float, str], ...] = (
    (18 * 0.0254, "extreme"),
    (4 * FOOT_M, "high"),
    (12 * FOOT_M, "moderate"),
)


@dataclass(frozen=True, slots=True)
class VegetationReading:
    """
    How areas are read.

    Attributes
    ----------
    crs
        Coordinate system of a file that states none.
    layer
        Which layer of a file with several.
    columns
        Which column of the file is which of `AREA_COLUMNS`, where its name does not tell.
    words
        Which of `RISK_CLASSES` a word of the file means, where `RISK_WORDS` do not tell.
    risk
        Class of areas that give neither class nor clearance.
    mend
        Whether polygons that are not valid are made so; else they are refused.
    levels
        Of a raster the least value of each of `RISK_CLASSES`; what is less is no risk.
    reach
        How far beyond its edge an area threatens lines: meters, or ``height`` for as far as its
        trees are tall, so that they fall on the line; one of no known height reaches no further.
    """

    crs: str = ""
    layer: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    risk: str = "moderate"
    mend: bool = False
    levels: Sequence[float] = CLASS_LEVELS
    reach: float | str = 0.0


def read_vegetation(
    source: Path | pd.DataFrame, reading: VegetationReading, *, geographic: bool = True
) -> tuple[VegetationAreas, list[Notice]]:
    """
    Return the areas of a source in the coordinates of the network.

    Parameters
    ----------
    source
        A file that pyogrio reads, GeoParquet, CSV with WKT in a column ``geometry``, a raster of
        classes or of tree heights; or a GeoDataFrame.
    reading
        How it is read.
    geographic
        Whether the network is in EPSG:4326; else areas are in its planar coordinates already.

    Raises
    ------
    SourceError
        If the file cannot be read; or with the row, reason and mend of what cannot be used.
    CrsError
        If it states no coordinate system and none is given, or one that cannot be used.
    InputError
        If an option names what is not there.
    """
    notices: list[Notice] = []
    where = str(source) if isinstance(source, Path) else "vegetation"
    frame = _read_frame(source, reading, notices) if isinstance(source, Path) else source
    _check_options(frame, reading, where)
    areas = _read_columns(frame, reading, where, notices)
    crs = _find_crs(frame, reading, where, geographic=geographic)
    return place_areas(areas, crs, reading.reach, where), notices


def _read_frame(path: Path, reading: VegetationReading, notices: list[Notice]) -> pd.DataFrame:
    if not path.exists():
        msg = f"{path}: there is no such file"
        raise SourceError(msg)
    if path.suffix.casefold() in RASTER_SUFFIXES:
        return read_raster_areas(path, reading.levels, _plain_crs(reading.crs))
    if path.suffix.casefold() in {".parquet", ".csv"}:
        return read_file(path, notices)
    require_whole(path)
    return read_or_refuse(
        path, lambda: read_layer(path, _choose_layer(path, reading.layer), notices)
    )


def _plain_crs(crs: str) -> str:
    return "" if crs.casefold() == NO_CRS else crs


def _choose_layer(path: Path, wanted: str) -> str:
    """Return the layer that is wanted, or the only one with areas."""
    import pyogrio

    layers = {str(name): kind for name, kind in pyogrio.list_layers(path).tolist()}
    if wanted:
        if wanted not in layers:
            msg = f"{path} has no layer {wanted!r}: its layers are {', '.join(layers)}"
            raise SourceError(msg)
        return wanted
    drawn = [name for name, kind in layers.items() if kind is not None]
    areas = [name for name in drawn if "Polygon" in layers[name] or "Surface" in layers[name]]
    candidates = drawn if len(drawn) == 1 else areas
    if len(candidates) != 1:
        msg = (
            f"{path} has {len(candidates)} layers of areas (of {', '.join(layers)}): say which by"
            " --layer"
        )
        raise SourceError(msg)
    return candidates[0]


def _check_options(frame: pd.DataFrame, reading: VegetationReading, where: str) -> None:
    names = [str(name) for name in frame.columns]
    for column, given in reading.columns.items():
        if column not in AREA_COLUMNS:
            msg = f"there is no column {column!r} of areas: use one of {', '.join(AREA_COLUMNS)}"
            raise InputError(msg)
        if given not in names:
            msg = f"{where} has no column {given!r}: it has {', '.join(names)}"
            raise SourceError(msg)
    for word, risk in {**reading.words, "--risk": reading.risk}.items():
        if risk not in RISK_CLASSES:
            msg = f"{word}={risk}: a risk class is one of {', '.join(RISK_CLASSES)}"
            raise InputError(msg)
    if "geometry" not in names:
        msg = f"{where} has no geometry: give a file with polygons"
        raise SourceError(msg)
    if not len(frame):
        msg = f"{where} has no rows: nothing was loaded"
        raise SourceError(msg)


def _find_crs(
    frame: pd.DataFrame, reading: VegetationReading, where: str, *, geographic: bool
) -> str | None:
    """Return the coordinate system of a frame; None for that of a planar network."""
    stated = getattr(frame, "crs", None)
    known = str(stated.to_string()) if stated is not None else reading.crs
    if geographic:
        if not known or known.casefold() == NO_CRS:
            msg = f"{where} states no coordinate system: say which by --crs, such as EPSG:2278"
            raise CrsError(msg)
        return known
    if known and known.casefold() != NO_CRS:
        msg = (
            f"{where} is in {known}, but the network in planar coordinates whose place is not"
            " known: bring the areas into those, without a coordinate system"
        )
        raise CrsError(msg)
    return None


def _read_columns(
    frame: pd.DataFrame, reading: VegetationReading, where: str, notices: list[Notice]
) -> VegetationAreas:
    read = _ColumnReader(frame, reading, where)
    clearance = read.read_lengths("clearance")
    height = read.read_lengths("tree_height")
    rate = read.read_numbers("failures_per_km_year")
    risk = read.read_risks(clearance)
    key = read.read_texts("key")
    unnamed = key == ""
    key[unnamed] = [f"row {row}" for row in np.flatnonzero(unnamed)]
    species = read.read_texts("species")
    geometry = read.read_polygons()
    read.refuse_faults()
    if read.mended:
        notices.append(
            Notice("mended_polygon", f"{where}: {read.mended:,} polygons were not valid", "")
        )
    if read.assumed:
        notices.append(
            Notice(
                "assumed_risk",
                f"{where}: {read.assumed:,} areas give neither class nor clearance and are taken as"
                f" {reading.risk}",
                "name the column that does, or another class by --risk",
            )
        )
    return VegetationAreas(key, risk, rate, clearance, height, species, geometry)


class _ColumnReader:
    """The columns of one frame, as areas want them; what is wrong is collected."""

    def __init__(self, frame: pd.DataFrame, reading: VegetationReading, where: str) -> None:
        self._frame, self._reading, self._where = frame, reading, where
        squashed = {squash_name(name): str(name) for name in reversed(list(frame.columns))}
        self._names = {
            column: reading.columns.get(column)
            or next((squashed[name] for name in names if name in squashed), "")
            for column, names in AREA_COLUMNS.items()
        }
        self._faults: dict[int, str] = {}
        self.mended = self.assumed = 0

    def _note(self, row: int, reason: str) -> None:
        self._faults.setdefault(row, reason)

    def read_texts(self, column: str) -> NDArray[np.object_]:
        """Return a column of texts; empty where nothing is given."""
        import pandas as pd

        name = self._names[column]
        if not name:
            return np.full(len(self._frame), "", dtype=object)
        values = np.array(self._frame[name], dtype=object)
        values[np.asarray(pd.isna(values), dtype=bool)] = ""
        return np.array(keys.to_texts(values), dtype=object)

    def read_numbers(self, column: str) -> NDArray[np.float64]:
        """Return a column of numbers from 0 up; NaN where nothing is given."""
        import pandas as pd

        texts = self.read_texts(column)
        numbers = np.array(pd.to_numeric(pd.Series(texts), errors="coerce"), dtype=np.float64)
        bad = ((texts != "") & ~np.isfinite(numbers)) | (numbers < 0)
        for row in np.flatnonzero(bad).tolist():
            self._note(row, f"{self._names[column]} {texts[row]!r} is no number of at least 0")
        return numbers

    def read_lengths(self, column: str) -> NDArray[np.float64]:
        """Return a column of meters, or of feet where it stands in those."""
        meters = self.read_numbers(f"{column}_m")
        return np.where(np.isnan(meters), self.read_numbers(f"{column}_ft") * FOOT_M, meters)

    def read_risks(self, clearance: NDArray[np.float64]) -> NDArray[np.uint8]:
        """Return the class of each area: given, or by its clearance, or the one assumed."""
        given = {squash_name(word): risk for word, risk in self._reading.words.items()}
        meant = {**RISK_WORDS, **given}
        texts = self.read_texts("risk")
        names = np.full(len(texts), self._reading.risk, dtype=object)
        names[clearance >= CLEARANCE_CLASSES[-1][0]] = RISK_CLASSES[0]
        for least, name in reversed(CLEARANCE_CLASSES):
            names[clearance < least] = name
        self.assumed = int(((texts == "") & np.isnan(clearance)).sum())
        for row in np.flatnonzero(texts != "").tolist():
            risk = meant.get(squash_name(texts[row]))
            if risk is None:
                self._note(
                    row,
                    f"{self._names['risk']} {texts[row]!r} is no risk class: say which of"
                    f" {', '.join(RISK_CLASSES)} it means, as --word '{texts[row]}=high'",
                )
            else:
                names[row] = risk
        return np.array([RISK_CLASSES.index(name) for name in names], dtype=np.uint8)

    def read_polygons(self) -> NDArray[np.object_]:
        """Return the polygons, in the coordinates of the frame."""
        values = np.array(self._frame["geometry"], dtype=object)
        values[[each is None or each != each for each in values]] = None  # noqa: PLR0124 - NaN
        shapes, unread = parse_geometries(values)
        shapes = np.asarray(shapely.force_2d(shapes), dtype=object)
        for row in unread.tolist():
            self._note(row, "its geometry cannot be read: give WKT, or a file of another format")
        missing = (shapely.get_type_id(shapes) < 0) | shapely.is_empty(shapes)
        for row in np.flatnonzero(missing).tolist():
            self._note(row, "it has no geometry: draw it, or leave it out")
        types = shapely.get_type_id(shapes)
        for row in np.flatnonzero(~missing & ~np.isin(types, AREAS)).tolist():
            self._note(row, f"its geometry is a {shapes[row].geom_type}: draw a polygon around it")
        finite = np.isfinite(shapely.bounds(shapes)).all(axis=1)
        for row in np.flatnonzero(~missing & ~finite).tolist():
            self._note(row, "a coordinate is not finite: correct it")
        invalid = np.flatnonzero(
            ~missing & finite & np.isin(types, AREAS) & ~shapely.is_valid(shapes)
        )
        if self._reading.mend:
            shapes[invalid] = [_mend_polygon(each) for each in shapes[invalid]]
            self.mended = len(invalid)
            invalid = invalid[shapely.is_empty(shapes[invalid])]
        for row in invalid.tolist():
            reason = shapely.is_valid_reason(values[row]) if values[row] is not None else ""
            self._note(row, f"its polygon is not valid ({reason}): draw it anew, or say --mend")
        return shapes

    def refuse_faults(self) -> None:
        """Refuse the frame if anything is wrong with it."""
        if not self._faults:
            return
        keys_of = self.read_texts("key")
        shown = [
            f"row {row}{f' ({keys_of[row]})' if keys_of[row] else ''}: {self._faults[row]}"
            for row in sorted(self._faults)[:MOST_SHOWN_FAULTS]
        ]
        more = len(self._faults) - len(shown)
        tail = f"; and {more:,} more" if more else ""
        msg = f"{self._where}: nothing was loaded; {'; '.join(shown)}{tail}"
        raise SourceError(msg)


def _mend_polygon(shape: shapely.Geometry) -> shapely.Geometry:
    """Return the area of a polygon that is not valid: what its rings enclose."""
    parts = shapely.get_parts(shapely.make_valid(shape))
    parts = shapely.get_parts(parts)
    return shapely.union_all(parts[np.isin(shapely.get_type_id(parts), AREAS)])

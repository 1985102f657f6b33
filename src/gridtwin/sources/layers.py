"""Read one table of a file: a layer of a container, a Shapefile, a Parquet or a CSV file."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, TypeVar

from gridtwin.errors import SourceError
from gridtwin.model.notices import Notice
from gridtwin.sources.csv_text import WINDOWS, read_csv, tell_encoding

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd
    import pyarrow as pa

Read = TypeVar("Read")

SQLITE_MAGIC = b"SQLite format 3\x00"
XBASE = frozenset({".shp", ".dbf"})
EXACT_INTEGERS = {
    "integer_object_nulls": True
}  # Arrow turns integers with a null into reals otherwise


def require_whole(path: Path) -> None:
    """Refuse a file that is empty, or shorter than its own header says."""
    if path.is_dir():
        return
    size = path.stat().st_size
    if not size:
        msg = f"{path}: the file is empty; export it again"
        raise SourceError(msg)
    with path.open("rb") as file:
        header = file.read(100)
    suffix = path.suffix.casefold()
    if suffix == ".gpkg" and not header.startswith(SQLITE_MAGIC):
        msg = f"{path}: this is no GeoPackage, whatever its name says; export it again"
        raise SourceError(msg)
    stated = _read_stated_size(suffix, header)
    if size < stated:
        msg = f"{path}: the file is cut off at {size:,} of {stated:,} bytes; copy it again"
        raise SourceError(msg)


def _read_stated_size(suffix: str, header: bytes) -> int:
    """Return how many bytes a file has by its own header; 0 where its format does not say."""
    if suffix == ".gpkg":  # https://sqlite.org/fileformat2.html, section 1.3
        page = int.from_bytes(header[16:18], "big")
        return (page if page != 1 else 65_536) * int.from_bytes(header[28:32], "big")
    if suffix == ".shp":  # ESRI Shapefile Technical Description (1998), page 4: 16-bit words
        return 2 * int.from_bytes(header[24:28], "big")
    return 0


def read_or_refuse(path: Path, reader: Callable[[], Read]) -> Read:
    """Return what `reader` reads, turning the errors of the libraries below into one of ours."""
    import pyarrow as pa

    try:
        return reader()
    except SourceError:
        raise
    except (OSError, RuntimeError, ValueError, pa.ArrowException) as error:
        reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else "no reason"
        msg = f"{path}: the file cannot be read ({reason}); it is broken or of another format"
        raise SourceError(msg) from error


def read_layer(path: Path, layer: str | None, notices: list[Notice]) -> pd.DataFrame:
    """
    Return one layer; an error if fewer rows come than it says to have.

    Parameters
    ----------
    path, layer
        The file, and the layer of a container.
    notices
        Where it is told if curves were straightened or an encoding was guessed.
    """
    import pyogrio

    info = pyogrio.read_info(path, layer=layer, force_feature_count=True)
    frame = _with_lines(path, layer, notices)
    if len(frame) < info["features"]:
        msg = (
            f"{path}: layer {layer or path.stem} breaks off after {len(frame):,} of"
            f" {info['features']:,} rows; copy it again"
        )
        raise SourceError(msg)
    frame.attrs.update(info.get("layer_metadata") or {})
    return frame


def _with_lines(path: Path, layer: str | None, notices: list[Notice]) -> pd.DataFrame:
    """Return one layer with its curves, which shapely does not know, made of straight lines."""
    import pyogrio

    try:
        return _read_decoded(path, layer, notices)
    except NotImplementedError:
        pass
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # that one type of the layer is linear
        frame = _read_decoded(path, layer, notices, read_geometry=False)
        # Without Arrow, GDAL itself approximates every curve.
        drawn = pyogrio.read_dataframe(path, layer=layer, columns=[])
    if not len(frame.columns):
        frame = drawn[[]]
    notices.append(
        Notice(
            "straightened_curves",
            f"{path}: curves of layer {layer or path.stem} are taken as short straight lines",
            "export it without curves if that is too coarse",
        )
    )
    import geopandas as gpd

    return gpd.GeoDataFrame(frame, geometry=drawn.geometry.to_numpy(), crs=drawn.crs)


def _read_decoded(
    path: Path, layer: str | None, notices: list[Notice], **options: Any
) -> pd.DataFrame:
    """Return one layer; the texts of a Shapefile that states no encoding are not always UTF-8."""
    import pyarrow as pa
    import pyogrio

    options |= {"layer": layer, "use_arrow": True, "arrow_to_pandas_kwargs": EXACT_INTEGERS}
    try:
        return _read_worded(path, options)
    except (pa.ArrowException, UnicodeError, pyogrio.errors.DataSourceError):
        if path.suffix.casefold() not in XBASE:
            raise
    frame = pyogrio.read_dataframe(path, encoding=WINDOWS, **options)
    notices.append(tell_encoding(path))
    return frame


def _read_worded(path: Path, options: dict[str, Any]) -> pd.DataFrame:
    """Return one layer, each column of coded values as the words that its domain has for them."""
    import pandas as pd
    import pyogrio

    layer = options["layer"]
    coded = list_coded(path, layer) if layer else []
    if not coded:
        return pyogrio.read_dataframe(path, **options)
    names = [str(name) for name in pyogrio.read_info(path, layer=layer)["fields"]]
    plain = [name for name in names if name not in coded]
    frame = pyogrio.read_dataframe(path, columns=plain, **options)
    _, table = pyogrio.raw.read_arrow(path, layer=layer, columns=coded, read_geometry=False)
    for name in (name for name in names if name in coded):
        codes, words = split_domain(table.column(name))
        told = zip(codes.to_pylist(), words.to_pylist(), strict=True)
        values = [str(code) if word is None and code is not None else word for code, word in told]
        frame.insert(names.index(name), name, pd.Series(values, dtype=object))
    return frame


def list_coded(path: Path, layer: str) -> list[str]:
    """Return the columns of a layer whose whole numbers stand for words of a domain."""
    import pyarrow as pa
    import pyogrio

    with pyogrio.raw.open_arrow(path, layer=layer, use_pyarrow=True) as (_, reader):
        return [each.name for each in reader.schema if pa.types.is_dictionary(each.type)]


def split_domain(column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """Return the codes of a column that GDAL gives with its domain, and their words, or null."""
    import pyarrow as pa
    import pyarrow.compute as pc

    words = []
    for chunk in column.chunks:
        listed = pc.and_(
            pc.greater_equal(chunk.indices, 0), pc.less(chunk.indices, len(chunk.dictionary))
        )
        known = pc.if_else(listed, chunk.indices, None)
        words.append(chunk.dictionary.take(known).cast(pa.string()))
    return (
        pa.chunked_array([chunk.indices for chunk in column.chunks], column.type.index_type),
        pa.chunked_array(words, pa.string()),
    )


def read_file(path: Path, notices: list[Notice]) -> pd.DataFrame:
    """Return the table of one file, whatever its format."""
    require_whole(path)
    return read_or_refuse(path, lambda: _read_file(path, notices))


def _read_file(path: Path, notices: list[Notice]) -> pd.DataFrame:
    suffix = path.suffix.casefold()
    if suffix == ".parquet":
        return _read_parquet(path)
    if suffix != ".csv":
        return read_layer(path, None, notices)
    frame = read_csv(path)
    if "encoding" in frame.attrs:
        notices.append(tell_encoding(path))
    return frame


def _read_parquet(path: Path) -> pd.DataFrame:
    import geopandas as gpd
    import pyarrow.parquet as pq

    try:
        if b"geo" in (pq.read_schema(path).metadata or {}):
            drawn: pd.DataFrame = gpd.read_parquet(path, to_pandas_kwargs=EXACT_INTEGERS)
            return drawn
        frame: pd.DataFrame = pq.read_table(path).to_pandas(**EXACT_INTEGERS)
    except (
        TypeError,
        LookupError,
        AttributeError,
    ) as error:  # what pandas makes of broken metadata
        msg = f"{path}: the file says of itself what it cannot be ({str(error)[:100]})"
        raise SourceError(msg) from error
    return frame

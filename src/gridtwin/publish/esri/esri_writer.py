"""Write a network as a Utility Network: a file geodatabase, or a folder of CSV files."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.errors import InputError
from gridtwin.model.notices import Notice
from gridtwin.publish.esri.esri_layers import make_layers
from gridtwin.publish.esri.esri_pieces import EsriPart

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation

GEODATABASE_SUFFIX = ".gdb"
# Columns that Esri keeps as ids, not as texts; a type GlobalID would be given new values.
GUID_COLUMNS = ("GLOBALID", "FROMGLOBALID", "TOGLOBALID", "FEATUREGLOBALID")
GUID_TYPE = "esriFieldTypeGUID"
SHAPES_OF_LAYERS = {
    "ElectricLine": "MultiLineString",
    "ElectricDevice": "Point",
    "ElectricJunction": "Point",
}


def choose_all(normal: Situation) -> EsriPart:
    """Return every row of a network."""
    tables = (normal.data.equipment, normal.data.usage_points, normal.data.sources)
    return EsriPart(*(np.arange(len(table.mrid), dtype=np.int32) for table in tables))


def choose_rows(
    normal: Situation, equipment: NDArray[np.int32], points: NDArray[np.int32]
) -> EsriPart:
    """Return the rows of an answer, such as a trace, with the sources at the ends of equipment."""
    data = normal.data
    rows = np.unique(equipment).astype(np.int32)
    ends = np.concatenate([data.equipment.node_a[rows], data.equipment.node_b[rows]])
    sources = np.flatnonzero(np.isin(data.sources.node, ends)).astype(np.int32)
    return EsriPart(rows, np.unique(points).astype(np.int32), sources)


def write_esri(
    out: Path,
    normal: Situation,
    state: Situation,
    part: EsriPart,
    *,
    overwrite: bool = False,
) -> list[Notice]:
    """
    Write a network, or a part of it, as a Utility Network, all of it or nothing.

    Parameters
    ----------
    out
        ``NAME.gdb``, a file geodatabase; by any other name a folder of CSV files, whose shapes are
        WKT.
    normal, state
        The network as designed, and in the state that ``currentdevicestatus`` tells.
    part
        The rows that are written.
    overwrite
        Replace what is there by that name, if it was written so.

    Returns
    -------
        What a Utility Network cannot say.

    Raises
    ------
    InputError
        If `out` is there, or its folder is not.
    """
    _require_place(out, overwrite=overwrite)
    layers = make_layers(normal, state, part)
    folder = Path(mkdtemp(dir=out.parent, prefix=f".{out.stem}."))
    partial = folder / f"partial{GEODATABASE_SUFFIX}"
    try:
        if _is_geodatabase(out):
            _write_geodatabase(partial, layers)
        else:
            partial.mkdir()
            _write_csv(partial, layers)
        if out.exists():
            out.rename(folder / "old")
        partial.rename(out)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return _list_losses(state, part)


def _is_geodatabase(out: Path) -> bool:
    return out.suffix.casefold() == GEODATABASE_SUFFIX


def _require_place(out: Path, *, overwrite: bool) -> None:
    if not out.absolute().parent.is_dir():
        msg = f"{out}: the folder {out.parent} does not exist: make it first"
        raise InputError(msg)
    if not out.exists():
        return
    kept = "a00000001.gdbtable" if _is_geodatabase(out) else "ElectricLine.csv"
    is_ours = out.is_dir() and (out / kept).is_file()
    if not (overwrite and is_ours):
        mend = "give --overwrite to replace it" if is_ours else "choose another name"
        msg = f"{out} is there already: {mend}"
        raise InputError(msg)


def _write_geodatabase(path: Path, layers: Mapping[str, Any]) -> None:
    for name, frame in layers.items():
        types = [f"{column}={GUID_TYPE}" for column in GUID_COLUMNS if column in frame]
        _write_layer(
            frame,
            path,
            layer=name,
            driver="OpenFileGDB",
            geometry_type=SHAPES_OF_LAYERS.get(name),
            promote_to_multi=name == "ElectricLine" or None,
            append=path.exists(),
            layer_options={"COLUMN_TYPES": ",".join(types)},
        )


def _write_csv(folder: Path, layers: Mapping[str, Any]) -> None:
    for name, frame in layers.items():
        drawn = {"GEOMETRY": "AS_WKT"} if name in SHAPES_OF_LAYERS else {}
        options = {"CREATE_CSVT": "YES", **drawn}
        _write_layer(frame, folder / f"{name}.csv", driver="CSV", layer_options=options)


def _write_layer(frame: Any, path: Path, **options: Any) -> None:
    import pyogrio

    with warnings.catch_warnings():
        # A planar network has no CRS to write; that is no oversight.
        warnings.filterwarnings("ignore", message="'crs' was not provided")
        pyogrio.write_dataframe(frame, path, **options)


def _list_losses(state: Situation, part: EsriPart) -> list[Notice]:
    """Say which switches stand open on some phases: a Utility Network knows open and closed."""
    rows = part.equipment
    some = (state.open_mask[rows] != 0) & state.conducts[rows] & state.is_switch[rows]
    if not some.any():
        return []
    return [
        Notice(
            "open_on_some_phases",
            f"{int(some.sum()):,} switches stand open on some of their phases, and are written as"
            " closed",
            "tell who reads the layers, or open them whole in a state of their own",
        )
    ]

"""
Have pandapower read a file of a net, after all has been taken out that could do more than state.

The JSON of pandapower may name any Python module and class, which reading it would import and
make, and a table may be an address to read from. A net is outside data, so only its tables are
passed on, written anew; no other object of the file is ever made.
"""

from __future__ import annotations

import json
import logging
import re
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gridtwin.errors import MissingExtraError, SourceError
from gridtwin.model.notices import Notice

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Json = dict[str, Any]

NET = "pandapowerNet"
FRAME_CLASSES = {
    ("pandas.core.frame", "DataFrame"),
    ("pandas", "DataFrame"),
    ("geopandas.geodataframe", "GeoDataFrame"),
}
OF_A_FRAME = (
    *("orient", "dtype", "is_multiindex", "is_multicolumn", "index_name", "index_names"),
    *("column_name", "column_names", "crs", "columns"),
)
FRAME_ORIENTS = ("split", "columns", "index", "records", "values")
# What a net states beside its tables, as far as it is needed to tell its version.
SCALARS = ("version", "format_version", "name", "f_hz", "sn_mva", "sn_kva")
NO_ELEMENTS = re.compile(
    r"_.*|res_.*|.*std_types|dtypes|controller|group|measurement|.*characteristic.*|.*_cost"
    r"|profiles|loadcases|studycases|user_pf_options"
)
GEODATA = "bus_geodata"  # where versions before 3.0 kept coordinates
GUESSED_PLACES = Notice(
    "coordinate_system",
    "bus_geodata does not say what its coordinates are in: longitude and latitude are taken",
    "state the coordinate system with --crs, or --crs none for a drawing",
)
# What pandapower, and pandas under it, raise at what they cannot read.
REFUSALS = (
    *(ArithmeticError, AssertionError, AttributeError, ImportError, LookupError, OSError),
    *(RuntimeError, TypeError, ValueError, Warning),
)


@contextmanager
def hush_warnings() -> Iterator[None]:
    """Keep the warnings of pandapower about its own files to itself."""
    logger, unheard = logging.getLogger("pandapower"), logging.NullHandler()
    propagates = logger.propagate
    logger.addHandler(unheard)
    logger.propagate = False  # whatever the levels of the loggers below it
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.propagate = propagates
        logger.removeHandler(unheard)


def load_net(path: Path, *, crs: str | None) -> tuple[Any, list[Notice]]:
    """
    Return the net of a file, as pandapower reads it, and what was passed over.

    Parameters
    ----------
    path
        A ``.json`` file of any version of pandapower.
    crs
        What the coordinates are in, if that is said.

    Raises
    ------
    SourceError
        If it is no net, or pandapower cannot read it.
    MissingExtraError
        If pandapower is not installed.
    """
    passed = _SafeNet()
    tables = passed.collect_tables(_read_net(path))
    with hush_warnings():
        try:
            net = _convert_net(tables)
        except REFUSALS as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            msg = f"{path}: pandapower cannot read this net ({reason}); save it again"
            raise SourceError(msg) from error
    notices = passed.list_notices()
    if crs is None and GEODATA in tables and net.bus["geo"].notna().any():
        notices.append(GUESSED_PLACES)
    return net, notices


def _convert_net(tables: Json) -> Any:
    """Return the net of some tables, in the form of today."""
    try:
        from pandapower.convert_format import convert_format
        from pandapower.file_io import from_json_dict, from_json_string
    except ImportError as error:
        need = "reading pandapower nets"
        raise MissingExtraError(need, "pandapower") from error
    if any("_class" in table for table in tables.values() if isinstance(table, dict)):
        document = {"_module": "pandapower.auxiliary", "_class": NET, "_object": tables}
        return from_json_string(json.dumps(document), convert=True)
    import pandas as pd

    old = dict(tables)  # as pandapower wrote before 2.0
    for name in ("bus_geodata", "line_geodata"):
        if name in old:  # whose rows it would look up by text
            frame = pd.DataFrame.from_dict(old[name])
            old[name] = frame.set_index(frame.index.astype("int64"))
    return convert_format(from_json_dict(old))


def _read_net(path: Path) -> Json:
    """Return what the JSON of a net holds; an error if it is no JSON, or that of something else."""
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
        stated = isinstance(document, dict) and document.get("_class") == NET
        if stated:
            document = document.get("_object")
        if isinstance(document, str):
            document = json.loads(document)
    except OSError as error:
        msg = f"{path}: the file cannot be opened ({error.strerror})"
        raise SourceError(msg) from error
    except (ValueError, RecursionError) as error:
        msg = f"{path}: the file is empty, cut off or no JSON ({error}); save the net again"
        raise SourceError(msg) from error
    if isinstance(document, dict) and isinstance(document.get("bus"), dict):
        return document
    msg = (
        f"{path}: pandapower cannot read this net (it has no table of buses); save it again"
        if stated
        else f"{path}: this JSON is no pandapower net; write one with pandapower.to_json(net, path)"
    )
    raise SourceError(msg)


def _find_class(value: Json) -> tuple[str, str]:
    return str(value.get("_module", "")), str(value.get("_class", ""))


class _SafeNet:
    """What of a file is passed on to pandapower, and the objects that are not."""

    def __init__(self) -> None:
        self._objects: dict[str, int] = {}

    def collect_tables(self, net: Json) -> Json:
        """Return the tables of elements, and what says which version wrote them."""
        kept: Json = {}
        for name, value in net.items():
            if name in SCALARS and isinstance(value, (str, int, float)):
                kept[name] = value
            elif name == "parameters" and isinstance(value, dict):
                kept[name] = self._keep_parameters(value)
            elif isinstance(value, dict) and not NO_ELEMENTS.fullmatch(name):
                table = self._keep_table(value)
                if table is not None:
                    kept[name] = table
        return kept

    def list_notices(self) -> list[Notice]:
        """Return one notice for each class of objects that was not made."""
        return [
            Notice(
                "object_not_read",
                f"{count:,} of class {name} in the tables of the net: left empty",
                "state what matters as numbers and texts",
            )
            for name, count in self._objects.items()
        ]

    @staticmethod
    def _keep_parameters(table: Json) -> Json:
        stated = table.get("parameter")
        values = stated.items() if isinstance(stated, dict) else ()
        return {"parameter": {name: value for name, value in values if name in SCALARS}}

    def _keep_table(self, value: Json) -> Json | None:
        """Return a table as it is passed on; None for any other object."""
        if "_class" not in value and "_module" not in value:  # as written before 2.0
            columns = {name: cells for name, cells in value.items() if isinstance(cells, dict)}
            return self._keep_plain(columns) if len(columns) == len(value) else None
        cells = value.get("_object")
        if _find_class(value) not in FRAME_CLASSES:
            return None
        if isinstance(cells, str):
            try:
                cells = json.loads(cells)
            except (ValueError, RecursionError):
                return value | {"_object": "{"}  # pandapower says that it is broken
        kept = {name: value[name] for name in OF_A_FRAME if name in value}
        if kept.get("orient") not in FRAME_ORIENTS:
            kept.pop("orient", None)
        text = json.dumps(self._keep_plain(cells))  # never an address
        return {"_module": value["_module"], "_class": value["_class"], "_object": text, **kept}

    def _keep_plain(self, value: Any) -> Any:
        """Return cells without any object but those that are a geometry in GeoJSON."""
        if isinstance(value, list):
            return [self._keep_plain(each) for each in value]
        if not isinstance(value, dict):
            return value
        if "_class" not in value and "_module" not in value:
            return {name: self._keep_plain(each) for name, each in value.items()}
        module, name = _find_class(value)
        if module.partition(".")[0] == "shapely":
            return self._keep_plain(value.get("_object"))
        self._objects[f"{module}.{name}"] = self._objects.get(f"{module}.{name}", 0) + 1
        return None

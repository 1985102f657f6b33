"""Tell the format of a source by its suffix, or by what its files hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridtwin.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path

SIMBENCH = "simbench:"
FORMATS = {
    "gpkg": "a GeoPackage, NAME.gpkg",
    "gdb": "an Esri file geodatabase, the folder NAME.gdb",
    "shp": "a folder of Shapefiles",
    "parquet": "a folder of GeoParquet files",
    "csv": "a folder of CSV files",
    "dss": "an OpenDSS circuit, NAME.dss",
    "glm": "a GridLAB-D model, NAME.glm",
    "cyme": "a folder of CYME text files, or one of them, NAME.txt",
    "cim": "a CIM model: NAME.xml, a zip of such files, or a folder of them",
    "pandapower": "a pandapower net, NAME.json",
    "simbench": "simbench:CODE, for example simbench:1-MV-urban--0-sw",
}
BY_SUFFIX = {
    ".gpkg": "gpkg",
    ".gdb": "gdb",
    ".dss": "dss",
    ".glm": "glm",
    ".json": "pandapower",
    ".xml": "cim",
    ".zip": "cim",
}
OF_A_FOLDER = ("shp", "parquet", "csv")
TABLE_FORMATS = ("gpkg", "gdb", *OF_A_FOLDER)
_PROGRAMS = {".glm": "GridLAB-D", ".dss": "OpenDSS"}  # whose models begin with one file


def tell_format(path: Path) -> str:
    """
    Return the format that a path tells by its suffix, or its files by what they hold.

    Raises
    ------
    SourceError
        If there is nothing there, it is of no known format, or it could be of several.
    """
    suffix = path.suffix.casefold()
    if suffix in BY_SUFFIX:
        return BY_SUFFIX[suffix]
    if suffix.removeprefix(".") in OF_A_FOLDER and not path.is_dir():
        msg = (
            f"{path} is one table of a network: give the folder that holds all of them,"
            f" {path.parent}"
        )
        raise SourceError(msg)
    if path.is_dir():
        return _tell_format_of_folder(path)
    if not path.exists():
        msg = f"{path}: there is no such file or folder"
        raise SourceError(msg)
    if suffix == ".txt" and _is_cyme(path):
        return "cyme"
    known = "; ".join(FORMATS.values())
    msg = f"{path}: gridtwin does not know the format {suffix or '(no suffix)'}; it reads {known}"
    raise SourceError(msg)


def _tell_format_of_folder(folder: Path) -> str:
    """Return the format of the nodes in a folder, else of any table there, else of a model."""
    entries = sorted(folder.iterdir())
    names = [entry.name.casefold() for entry in entries]
    found = _tell_format_of_tables(names)
    if not found and any(name.endswith(".xml") for name in names):
        found = "cim"
    if any(_is_cyme(entry) for entry in entries):
        if found:
            msg = (
                f"{folder}: it could be {FORMATS['cyme']}, and it could be {FORMATS[found]}: say"
                f" which with --format cyme or --format {found}"
            )
            raise SourceError(msg)
        return "cyme"
    if found or any(name.endswith(".zip") for name in names):
        return found or "cim"
    for suffix, program in _PROGRAMS.items():
        single = next((entry for entry in entries if entry.suffix.casefold() == suffix), None)
        if single is not None:
            msg = f"{folder}: a model of {program} begins with one file: give it, such as {single}"
            raise SourceError(msg)
    msg = (
        f"{folder}: the folder holds no .shp, .parquet or .csv files, no .xml of a CIM model and no"
        " text of CYME; a network is one file per table, such as nodes.csv and equipment.csv"
    )
    raise SourceError(msg)


def _tell_format_of_tables(names: list[str]) -> str:
    for wanted in ("nodes.", ""):
        for form in OF_A_FOLDER:
            if any(name.startswith(wanted) and name.endswith(f".{form}") for name in names):
                return form
    return ""


def _is_cyme(path: Path) -> bool:
    from gridtwin.sources.cyme.cyme_files import is_cyme_file

    return is_cyme_file(path)

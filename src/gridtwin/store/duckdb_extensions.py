"""
Open a DuckDB with extensions from where they are installed.

That is DuckDB's own folder, else the wheel ``duckdb-extension-NAME``. Nothing is ever fetched from
the network, and DuckDB loads none but what its makers signed (docs/adr/0013-tiles.md).
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from gridtwin.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    import duckdb


def open_duckdb(need: str, extra: str, *extensions: str, threads: int) -> duckdb.DuckDBPyConnection:
    """
    Return a DuckDB in memory, with extensions.

    Parameters
    ----------
    need, extra
        What it is for, and the extra of gridtwin that brings it, as errors say them.
    extensions
        Their names, in the order in which they need each other.
    threads
        How many it may use.

    Raises
    ------
    MissingExtraError
        If DuckDB or an extension is not installed.
    InputError
        If an extension is damaged, or is not the one that DuckDB signed.
    """
    try:
        import duckdb
    except ImportError as error:
        raise MissingExtraError(need, extra) from error
    connection = duckdb.connect(config={"threads": threads, "autoinstall_known_extensions": False})
    for name in extensions:
        try:
            connection.execute(f"LOAD {name}")
        except duckdb.Error:
            file = _find_extension(name, duckdb.__version__)
            if file is None:
                raise MissingExtraError(need, extra) from None
            _load_file(connection, name, file)
    return connection


def _load_file(connection: duckdb.DuckDBPyConnection, name: str, file: Path) -> None:
    import duckdb

    try:
        connection.load_extension(str(file))
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        msg = f"{file} cannot be used ({reason}): install duckdb-extension-{name} again"
        raise InputError(msg) from error


def _find_extension(name: str, version: str) -> Path | None:
    """Return the extension in the wheel that belongs to this version of DuckDB."""
    try:
        wheel = import_module(f"duckdb_extension_{name}")
    except ImportError:
        return None
    folder = Path(str(wheel.__file__)).parent / "extensions" / f"v{version}"
    file = folder / f"{name}.duckdb_extension"
    return file if file.is_file() else None

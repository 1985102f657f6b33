"""Read a folder of outage histories: NAME_outages, NAME_revisions and NAME_snapshots.parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.errors import NotFoundError, SourceError
from gridtwin.model.outage_history import OutageHistory, Outages, Revisions, Snapshots, Words

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

HISTORY_PARTS = ("outages", "revisions", "snapshots")
NEEDED_COLUMNS = {
    "outages": ("id", "start", "first_seen", "last_seen", "gone_snap"),
    "revisions": ("id", "t", "etr", "cust", "cause"),
    "snapshots": ("t", "n_outages", "cust_out"),
}
OPTIONAL_COLUMNS = {
    "outages": (
        *("etr_first", "etr_first_seen", "lat", "lon"),
        *("region", "kind", "hierarchy", "planned", "clean"),
    ),
    "revisions": ("start", "auto_etr", "crew"),
    "snapshots": (),
}
LARGEST_ROWS = 50_000_000
TIMES_S = (0.0, 4.2e9)  # 1970 to 2103: a time outside is no unix time in seconds
CLEAN_GAP_S = 3600.0


def list_sources(folder: Path) -> list[str]:
    """
    Return the names of the sources a folder holds, in order.

    Raises
    ------
    NotFoundError
        If there is no such folder.
    SourceError
        If it holds no history, or a source lacks one of its three files.
    """
    if not folder.is_dir():
        what = "folder of outage histories"
        raise NotFoundError(what, str(folder))
    names = sorted(path.name.removesuffix("_outages.parquet") for path in _list_tables(folder))
    if not names:
        msg = f"{folder}: no NAME_outages.parquet in it; a history is a folder of such files"
        raise SourceError(msg)
    for name in names:
        for part in HISTORY_PARTS:
            if not (folder / f"{name}_{part}.parquet").is_file():
                msg = f"{folder / f'{name}_{part}.parquet'}: is missing; {name} needs all three"
                raise SourceError(msg)
    return names


def _list_tables(folder: Path) -> Iterable[Path]:
    return (path for path in folder.glob("*_outages.parquet") if path.is_file())


def read_history(folder: Path, source: str) -> OutageHistory:
    """
    Read one source of a folder.

    Rows may come in any order; the history is the same. Revisions of an id that the outages do
    not list are left out.

    Raises
    ------
    SourceError
        Naming file, column or id and the mend, if a file cannot be read or breaks the layout.
    """
    tables = {
        part: _read_columns(folder / f"{source}_{part}.parquet", part) for part in HISTORY_PARTS
    }
    outages = _read_outages(folder / f"{source}_outages.parquet", tables["outages"])
    row = _find_rows(outages.id, tables["revisions"]["id"])
    return OutageHistory(
        source=source,
        outages=outages,
        revisions=_read_revisions(folder / f"{source}_revisions.parquet", tables["revisions"], row),
        snapshots=_read_snapshots(folder / f"{source}_snapshots.parquet", tables["snapshots"]),
    )


def _read_columns(path: Path, part: str) -> dict[str, Any]:
    """Return the columns of one file as Arrow arrays; those it may lack only where it has them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        if file.metadata.num_rows > LARGEST_ROWS:
            msg = f"{path}: {file.metadata.num_rows:,} rows, more than {LARGEST_ROWS:,}; split it"
            raise SourceError(msg)
        there = set(file.schema_arrow.names)
        missing = [name for name in NEEDED_COLUMNS[part] if name not in there]
        if missing:
            needed = ", ".join(NEEDED_COLUMNS[part])
            msg = f"{path}: column {missing[0]!r} is missing; needed are {needed}"
            raise SourceError(msg)
        wanted = [
            name for name in (*NEEDED_COLUMNS[part], *OPTIONAL_COLUMNS[part]) if name in there
        ]
        table = file.read(columns=wanted)
    except (pa.ArrowException, OSError) as error:
        msg = f"{path}: not a Parquet file that can be read ({error})"
        raise SourceError(msg) from error
    return {name: table.column(name).combine_chunks() for name in wanted}


def _read_numbers(path: Path, columns: dict[str, Any], name: str) -> NDArray[np.float64]:
    import pyarrow as pa

    count = len(next(iter(columns.values())))
    if name not in columns:
        return np.full(count, np.nan)
    try:
        return np.array(columns[name].cast(pa.float64()).to_numpy(zero_copy_only=False))
    except pa.ArrowException as error:
        msg = f"{path}: column {name!r} is {columns[name].type}, not numbers"
        raise SourceError(msg) from error


def _read_times(
    path: Path, columns: dict[str, Any], name: str, *, needed: bool = False
) -> NDArray[np.float64]:
    """Return a column of unix seconds; what cannot be a time is NaN, or an error if needed."""
    times = _read_numbers(path, columns, name)
    with np.errstate(invalid="ignore"):
        wrong = ~((times > TIMES_S[0]) & (times < TIMES_S[1]))
    if needed and wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        label = columns["id"][row].as_py() if "id" in columns else ""
        msg = f"{path}: row {row} ({label}): {name} is no time in unix seconds"
        raise SourceError(msg)
    times[wrong] = np.nan
    return times


def _read_words(columns: dict[str, Any], name: str, count: int) -> Words:
    """Return a text column as codes into its sorted distinct values."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if name not in columns or pa.types.is_null(columns[name].type):
        return Words(np.full(count, -1, np.int32), ())
    coded = pc.dictionary_encode(columns[name].cast(pa.string()))
    texts = coded.dictionary.to_pylist()
    codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    order = sorted(range(len(texts)), key=texts.__getitem__)
    rank = np.full(len(texts) + 1, -1, np.int32)
    rank[order] = np.arange(len(texts), dtype=np.int32)
    return Words(rank[codes], tuple(texts[place] for place in order))


def _read_ids(columns: dict[str, Any]) -> NDArray[np.object_]:
    import pyarrow as pa

    return np.array(columns["id"].cast(pa.string()).to_pylist(), dtype=object)


def _read_flags(path: Path, columns: dict[str, Any], name: str) -> NDArray[np.bool_] | None:
    import pyarrow as pa

    if name not in columns:
        return None
    try:
        flags = columns[name].cast(pa.bool_()).fill_null(fill_value=False)
    except pa.ArrowException as error:
        msg = f"{path}: column {name!r} is {columns[name].type}, not true or false"
        raise SourceError(msg) from error
    return np.array(flags.to_numpy(zero_copy_only=False), bool)


def _read_outages(path: Path, columns: dict[str, Any]) -> Outages:
    ids = _read_ids(columns)
    first = _read_times(path, columns, "first_seen", needed=True)
    bad = [place for place, name in enumerate(ids) if name is None]
    if bad:
        msg = f"{path}: row {bad[0]}: id is null; every outage needs one"
        raise SourceError(msg)
    order = np.array(sorted(range(len(ids)), key=lambda row: (first[row], ids[row])), np.int64)
    _refuse_duplicates(path, ids)
    last, gone = (_read_times(path, columns, name) for name in ("last_seen", "gone_snap"))
    clean = _read_flags(path, columns, "clean")
    planned = _read_flags(path, columns, "planned")
    words = {
        name: _read_words(columns, name, len(ids)).take_rows(order)
        for name in ("region", "kind", "hierarchy")
    }
    return Outages(
        id=ids[order],
        start_s=_read_times(path, columns, "start")[order],
        first_seen_s=first[order],
        last_seen_s=last[order],
        gone_s=gone[order],
        etr_first_s=_read_times(path, columns, "etr_first")[order],
        etr_first_seen_s=_read_times(path, columns, "etr_first_seen")[order],
        lat=_read_numbers(path, columns, "lat")[order],
        lon=_read_numbers(path, columns, "lon")[order],
        planned=(np.zeros(len(ids), bool) if planned is None else planned)[order],
        clean=(gone - last <= CLEAN_GAP_S if clean is None else clean)[order],
        **words,
    )


def _refuse_duplicates(path: Path, ids: NDArray[np.object_]) -> None:
    seen: set[str] = set()
    for row, name in enumerate(ids):
        if name in seen:
            msg = f"{path}: row {row} ({name}): the id is there twice; ids are unique in a source"
            raise SourceError(msg)
        seen.add(name)


def _find_rows(known: NDArray[np.object_], column: Any) -> NDArray[np.int64]:
    """Return the outage row of every revision, -1 where its id is not listed."""
    import pyarrow as pa
    import pyarrow.compute as pc

    rows = pc.index_in(column.cast(pa.string()), value_set=pa.array(known, pa.string()))
    return np.asarray(rows.fill_null(-1).to_numpy(zero_copy_only=False), np.int64)


def _read_revisions(path: Path, columns: dict[str, Any], row: NDArray[np.int64]) -> Revisions:
    t = _read_times(path, columns, "t", needed=True)
    numbers = {
        name: _read_times(path, columns, name)
        if name != "cust"
        else _read_numbers(path, columns, name)
        for name in ("start", "etr", "auto_etr", "cust")
    }
    cause, crew = (_read_words(columns, name, len(t)) for name in ("cause", "crew"))
    # Every column takes part, so that the order of rows in the file can never matter.
    ties: list[NDArray[Any]] = [
        crew.codes,
        cause.codes,
        *(numbers[name] for name in ("cust", "etr", "start")),
    ]
    order = np.lexsort([*ties, t, row])
    order = order[row[order] >= 0]
    return Revisions(
        row=row[order],
        t_s=t[order],
        start_s=numbers["start"][order],
        etr_s=numbers["etr"][order],
        auto_etr_s=numbers["auto_etr"][order],
        customers=numbers["cust"][order],
        cause=cause.take_rows(order),
        crew=crew.take_rows(order),
    )


def _read_snapshots(path: Path, columns: dict[str, Any]) -> Snapshots:
    t = _read_times(path, columns, "t", needed=True)
    outages, customers = (_read_numbers(path, columns, name) for name in ("n_outages", "cust_out"))
    order = np.lexsort((customers, outages, t))
    return Snapshots(t_s=t[order], outages=outages[order], customers=customers[order])

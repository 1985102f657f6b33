"""
Bring the schema of a database up to date, with the files of ``sql/postgis``.

``tables/`` holds numbered files, each applied once. ``comments.sql``, ``functions/`` and
``grants.sql`` define what has no data of its own; all of them are applied again when one of them
changed, or a numbered file was applied. A call is one transaction: all of it, or nothing.

A file opens with ``BEGIN;``, ends with ``COMMIT;`` and records itself, so that psql alone can run
it; here the two lines are left out, and its checksum is recorded too.
Others work on meanwhile: see `upgrade_locks`.
"""

from __future__ import annotations

import hashlib
import logging
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from gridtwin.errors import StoreError, StoreVersionError
from gridtwin.store.postgis.connect import yield_waits
from gridtwin.store.postgis.upgrade_locks import (
    ENDLESS_STATEMENT,
    describe_table_users,
    lock_relations,
)

if TYPE_CHECKING:
    from datetime import datetime

    import psycopg

LOG = logging.getLogger("gridtwin.postgis")
MIGRATION_LOCK = 0x67726964_7477696E  # "gridtwin": one migration at a time in a database
FIRST_MIGRATION = 15  # the first number; it takes over what the files 1 to 14 of before have made
FILE_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
TRANSACTION_FRAME = re.compile(r"^(?:BEGIN|COMMIT);$", re.MULTILINE)
# What the file before may have set: each begins as it does where psql runs it alone.
AS_ALONE = "SET LOCAL client_min_messages TO DEFAULT; SET LOCAL search_path TO DEFAULT"
MIGRATION_PATIENCE_S = 600.0

Applied = dict[int, tuple[str, "str | None", "datetime"]]  # number -> name, checksum, when
Defined = dict[str, tuple["str | None", "datetime"]]  # file -> checksum, when


@dataclass(frozen=True, slots=True)
class SchemaFile:
    """One file of ``sql/postgis`` that is applied again when it changes."""

    file: str  # its path in sql/postgis
    text: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text, whatever ends its lines."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def statements(self) -> bytes:
        """The text without its own transaction; its lines stay where they are."""
        return TRANSACTION_FRAME.sub("", self.text).encode()


@dataclass(frozen=True, slots=True)
class MigrationFile(SchemaFile):
    """One file of ``sql/postgis/tables``, which is applied once."""

    number: int
    name: str


@dataclass(frozen=True, slots=True)
class FileStatus:
    """How one file stands in a database."""

    file: str
    state: Literal["applied", "pending", "changed", "unknown"]
    applied_at: datetime | None


def list_migrations(directory: Path | None = None) -> list[MigrationFile]:
    """
    Return the numbered files there are, in order.

    Parameters
    ----------
    directory
        Where ``tables`` is; that of gridtwin by default.

    Raises
    ------
    StoreError
        If there are none, or a number between the first and the last is missing.
    """
    directory = directory or _locate_files()
    files = []
    for path in sorted(directory.glob("tables/*.sql")):
        match = FILE_NAME.fullmatch(path.name)
        if match is None:
            msg = f"{path} is no migration: name it like 0015_network.sql"
            raise StoreError(msg)
        text = path.read_text(encoding="utf-8")  # line ends become \n
        files.append(MigrationFile(f"tables/{path.name}", text, int(match[1]), match[2]))
    if not files or [each.number for each in files] != [
        FIRST_MIGRATION + n for n in range(len(files))
    ]:
        numbers = ", ".join(f"{each.number:04}" for each in files) or "no files"
        msg = f"the migrations in {directory} are incomplete ({numbers}): install gridtwin again"
        raise StoreError(msg)
    return files


def list_definitions(directory: Path | None = None) -> list[SchemaFile]:
    """
    Return the files that are applied again when they change, in order.

    Parameters
    ----------
    directory
        Where ``functions`` is; that of gridtwin by default.

    Raises
    ------
    StoreError
        If one of them is missing.
    """
    directory = directory or _locate_files()
    functions = [f"functions/{path.name}" for path in sorted(directory.glob("functions/*.sql"))]
    files = []
    for file in ("comments.sql", *functions, "grants.sql"):
        try:
            files.append(SchemaFile(file, (directory / file).read_text(encoding="utf-8")))
        except FileNotFoundError as error:
            msg = f"{directory / file} is missing: install gridtwin again"
            raise StoreError(msg) from error
    return files


def migrate(
    connection: psycopg.Connection[Any],
    *,
    directory: Path | None = None,
    patience_s: float = MIGRATION_PATIENCE_S,
) -> list[str]:
    """
    Apply the files not yet applied, and those that changed, in one transaction.

    Parameters
    ----------
    connection
        To the database, outside of a transaction.
    directory
        Where the files are; those of gridtwin by default.
    patience_s
        Seconds to try for while others keep tables locked.

    Returns
    -------
        The files applied by this call. Of several calls at once each waits for the others, and
        each file is applied by one of them.

    Raises
    ------
    StoreError
        If an applied file of ``tables`` has changed since, a file fails, or tables stay locked;
        nothing is written.
    StoreVersionError
        If the database has migrations of a newer gridtwin.
    """
    from psycopg import errors

    passing = (errors.LockNotAvailable, errors.DeadlockDetected, errors.QueryCanceled)
    known, wanted = list_migrations(directory), list_definitions(directory)
    end = time.monotonic() + patience_s
    for wait in yield_waits():
        try:
            with connection.transaction():
                return _apply_missing(connection, known, wanted)
        except passing as error:
            users = describe_table_users(connection)
            if time.monotonic() + wait > end:
                msg = (
                    "the schema cannot be brought up to date: its tables are kept locked for"
                    f" {patience_s:g} s by {users}; nothing was written: end them, or try again"
                )
                raise StoreError(msg) from error
            LOG.info("waits for tables that are locked by %s", users)
        time.sleep(wait)
    raise AssertionError  # the waits never end


def _apply_missing(
    connection: psycopg.Connection[Any], known: list[MigrationFile], wanted: list[SchemaFile]
) -> list[str]:
    """Apply what a database lacks, in the caller's transaction; return the files."""
    connection.execute(ENDLESS_STATEMENT)
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (MIGRATION_LOCK,))
    applied, recorded = _read_applied(connection), _read_defined(connection)
    _check_applied(known, applied)
    for each in known:
        if each.number in applied and applied[each.number][1] is None:  # applied by psql
            _record_checksum(connection, each)
    missing = [each for each in known if each.number not in applied]
    checksums = {file: checksum for file, (checksum, _) in recorded.items()}
    known_as_wanted = checksums == {each.file: each.checksum for each in wanted}
    if not missing and known_as_wanted and not _list_outdated(wanted, recorded, applied):
        return []
    if applied:
        lock_relations(connection, [each.text for each in (*missing, *wanted)])
    for each in missing:
        _apply_script(connection, each)
    connection.execute("DELETE FROM gridtwin.definitions")
    for definition in wanted:
        _apply_script(connection, definition)
    return [each.file for each in (*missing, *wanted)]


def check_schema(connection: psycopg.Connection[Any]) -> None:
    """Refuse a database whose schema is not that of this gridtwin, with what to do."""
    known, wanted = list_migrations(), list_definitions()
    with connection.transaction():
        applied, defined = _read_applied(connection), _read_defined(connection)
    _check_applied(known, applied)
    if any(each.number not in applied for each in known):
        msg = "the database lacks migrations of this gridtwin: run `gridtwin db migrate`"
        raise StoreVersionError(msg)
    outdated = _list_outdated(wanted, defined, applied)
    if outdated:
        msg = (
            f"the database does not have {outdated[0]} as this gridtwin does: run"
            " `gridtwin db migrate`"
        )
        raise StoreVersionError(msg)


def list_file_status(
    connection: psycopg.Connection[Any], *, directory: Path | None = None
) -> list[FileStatus]:
    """Return how each file stands in a database, in order, with what it has beyond them."""
    known, wanted = list_migrations(directory), list_definitions(directory)
    with connection.transaction():
        applied, defined = _read_applied(connection), _read_defined(connection)
    outdated = _list_outdated(wanted, defined, applied)
    statuses = [
        FileStatus(f"{number:04}_{applied[number][0]}.sql", "applied", applied.pop(number)[2])
        for number in sorted(applied)
        if number < FIRST_MIGRATION
    ]
    for each in known:
        name, checksum, at = applied.pop(each.number, ("", None, None))
        state: Literal["applied", "pending", "changed"] = "applied"
        if at is None:
            state = "pending"
        elif name != each.name or checksum not in {None, each.checksum}:
            state = "changed"
        statuses.append(FileStatus(each.file, state, at))
    for every in wanted:
        state = "pending" if every.file in outdated else "applied"
        statuses.append(FileStatus(every.file, state, defined.pop(every.file, (None, None))[1]))
    return [
        *statuses,
        *(
            FileStatus(f"tables/{number:04}_{name}.sql", "unknown", at)
            for number, (name, _, at) in sorted(applied.items())
        ),
        *(FileStatus(file, "unknown", at) for file, (_, at) in sorted(defined.items())),
    ]


def _locate_files() -> Path:
    """Return where the files are: within the wheel, or in the checkout it is installed from."""
    packaged = Path(__file__).parent / "sql"
    return packaged if packaged.is_dir() else Path(__file__).parents[4] / "sql" / "postgis"


def _read_applied(connection: psycopg.Connection[Any]) -> Applied:
    if not _has_table(connection, "gridtwin.migrations"):
        return {}
    rows = connection.execute("SELECT number, name, checksum, applied_at FROM gridtwin.migrations")
    return {number: (name, checksum, at) for number, name, checksum, at in rows}


def _read_defined(connection: psycopg.Connection[Any]) -> Defined:
    if not _has_table(connection, "gridtwin.definitions"):
        return {}
    rows = connection.execute("SELECT file, checksum, applied_at FROM gridtwin.definitions")
    return {file: (checksum, at) for file, checksum, at in rows}


def _has_table(connection: psycopg.Connection[Any], table: str) -> bool:
    row = connection.execute("SELECT to_regclass(%s)", (table,)).fetchone()
    return row is not None and row[0] is not None


def _list_outdated(wanted: list[SchemaFile], defined: Defined, applied: Applied) -> list[str]:
    """
    Return the files that the database lacks or has otherwise; psql is taken at its word.

    What was applied before the newest numbered file is outdated, too: that may have dropped some.
    """
    newest = max((at for _, _, at in applied.values()), default=None)
    return [
        each.file
        for each in wanted
        if each.file not in defined
        or defined[each.file][0] not in {None, each.checksum}
        or (newest is not None and defined[each.file][1] < newest)
    ]


def _check_applied(known: list[MigrationFile], applied: Applied) -> None:
    newest, newest_known = max(applied, default=0), known[-1].number
    if newest > newest_known:
        msg = (
            f"the database was migrated by a newer gridtwin (to {newest:04}_{applied[newest][0]},"
            f" this one knows {newest_known:04}): upgrade gridtwin"
        )
        raise StoreVersionError(msg)
    for each in known:
        name, checksum, _ = applied.get(each.number, (each.name, None, None))
        if name != each.name or checksum not in {None, each.checksum}:
            msg = (
                f"{each.file} has changed since it was applied to this database: put it back as it"
                " was (install the gridtwin that applied it), and write changes into a new file"
            )
            raise StoreError(msg)


def _apply_script(connection: psycopg.Connection[Any], script: SchemaFile) -> None:
    from psycopg import Error, errors

    try:
        connection.execute(AS_ALONE)
        connection.execute(script.statements)
    except (errors.LockNotAvailable, errors.DeadlockDetected):
        raise  # it may pass
    except Error as error:
        said = error.diag.message_primary or str(error)
        if error.diag.message_detail:
            said += f" ({error.diag.message_detail.replace(chr(10), '; ')})"
        mend = error.diag.message_hint or "mend what it says and run it again"
        if isinstance(error, errors.InsufficientPrivilege):
            mend = (
                "run it as the owner of the database, or have an administrator run"
                f" psql -v ON_ERROR_STOP=1 -f {script.file}"
            )
        msg = (
            f"{script.file}{_find_line(script, error)} cannot be applied: {said}; nothing was"
            f" written: {mend}"
        )
        raise StoreError(msg) from error
    _record_checksum(connection, script)


def _find_line(script: SchemaFile, error: psycopg.Error) -> str:
    position = error.diag.statement_position
    if position is None:
        return ""
    # Counted in characters of what was sent.
    before = script.statements.decode()[: int(position)]
    return f" line {before.count(chr(10)) + 1}"


def _record_checksum(connection: psycopg.Connection[Any], script: SchemaFile) -> None:
    """Keep the checksum of a file, which recorded itself without one."""
    if isinstance(script, MigrationFile):
        connection.execute(
            "INSERT INTO gridtwin.migrations (number, name, checksum) VALUES (%s, %s, %s)"
            " ON CONFLICT (number) DO UPDATE SET checksum = excluded.checksum",
            (script.number, script.name, script.checksum),
        )
    else:
        connection.execute(
            "INSERT INTO gridtwin.definitions (file, checksum) VALUES (%s, %s)"
            " ON CONFLICT (file) DO UPDATE SET checksum = excluded.checksum",
            (script.file, script.checksum),
        )

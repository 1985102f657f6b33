"""
Bring the schema of a database up to date, file by file of ``sql/postgis``.

A file opens with ``BEGIN;`` and ends with ``COMMIT;``, so that psql alone can run it; here the two
lines are left out, and the file, its checksum and its number are written in one transaction.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from gridtwin.errors import StoreError, StoreVersionError

if TYPE_CHECKING:
    import psycopg

LOCK = 0x67726964_7477696E  # "gridtwin": one migration at a time in a database
FILE_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
FRAME = re.compile(r"^(?:BEGIN|COMMIT);$", re.MULTILINE)

Applied = dict[int, tuple[str, "str | None", datetime]]  # number -> name, checksum, when


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of ``sql/postgis``."""

    number: int
    name: str
    file: str
    text: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text, whatever ends its lines."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def statements(self) -> bytes:
        """The text without its own transaction; its lines stay where they are."""
        return FRAME.sub("", self.text).encode()


@dataclass(frozen=True, slots=True)
class MigrationStatus:
    """How one file stands in a database."""

    number: int
    file: str
    state: Literal["applied", "pending", "changed", "unknown"]
    applied_at: datetime | None


def migrations(directory: Path | None = None) -> list[Migration]:
    """
    Return the files there are, in order.

    Parameters
    ----------
    directory
        Where they are; those of gridtwin by default.

    Raises
    ------
    StoreError
        If there are none, or their numbers are not 1, 2, 3 and so on.
    """
    directory = directory or _directory()
    found = []
    for path in sorted(directory.glob("*.sql")):
        match = FILE_NAME.fullmatch(path.name)
        if match is None:
            msg = f"{path} is no migration: name it like 0003_functions.sql"
            raise StoreError(msg)
        text = path.read_text(encoding="utf-8")  # line ends become \n
        found.append(Migration(int(match[1]), match[2], path.name, text))
    if not found or [each.number for each in found] != list(range(1, len(found) + 1)):
        numbers = ", ".join(f"{each.number:04}" for each in found) or "no files"
        msg = f"the migrations in {directory} are incomplete ({numbers}): install gridtwin again"
        raise StoreError(msg)
    return found


def migrate(connection: psycopg.Connection[Any], *, directory: Path | None = None) -> list[str]:
    """
    Apply the files not yet applied, each in one transaction.

    Parameters
    ----------
    connection
        To the database, outside of a transaction.
    directory
        Where the files are; those of gridtwin by default.

    Returns
    -------
        The names of the files applied by this call. Of several calls at once each waits for the
        others, and each file is applied by one of them.

    Raises
    ------
    StoreError
        If an applied file has changed since, or a file fails; nothing of that file is written.
    StoreVersionError
        If the database has migrations of a newer gridtwin.
    """
    known = migrations(directory)
    done: list[str] = []
    while (name := _apply_next(connection, known)) is not None:
        done.append(name)
    return done


def require(connection: psycopg.Connection[Any]) -> None:
    """Refuse a database whose migrations are not those of this gridtwin, with what to do."""
    known = migrations()
    with connection.transaction():
        applied = _applied(connection)
    _check(known, applied)
    if len(applied) < len(known):
        msg = "the database lacks migrations of this gridtwin: run `gridtwin db migrate`"
        raise StoreVersionError(msg)


def status(
    connection: psycopg.Connection[Any], *, directory: Path | None = None
) -> list[MigrationStatus]:
    """Return how each file stands in a database, then what the database has beyond them."""
    known = migrations(directory)
    with connection.transaction():
        applied = _applied(connection)
    found = []
    for each in known:
        name, checksum, at = applied.pop(each.number, ("", None, None))
        state: Literal["applied", "pending", "changed"] = "applied"
        if at is None:
            state = "pending"
        elif name != each.name or checksum not in {None, each.checksum}:
            state = "changed"
        found.append(MigrationStatus(each.number, each.file, state, at))
    return found + [
        MigrationStatus(number, f"{number:04}_{name}.sql", "unknown", at)
        for number, (name, _, at) in sorted(applied.items())
    ]


def _directory() -> Path:
    """Return where the files are: within the wheel, or in the checkout it is installed from."""
    packaged = Path(__file__).parent / "sql"
    return packaged if packaged.is_dir() else Path(__file__).parents[4] / "sql" / "postgis"


def _apply_next(connection: psycopg.Connection[Any], known: list[Migration]) -> str | None:
    """Apply the first file not yet applied and return its name; None if there is none."""
    with connection.transaction():
        connection.execute("SET LOCAL statement_timeout = 0")
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        applied = _applied(connection)
        _check(known, applied)
        for each in known:
            if each.number not in applied:
                _apply(connection, each)
                return each.file
            if applied[each.number][1] is None:  # applied by psql
                _record(connection, each)
    return None


def _applied(connection: psycopg.Connection[Any]) -> Applied:
    row = connection.execute("SELECT to_regclass('gridtwin.migrations')").fetchone()
    if row is None or row[0] is None:
        return {}
    rows = connection.execute("SELECT number, name, checksum, applied_at FROM gridtwin.migrations")
    return {number: (name, checksum, at) for number, name, checksum, at in rows}


def _check(known: list[Migration], applied: Applied) -> None:
    newest = max(applied, default=0)
    if newest > len(known):
        msg = (
            f"the database was migrated by a newer gridtwin (to {newest:04}_{applied[newest][0]},"
            f" this one knows {len(known):04}): upgrade gridtwin"
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


def _apply(connection: psycopg.Connection[Any], migration: Migration) -> None:
    from psycopg import Error, errors

    try:
        connection.execute(migration.statements)
    except Error as error:
        said = error.diag.message_primary or str(error)
        mend = error.diag.message_hint or "mend what it says and run it again"
        if isinstance(error, errors.InsufficientPrivilege):
            mend = (
                "run it as the owner of the database, or have an administrator run"
                f" psql -v ON_ERROR_STOP=1 -f {migration.file}"
            )
        msg = (
            f"{migration.file}{_line(migration, error)} cannot be applied: {said}; nothing of it"
            f" was written: {mend}"
        )
        raise StoreError(msg) from error
    _record(connection, migration)


def _line(migration: Migration, error: psycopg.Error) -> str:
    position = error.diag.statement_position
    if position is None:
        return ""
    # Counted in characters of what was sent.
    before = migration.statements.decode()[: int(position)]
    return f" line {before.count(chr(10)) + 1}"


def _record(connection: psycopg.Connection[Any], migration: Migration) -> None:
    connection.execute(
        "INSERT INTO gridtwin.migrations (number, name, checksum) VALUES (%s, %s, %s)"
        " ON CONFLICT (number) DO UPDATE SET checksum = excluded.checksum",
        (migration.number, migration.name, migration.checksum),
    )

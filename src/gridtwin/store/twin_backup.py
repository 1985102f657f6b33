"""
Copy a local twin while it is in use, and bring it back.

::

    backups/houston-20261201T021500Z/
    ├── backup.json     of which twin, when, and the length and SHA-256 of every file
    └── twin/           the files of the twin

What SQLite keeps is copied by its own backup, so that a copy is one moment of it; all other files
are only ever replaced whole, and are held by a second name of theirs before they are copied. The
card is written last, and the directory gets its name then: a half copy is never one.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridtwin.errors import InputError, StoreError, StoreVersionError
from gridtwin.store.arrays import flush_to_disk
from gridtwin.store.local_files import finish_replacement, hold_for_load
from gridtwin.store.local_store import AMI_FOLDER, LocalStore
from gridtwin.store.sqlite_database import LOCK_FILE, STATE_FILE, SqliteFile, hold_lock
from gridtwin.store.store_rules import build_lock_error
from gridtwin.store.twin_card import TwinCard
from gridtwin.store.twin_places import check_place, move_into_place

if TYPE_CHECKING:
    from collections.abc import Iterator

BACKUP_FORMAT = "gridtwin-backup"
BACKUP_FORMAT_VERSION = 1
BACKUP_CARD_FILE = "backup.json"
COPIED_FOLDER = "twin"
HELD_PREFIX = ".backup-"  # begins the name under which the files are held while they are copied
SQLITE_SUFFIXES = frozenset({".sqlite", ".db"})
PASSED_OVER = (".lock", ".new", "-wal", "-shm", "-journal")  # how names end that are no data
TAKING_PATIENCE_S = 120.0  # who takes readings may be at work on a piece
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class BackedFile:
    """A file of a backup."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class TwinBackup:
    """A backup that is whole."""

    path: Path
    twin_name: str
    twin_id: str
    made_at: datetime
    files: dict[str, BackedFile]

    @property
    def total_bytes(self) -> int:
        """How long all its files are together."""
        return sum(each.bytes for each in self.files.values())


def write_backup(twin: Path, folder: Path, *, made_at: datetime | None = None) -> TwinBackup:
    """
    Copy a twin into a new directory of a folder, while others read and write it.

    Parameters
    ----------
    twin
        The twin.
    folder
        Where backups are kept; it is made if it is not there.
    made_at
        What the backup is named by; by default now.

    Raises
    ------
    NotFoundError
        If there is no such twin.
    InputError
        If the folder lies in the twin.
    StoreError
        If somebody loads a network into it, something of it is damaged, or the folder cannot be
        written.
    """
    moment = (made_at or datetime.now(UTC)).replace(microsecond=0)
    LocalStore.open(twin)
    if folder.resolve().is_relative_to(twin.resolve()):
        msg = f"{folder} lies in {twin}: keep backups elsewhere, best on another disk"
        raise InputError(msg)
    path = folder / f"{twin.stem}-{moment:%Y%m%dT%H%M%SZ}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if path.exists():
            msg = f"{path} exists already: wait a second"
            raise StoreError(msg)
        new = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".new", dir=folder))
        try:
            with _hold_files(twin) as held:
                twin_id = TwinCard.read_card(held).twin_id
                files = _copy_files(held, new / COPIED_FOLDER)
            backup = TwinBackup(path, twin.stem, twin_id, moment, files)
            _write_card(new / BACKUP_CARD_FILE, backup)
            flush_to_disk(new)
            new.rename(path)
            flush_to_disk(folder)
        finally:
            shutil.rmtree(new, ignore_errors=True)
    except OSError as error:
        msg = f"{path} cannot be written ({error}): check the disk and who may write there"
        raise StoreError(msg) from error
    return backup


def read_backup(path: Path) -> TwinBackup:
    """
    Read a backup, and every file of it.

    Raises
    ------
    StoreError
        If it is none, was cut short, or a file of it is missing or another.
    StoreVersionError
        If a newer gridtwin wrote it.
    """
    backup = _read_card(path)
    for name, said in backup.files.items():
        if not (path / COPIED_FOLDER / name).is_file():
            raise _build_backup_error(path, f"{name} is missing")
        if _weigh_file(path / COPIED_FOLDER / name) != said:
            raise _build_backup_error(path, f"{name} is not what was written")
    return backup


def restore_backup(path: Path, twin: Path, *, overwrite: bool = False) -> TwinBackup:
    """
    Make a twin of a backup; it takes its place when it was read whole.

    Parameters
    ----------
    path
        The backup.
    twin
        The twin to make.
    overwrite
        Put it in the place of a twin that is there; nobody may operate that one meanwhile.

    Raises
    ------
    InputError
        If `twin` cannot be the name of one.
    StoreError
        If the backup cannot be used (see `read_backup`), the place is taken, or live operations
        run on the twin that is there.
    """
    check_place(twin, overwrite=overwrite)
    backup = read_backup(path)
    try:
        twin.parent.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(prefix=f".{twin.name}.", suffix=".new", dir=twin.parent))
        try:
            if _copy_files(path / COPIED_FOLDER, new) != backup.files:
                raise _build_backup_error(path, "it changed while it was copied")
            _check_twin(new, backup)
            new.chmod(0o755)  # made for its owner alone, but a twin is shared
            with _hold_still(twin):
                move_into_place(new, twin)
        finally:
            shutil.rmtree(new, ignore_errors=True)
    except OSError as error:
        msg = f"{twin} cannot be written ({error}): check the disk and who may write there"
        raise StoreError(msg) from error
    return backup


def list_backups(folder: Path, twin_name: str) -> list[Path]:
    """Return the backups of a twin in a folder, the oldest first; what is none is passed over."""
    dated = []
    for path in folder.iterdir():
        if path.name.startswith(f"{twin_name}-") and (path / BACKUP_CARD_FILE).is_file():
            backup = _read_card(path)
            if backup.twin_name == twin_name:
                dated.append((backup.made_at, path))
    return [path for _, path in sorted(dated)]


def drop_old_backups(folder: Path, twin_name: str, keep: int) -> list[Path]:
    """
    Remove all backups of a twin but the newest.

    Raises
    ------
    StoreError
        If one cannot be read or removed.
    """
    old = list_backups(folder, twin_name)[:-keep]
    for path in old:
        try:
            (path / BACKUP_CARD_FILE).unlink()  # first, so that what is left is no backup
            shutil.rmtree(path)
        except OSError as error:
            msg = f"{path} cannot be removed ({error}): check who may write there"
            raise StoreError(msg) from error
    return old


@contextmanager
def _hold_files(twin: Path) -> Iterator[Path]:
    """Hold the files of a twin as they are together; no network is loaded into it meanwhile."""
    with hold_for_load(twin):
        finish_replacement(twin)
        for left in twin.glob(f"{HELD_PREFIX}*"):  # of a backup that was killed
            shutil.rmtree(left)
        held = Path(tempfile.mkdtemp(prefix=HELD_PREFIX, dir=twin))
        try:
            with _hold_taking(twin / AMI_FOLDER):
                for file in _list_files(twin):
                    _hold_file(file, held / file.relative_to(twin))
            yield held
        finally:
            shutil.rmtree(held, ignore_errors=True)


@contextmanager
def _hold_taking(folder: Path) -> Iterator[None]:
    """Let nobody take readings meanwhile: files and how far they were taken are of one moment."""
    ledger = folder / "stream.db"
    if not ledger.is_file():
        yield
        return
    try:
        with closing(
            sqlite3.connect(ledger, timeout=TAKING_PATIENCE_S, isolation_level=None)
        ) as link:
            link.execute("BEGIN IMMEDIATE")
            yield
    except sqlite3.Error as error:
        msg = f"{ledger} cannot be used ({error}): check who may write there"
        raise StoreError(msg) from error


def _hold_file(file: Path, held: Path) -> None:
    held.parent.mkdir(parents=True, exist_ok=True)
    if file.suffix in SQLITE_SUFFIXES:
        _copy_database(file, held)
        return
    try:
        os.link(file, held)
    except FileNotFoundError:
        return  # roll-ups and days are made anew at any time: it is gone, another may be there
    except OSError:  # a file system without second names
        shutil.copy2(file, held)


def _copy_database(file: Path, copy: Path) -> None:
    """Copy what SQLite keeps at one moment, and have SQLite look whether the copy is sound."""
    copy.touch(0o600)  # what its owner alone may read is never there for others, either
    try:
        address = f"{file.resolve().as_uri()}?mode=ro"
        with (
            closing(sqlite3.connect(address, uri=True, timeout=TAKING_PATIENCE_S)) as read,
            closing(sqlite3.connect(copy)) as written,
        ):
            read.backup(written)
            told = written.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.Error as error:
        msg = f"{file} cannot be copied ({error}): check it"
        raise StoreError(msg) from error
    if told != "ok":
        msg = f"{file} is damaged ({told}): no backup was made of it"
        raise StoreError(msg)
    shutil.copymode(file, copy)


def _list_files(folder: Path) -> list[Path]:
    return sorted(
        file
        for file in folder.rglob("*")
        if file.is_file()
        and not file.name.endswith(PASSED_OVER)
        and not file.relative_to(folder).parts[0].startswith(HELD_PREFIX)
    )


def _copy_files(source: Path, copy: Path) -> dict[str, BackedFile]:
    """Copy files with their times, by which it is told what is to be summed up again."""
    files = {}
    copy.mkdir(exist_ok=True)
    for file in _list_files(source):
        name = file.relative_to(source)
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, copy / name)
        flush_to_disk(copy / name)
        files[name.as_posix()] = _weigh_file(copy / name)
    return files


def _weigh_file(file: Path) -> BackedFile:
    digest, length = hashlib.sha256(), 0
    with file.open("rb") as read:
        while chunk := read.read(CHUNK_BYTES):
            digest.update(chunk)
            length += len(chunk)
    return BackedFile(length, digest.hexdigest())


def _write_card(file: Path, backup: TwinBackup) -> None:
    card: dict[str, Any] = {
        "format": BACKUP_FORMAT,
        "version": BACKUP_FORMAT_VERSION,
        "twin_name": backup.twin_name,
        "twin_id": backup.twin_id,
        "made_at": backup.made_at.isoformat(),
        "files": {name: asdict(each) for name, each in backup.files.items()},
    }
    file.write_text(json.dumps(card, indent=1), encoding="utf-8")
    flush_to_disk(file)


def _read_card(path: Path) -> TwinBackup:
    try:
        card = json.loads((path / BACKUP_CARD_FILE).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        msg = f"{path} is no whole backup: it has no {BACKUP_CARD_FILE}; choose another one"
        raise StoreError(msg) from error
    except (OSError, ValueError) as error:
        raise _build_backup_error(path, f"{BACKUP_CARD_FILE} cannot be read ({error})") from error
    try:
        if card["format"] == BACKUP_FORMAT and card["version"] > BACKUP_FORMAT_VERSION:
            msg = f"{path} was written by a newer gridtwin: upgrade gridtwin"
            raise StoreVersionError(msg)
        return TwinBackup(
            path,
            str(card["twin_name"]),
            str(card["twin_id"]),
            datetime.fromisoformat(card["made_at"]),
            {name: BackedFile(**each) for name, each in card["files"].items()},
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise _build_backup_error(path, f"{BACKUP_CARD_FILE} is damaged") from error


def _check_twin(twin: Path, backup: TwinBackup) -> None:
    """Open a restored twin as everybody does, and read all of its network and its index."""
    store = LocalStore.open(twin)
    if backup.twin_id != SqliteFile.read_id(twin):
        raise _build_backup_error(backup.path, f"{STATE_FILE} is of another network")
    _ = store.network.data, store.read_index()
    store.states.read_state("current")


@contextmanager
def _hold_still(twin: Path) -> Iterator[None]:
    """Refuse to take away a twin on which live operations run."""
    if not twin.exists():
        yield
        return
    with hold_lock(twin / LOCK_FILE, build_lock_error(str(twin))), hold_for_load(twin):
        yield


def _build_backup_error(path: Path, reason: str) -> StoreError:
    return StoreError(f"{path} cannot be used: {reason}; choose another backup")

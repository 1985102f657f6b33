"""Back a local twin up, and bring it back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridtwin.cli.options import In, Overwrite, twin_named
from gridtwin.errors import InputError

if TYPE_CHECKING:
    from gridtwin.store.twin_backup import TwinBackup

backup_app = typer.Typer(
    help="Back a local twin up, and bring it back.", no_args_is_help=True, rich_markup_mode=None
)
Backup = Annotated[Path, typer.Argument(metavar="BACKUP", help="Directory that a backup made.")]


@backup_app.command("write")
def write_twin_backup(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where backups are kept.")],
    twin: In = "",
    keep: Annotated[
        int, typer.Option(min=0, help="Remove all of this twin but the newest so many; 0: none.")
    ] = 0,
) -> None:
    """
    Copy a twin while it is in use, and say where.

    Example: gridtwin backup write backups --in houston.twin --keep 7
    """
    from gridtwin.store.twin_backup import drop_old_backups, write_backup

    source = Path(_check_local(twin_named(twin)))
    backup = write_backup(source, folder)
    _tell_backup(backup)
    if keep:
        for path in drop_old_backups(folder, backup.twin_name, keep):
            sys.stdout.write(f"{path}: removed\n")


@backup_app.command("verify")
def verify_twin_backup(path: Backup) -> None:
    """
    Read every file of a backup; exit code 4 if one is missing or another.

    Example: gridtwin backup verify backups/houston-20261201T021500Z
    """
    from gridtwin.store.twin_backup import read_backup

    _tell_backup(read_backup(path))


@backup_app.command("restore")
def restore_twin_backup(
    path: Backup,
    into: Annotated[str, typer.Option(metavar="TWIN", help="NAME.twin to make.")],
    overwrite: Overwrite = False,
) -> None:
    """
    Make a twin of a backup, once all of it was read. Stop the server of a twin that it replaces.

    Example: gridtwin backup restore backups/houston-20261201T021500Z --into houston.twin
    """
    from gridtwin.store.twin_backup import restore_backup

    backup = restore_backup(path, Path(_check_local(into)), overwrite=overwrite)
    sys.stdout.write(f"{into}: restored as of {backup.made_at.isoformat()}\n")


def _tell_backup(backup: TwinBackup) -> None:
    sys.stdout.write(
        f"{backup.path}: {len(backup.files):,} files, {backup.total_bytes:,} bytes,"
        f" as of {backup.made_at.isoformat()}\n"
    )


def _check_local(target: str) -> str:
    from gridtwin.store.postgis.connect import is_address

    if is_address(target):
        msg = "a database is backed up by its own tools, pg_dump and archived WAL: docs/deploy.md"
        raise InputError(msg)
    return target

"""
Make a database as gridtwin did before functions had files of their own.

``release-0014.tar.xz`` holds ``sql/postgis/0001_tables.sql`` to ``0014_phases.sql`` of commit
f5d63f3, and ``rows.sql``: what that gridtwin wrote of ``data/sample``, with a pole and a fuse open,
two outages, estimates, and readings.
"""

from __future__ import annotations

import hashlib
import tarfile
from pathlib import Path
from typing import Any

import psycopg

from postgres import Cluster

ARCHIVE = Path(__file__).parent / "release-0014.tar.xz"
LAST = 14
ROWS = "rows.sql"


def read_release() -> dict[str, str]:
    """Return the text of each file by its name, in order."""
    with tarfile.open(ARCHIVE) as archive:
        return {
            each.name: file.read().decode()
            for each in archive.getmembers()
            if (file := archive.extractfile(each)) is not None
        }


def install_release(connection: psycopg.Connection[Any], *, last: int = LAST) -> None:
    """Apply the files up to a number, and keep their checksums, as that gridtwin did."""
    for name, text in read_release().items():
        if name != ROWS and int(name[:4]) <= last:
            connection.execute(text.encode())
            connection.execute(
                "UPDATE gridtwin.migrations SET checksum = %s WHERE number = %s",
                (hashlib.sha256(text.encode()).hexdigest(), int(name[:4])),
            )


def add_rows(postgres: Cluster, database: str, owner: str) -> None:
    """Write the rows past triggers, which have written theirs."""
    url = postgres.superuser_url.rpartition("/")[0]
    with psycopg.connect(f"{url}/{database}", autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(psycopg.sql.SQL("SET ROLE {}").format(psycopg.sql.Identifier(owner)))
        connection.execute(read_release()[ROWS].encode())

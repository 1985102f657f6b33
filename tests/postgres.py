"""Name the PostgreSQL of the tests' own: a temporary cluster on a free port."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gridtwin.errors import PostgresMissingError
from gridtwin.store.postgis.cluster import CLUSTER_OWNER, Cluster, find_binaries, run_cluster

__all__ = ["CHECKER", "Cluster", "PostgresMissingError", "copy_of", "find_binaries", "run_cluster"]

CHECKER = "plpgsql_check"  # the extension that reads functions as a compiler would


@contextmanager
def copy_of(server: Cluster, url: str) -> Iterator[str]:
    """Copy a database that nobody is connected to, which is quicker than to fill another one."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    template = url.rpartition("/")[2]
    server.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER {CLUSTER_OWNER}")
    try:
        yield server.build_url(name)
    finally:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def read_config(word: str) -> str:
    """Return what pg_config says of the PostgreSQL of the tests."""
    command = [find_binaries() / "pg_config", f"--{word}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def check() -> None:
    """End with what to install, where something is missing."""
    try:
        shared = Path(read_config("sharedir"))
    except PostgresMissingError as error:
        sys.exit(str(error))
    if not (shared / "extension" / f"{CHECKER}.control").exists():
        sys.exit(f"the extension {CHECKER} is needed: run `make postgres`")


if __name__ == "__main__":  # the Makefile asks whether there is anything to install
    if sys.argv[1:] == ["version"]:
        print(read_config("version").split()[1].partition(".")[0])  # noqa: T201
    else:
        check()

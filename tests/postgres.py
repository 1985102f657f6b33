"""Name the PostgreSQL of the tests' own: a temporary cluster on a free port."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from gridtwin.errors import PostgresMissingError
from gridtwin.store.postgis.cluster import OWNER, Cluster, cluster, find_binaries

__all__ = ["Cluster", "PostgresMissingError", "cluster", "copy_of", "find_binaries"]


@contextmanager
def copy_of(server: Cluster, url: str) -> Iterator[str]:
    """Copy a database that nobody is connected to, which is quicker than to fill another one."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    template = url.rpartition("/")[2]
    server.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER {OWNER}")
    try:
        yield server.url_of(name)
    finally:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


if __name__ == "__main__":  # the Makefile asks whether there is anything to install
    try:
        find_binaries()
    except PostgresMissingError as error:
        sys.exit(str(error))

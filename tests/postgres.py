"""Name the PostgreSQL of the tests' own: a temporary cluster on a free port."""

from __future__ import annotations

import sys

from gridtwin.errors import PostgresMissingError
from gridtwin.store.postgis.cluster import Cluster, cluster, find_binaries

__all__ = ["Cluster", "PostgresMissingError", "cluster", "find_binaries"]

if __name__ == "__main__":  # the Makefile asks whether there is anything to install
    try:
        find_binaries()
    except PostgresMissingError as error:
        sys.exit(str(error))

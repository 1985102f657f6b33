"""A stand-in for an account of Snowflake, in a virtual environment of its own.

It is kept beside the packages of the tests, since it needs another DuckDB than they do.
"""

from __future__ import annotations

import re
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gridtwin.settings import SnowflakeSettings
from waiting import end_group

FAKESNOW = "fakesnow[server]==0.12.1"
CONNECTOR = "snowflake-connector-python[pandas]<5"  # what this version of it is made for

TOKEN = "token-of-a-loader-that-nobody-may-see"  # noqa: S105


def find_program() -> Path:
    """Return the server's program; the environment is made where it is missing."""
    folder = Path(sys.prefix) / FAKESNOW.replace("[server]==", "-")
    program = folder / "bin/fakesnow"
    if not program.exists():
        venv.create(folder, with_pip=True, clear=True)
        pip = [str(folder / "bin/pip"), "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, FAKESNOW, CONNECTOR], check=True)
    return program


@contextmanager
def run_fakesnow() -> Iterator[SnowflakeSettings]:
    """Run a server on a free port; return how to log in to it. Any token will do."""
    command = [str(find_program()), "-s", "--host", "127.0.0.1"]
    with subprocess.Popen(
        command,
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stderr is not None
            told = []
            for line in process.stderr:
                told.append(line)
                address = re.search(r"running on http://127\.0\.0\.1:(\d+)", line)
                if address:
                    break
            else:
                raise AssertionError("".join(told))
            # What it logs from here on is read by nobody, and must not hold it up.
            drain = subprocess.Popen(
                ["cat"], stdin=process.stderr, stdout=subprocess.DEVNULL, start_new_session=True
            )
            try:
                yield SnowflakeSettings(
                    account="fakesnow",
                    user="loader",
                    host="127.0.0.1",
                    port=int(address[1]),
                    protocol="http",
                    authenticator="oauth",
                    token=TOKEN,
                )
            finally:
                end_group(drain)
        finally:
            end_group(process)

"""Run a PostgreSQL with PostGIS that lasts as long as its process, for demos and tests."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gridtwin.errors import PostgresMissingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LEAST_CLUSTER_VERSION = 15
CLUSTER_STARTS = 5  # another process may take the free port before the server does
HOW_TO_INSTALL_POSTGIS = (
    "PostgreSQL 15 or later with PostGIS is needed: run `make postgres`, or `apt-get install"
    " postgresql postgresql-postgis`, or put the bin directory of an installation that has both on"
    " PATH"
)
TEMPLATE_DATABASE = "gridtwin_template"
SUPERUSER = "postgres"
CLUSTER_OWNER = "twin"  # may make roles, as the first user of a managed PostgreSQL; no superuser

# Nothing here has to outlive the machine: speed before durability.
CLUSTER_SETTINGS: dict[str, str] = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "autovacuum": "off",
    "timezone": "UTC",
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running PostgreSQL that only this process knows of."""

    port: int
    binaries: Path  # where psql, pg_dump and the others are
    directory: Path

    @property
    def url(self) -> str:
        """Return the address of the maintenance database, for its ordinary user."""
        return self.build_url("postgres")

    @property
    def superuser_url(self) -> str:
        """Return the address of the maintenance database, for the superuser."""
        return self.build_url("postgres", user=SUPERUSER)

    @property
    def psql(self) -> str:
        """Return the path of psql."""
        return str(self.binaries / "psql")

    def build_url(self, database: str, *, user: str = CLUSTER_OWNER) -> str:
        """Return the address of a database of this cluster."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    @contextmanager
    def create_database(self, *, spatial: bool = True) -> Iterator[str]:
        """Make an empty database, with PostGIS unless told otherwise; drop it at the end."""
        name = f"t_{uuid.uuid4().hex[:12]}"
        template = TEMPLATE_DATABASE if spatial else "template0"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER {CLUSTER_OWNER}")
        try:
            yield self.build_url(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def kill(self) -> None:
        """End the server at once (SIGKILL), with all that it was doing."""
        pid = (self.directory / "data" / "postmaster.pid").read_text().splitlines()[0]
        os.kill(int(pid), signal.SIGKILL)
        while Path(f"/proc/{pid}").exists():
            time.sleep(0.01)

    def start(self) -> None:
        """Start the server again, at the port that it had; it recovers first."""
        log = str(self.directory / "log")
        words = ("start", "-w", "-t", "120", "-D", "data", "-l", log, "-o", f"-p {self.port}")
        for _ in range(CLUSTER_STARTS):
            try:
                _run_program(self.binaries, self.directory, "pg_ctl", *words)
            except subprocess.CalledProcessError:  # what the server was doing has not ended yet
                time.sleep(0.2)
            else:
                return
        msg = f"PostgreSQL did not start again: {(self.directory / 'log').read_text()[-500:]}"
        raise RuntimeError(msg)

    def execute(self, *statements: str, database: str = "postgres") -> None:
        """Run statements as the superuser, each on its own."""
        import psycopg

        url = self.build_url(database, user=SUPERUSER)
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


def find_binaries() -> Path:
    """
    Return the bin directory of the newest PostgreSQL on this machine that has PostGIS.

    Raises
    ------
    PostgresMissingError
        If there is none, with the words how to install it.
    """
    candidates = [
        path
        for path in _list_candidates()
        if _read_version(path) >= LEAST_CLUSTER_VERSION and _has_postgis(path)
    ]
    if not candidates:
        raise PostgresMissingError(HOW_TO_INSTALL_POSTGIS)
    return max(candidates, key=_read_version)


def _list_candidates() -> set[Path]:
    on_path = shutil.which("pg_ctl")
    paths = [Path(on_path).resolve().parent] if on_path else []
    for root, pattern in (("/usr/lib/postgresql", "*/bin"), ("/usr", "pgsql-*/bin")):
        paths += Path(root).glob(pattern)
    return {path for path in paths if (path / "pg_ctl").exists() and (path / "initdb").exists()}


def _read_version(binaries: Path) -> int:
    words = subprocess.run(  # noqa: S603 - words of our own
        [str(binaries / "pg_ctl"), "--version"], capture_output=True, text=True, check=False
    ).stdout
    match = re.search(r"(\d+)", words)
    return int(match[1]) if match else 0


def _has_postgis(binaries: Path) -> bool:
    """Return whether the library of PostGIS is there: its scripts alone are of no use."""
    folders = [binaries.parent / "lib"]  # where Debian keeps it
    if (binaries / "pg_config").exists():
        words = subprocess.run(  # noqa: S603 - words of our own
            [str(binaries / "pg_config"), "--pkglibdir"],
            capture_output=True,
            text=True,
            check=False,
        ).stdout
        folders.append(Path(words.strip()))
    return any(any(folder.glob("postgis-3.*")) for folder in folders if folder.is_dir())


@contextmanager
def run_cluster(settings: Mapping[str, str] | None = None) -> Iterator[Cluster]:
    """
    Start a cluster, with a template database that has PostGIS; stop and remove it at the end.

    Parameters
    ----------
    settings
        Of the server, over those of the tests.

    Raises
    ------
    PostgresMissingError
        If this machine has no PostgreSQL with PostGIS.
    """
    binaries = find_binaries()
    directory = Path(tempfile.mkdtemp(prefix="gridtwin-pg-"))
    try:
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            shutil.chown(directory, _choose_server_user())
        _init_cluster(binaries, directory, CLUSTER_SETTINGS | dict(settings or {}))
        running = Cluster(_start_server(binaries, directory), binaries, directory)
        try:
            _prepare_template(running)
            yield running
        finally:
            if (directory / "data" / "postmaster.pid").exists():  # a test may have stopped it
                _run_program(
                    binaries, directory, "pg_ctl", "stop", "-w", "-m", "immediate", "-D", "data"
                )
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _choose_server_user() -> str:
    import pwd  # which Windows does not have

    names = {entry.pw_name for entry in pwd.getpwall()}
    return SUPERUSER if SUPERUSER in names else "nobody"


def _init_cluster(binaries: Path, directory: Path, settings: Mapping[str, str]) -> None:
    _run_program(
        binaries, directory, "initdb", "-D", "data", "-U", SUPERUSER, "-A", "trust",
        "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions",
    )  # fmt: skip
    lines = [f"{name} = '{value}'\n" for name, value in settings.items()]
    lines.append(f"unix_socket_directories = '{directory}'\n")
    with (directory / "data" / "postgresql.conf").open("a") as file:
        file.writelines(lines)


def _start_server(binaries: Path, directory: Path) -> int:
    log = directory / "log"
    for _ in range(CLUSTER_STARTS):
        port = _find_free_port()
        command = ("pg_ctl", "start", "-w", "-t", "120", "-D", "data", "-l", str(log))
        try:
            _run_program(binaries, directory, *command, "-o", f"-p {port}")
        except subprocess.CalledProcessError:
            if "Address already in use" not in log.read_text():
                sys.stderr.write(log.read_text())
                raise
            log.unlink()
        else:
            return port
    msg = f"no free port was found for PostgreSQL in {CLUSTER_STARTS} attempts"
    raise RuntimeError(msg)


def _find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _prepare_template(running: Cluster) -> None:
    running.execute(
        f"CREATE ROLE {CLUSTER_OWNER} LOGIN CREATEROLE CREATEDB",
        f"CREATE DATABASE {TEMPLATE_DATABASE}",
    )
    running.execute("CREATE EXTENSION postgis", database=TEMPLATE_DATABASE)


def _run_program(binaries: Path, directory: Path, program: str, *words: str) -> None:
    command = [str(binaries / program), *words]
    if os.geteuid() == 0:
        command = [*_build_user_command(_choose_server_user()), *command]
    # A server that inherits a pipe would keep it open: the output goes to a file.
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(  # noqa: S603 - words of our own
            command, cwd=directory, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            env={**os.environ, "LC_ALL": "C"}, check=False,
        )  # fmt: skip
        if done.returncode:
            output.seek(0)
            sys.stderr.write(output.read())
            done.check_returncode()


def _build_user_command(user: str) -> list[str]:
    if shutil.which("runuser"):
        return ["runuser", "-u", user, "--"]
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--"]

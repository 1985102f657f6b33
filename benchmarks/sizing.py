"""
Measure what each process of a deployment needs: `python -m benchmarks.sizing [METERS ...]`.

Each command runs as it does in production, in a process of its own: its peak memory as the kernel
counted it, its processor time, what it leaves on the disk, the connections it keeps. Each size is a
column of the table in docs/deploy.md; those of other sizes stay.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import httpx
import psycopg

import gridtwin
from benchmarks.ami_postgis import _read_processor_time as read_server_processor_time
from benchmarks.report import machine, read_figures, replace_figures
from gridtwin.store.postgis.cluster import run_cluster
from gridtwin.stream.broker.node import running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridtwin.store.postgis.cluster import Cluster

SIZES = {60_000: "", 596_906: "M", 2_700_000: "L"}
GRIDTWIN = str(Path(sys.executable).with_name("gridtwin"))
SERVER = {"shared_buffers": "1GB", "max_wal_size": "4GB", "autovacuum": "on"}
READINGS = "2026-07-01T00:00:00Z", "2026-07-01T00:15:00Z"  # one interval of all meters
OUTAGES = 50
RECEIVER = "https://receiver.invalid/"  # that nobody answers for: what waits for it is counted
AT_ONCE = 32  # requests to a server
MB = 2**20
PAGE = "deploy.md"
CONNECTIONS = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE application_name = 'gridtwin' AND backend_type = 'client backend'"
)


class Spent(NamedTuple):
    """What a process needed."""

    memory_mb: float  # at its peak
    processor_s: float


class Figures(dict[str, str]):
    """What was measured of one size, by its name in the table."""

    def note(self, what: str, spent: Spent) -> None:
        """Note what a process needed."""
        self[f"`{what}`: memory, MB"] = f"{spent.memory_mb:,.0f}"
        self[f"`{what}`: processor time, s"] = f"{spent.processor_s:,.3g}"


def run_command(*words: str) -> Spent:
    """Run a command to its end, and return what it needed."""
    settings = {**os.environ, "GRIDTWIN_WEBHOOK_KEY": "0" * 32}
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen([GRIDTWIN, *words], stdout=said, stderr=said, env=settings)
        # The kernel's own peak of a child begins with that of its parent: look for its own.
        memory = 0.0
        while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
            memory = max(memory, _read_peak_mb(process.pid))
            time.sleep(0.02)
        process.returncode = os.waitstatus_to_exitcode(ended[1])
        if process.returncode:
            said.seek(0)
            msg = f"{words}: {said.read().decode()[-2_000:]}"
            raise RuntimeError(msg)
    return Spent(memory, ended[2].ru_utime + ended[2].ru_stime)


@contextmanager
def run_server(twin: str) -> Iterator[tuple[str, subprocess.Popen[str], float]]:
    """Serve a twin; give its address, its process, and the processor seconds until it is ready."""
    command = [GRIDTWIN, "serve", "--in", twin, "--port", "0"]
    settings = {**os.environ, "GRIDTWIN_RATE": "0/0"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=settings) as process:
        try:
            lines = iter(process.stderr or ())
            url = next(
                match[1] for line in lines if (match := re.search(r"at (http://\S+)/", line))
            )
            while not _is_ready(url):
                time.sleep(0.05)
            yield url, process, _read_process_time(process.pid)
        finally:
            process.terminate()
            process.communicate()


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/ready").status_code == 200
    except httpx.TransportError:
        return False


def _read_process_time(pid: int) -> float:
    parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


def _read_peak_mb(pid: int) -> float:
    peaks = re.findall(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(peaks[0]) / 1024 if peaks else 0.0  # none: it has ended


def weigh_folder(folder: Path) -> float:
    """Return the megabytes of the files of a folder."""
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file()) / MB


def weigh_database(url: str) -> float:
    """Return the megabytes of a database."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    assert row is not None
    return float(row[0]) / MB


def weigh_postgres(server: Cluster) -> float:
    """Return the megabytes of memory of a server: what its processes share is counted once."""
    postmaster = (server.directory / "data/postmaster.pid").read_text().split()[0]
    total = 0.0
    for place in Path("/proc").glob("[0-9]*"):
        try:
            parent = (place / "stat").read_text().rpartition(")")[2].split()[1]
            if postmaster in (place.name, parent):
                (share,) = re.findall(
                    r"^Pss:\s+(\d+) kB", (place / "smaps_rollup").read_text(), re.MULTILINE
                )
                total += int(share) / 1024
        except OSError:  # it has ended
            continue
    return total


def ask_server(url: str, mrids: list[str]) -> None:
    """Ask a server what a control room asks, many at once."""
    paths = ["/api", "/api/state", "/api/outages"]
    paths += [f"/api/elements/{mrid}" for mrid in mrids]
    paths += [f"/api/trace/downstream?of={mrid}" for mrid in mrids]
    paths += [f"/api/search?q={mrid[:8]}" for mrid in mrids]
    with (
        httpx.Client(base_url=url, timeout=None) as client,  # noqa: S113 - it may be busy
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        for answer in pool.map(client.get, paths * 3):
            answer.raise_for_status()


def count_connections(url: str) -> int:
    """Return how many connections programs of gridtwin have to a database."""
    with psycopg.connect(url) as connection:
        row = connection.execute(CONNECTIONS).fetchone()
    assert row is not None
    return int(row[0])


def measure_folder(home: Path, meters: int, figures: Figures) -> list[str]:
    """Measure a twin in a folder; return some of its devices."""
    figures.note("new", run_command("new", str(home), "--meters", str(meters), "--seed", "1"))
    figures["twin in a folder, without readings, MB"] = f"{weigh_folder(home):,.0f}"
    heads = gridtwin.open(home).network.feeders["head"].head(OUTAGES).tolist()
    with run_server(str(home)) as (url, process, processor_s):
        ask_server(url, heads)
        figures["`serve`, a folder: memory, MB"] = f"{_read_peak_mb(process.pid):,.0f}"
        figures["`serve`, a folder: processor time to `/ready`, s"] = f"{processor_s:,.3g}"
    figures.note(
        "backup write", run_command("backup", "write", f"{home}.backups", "--in", str(home))
    )
    return heads


def measure_database(
    home: Path, url: str, server: Cluster, heads: list[str], figures: Figures
) -> None:
    """Measure the same twin in a database: mirror, server, estimates."""
    before = read_server_processor_time(server)
    figures.note("sync", run_command("sync", str(home), url))
    spent = read_server_processor_time(server) - before
    figures["`sync`: processor time of PostgreSQL, s"] = f"{spent:,.3g}"
    figures["database, without readings, MB"] = f"{weigh_database(url):,.0f}"
    run_command("webhooks", "add", RECEIVER, "--in", url)
    twin = gridtwin.open(url)
    for mrid in heads:
        twin.outages.open(mrid)
    del twin
    with run_server(url) as (address, process, processor_s):
        ask_server(address, heads)
        figures["`serve`, a database: memory, MB"] = f"{_read_peak_mb(process.pid):,.0f}"
        figures["`serve`, a database: processor time to `/ready`, s"] = f"{processor_s:,.3g}"
        figures["`serve`, a database: connections"] = str(count_connections(url))
    figures.note("erm run", run_command("erm", "run", "--in", url))
    figures.note("webhooks run", run_command("webhooks", "run", "--once", "--in", url))
    public = str(home.with_suffix(".public"))
    figures.note("publish outage-map", run_command("publish", "outage-map", public, "--in", url))


def measure_ingest(url: str, server: Cluster, meters: int, figures: Figures) -> None:
    """Measure one interval of all meters, through Kafka."""
    kept = weigh_database(url)
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), heap_mb=384) as node:
        begin, end = READINGS
        made = ("stream", "simulate", "--in", url, "--from", begin, "--to", end)
        run_command(*made, "--sink", f"kafka://{node.brokers}")
        before = read_server_processor_time(server)
        taken = ("stream", "run", "--in", url, "--brokers", node.brokers, "--until-end")
        with ThreadPoolExecutor(1) as pool:
            running_worker = pool.submit(run_command, *taken)
            most = 0
            while not running_worker.done():
                most = max(most, count_connections(url))
                time.sleep(0.2)
            spent = running_worker.result()
    figures["`stream run`: memory, MB"] = f"{spent.memory_mb:,.0f}"
    figures["`stream run`: connections"] = str(most)
    of_server = (read_server_processor_time(server) - before) / meters
    figures["a reading: processor time of the worker, µs"] = (
        f"{spent.processor_s / meters * 1e6:.3g}"
    )
    figures["a reading: processor time of PostgreSQL, µs"] = f"{of_server * 1e6:.3g}"
    figures["a reading in the database, bytes"] = (
        f"{(weigh_database(url) - kept) * MB / meters:,.0f}"
    )
    figures["PostgreSQL: memory, `shared_buffers` of 1 GB, MB"] = f"{weigh_postgres(server):,.0f}"


def measure(meters: int) -> Figures:
    """Return the figures of one size."""
    figures = Figures()
    with (
        tempfile.TemporaryDirectory(dir="/var/tmp") as folder,
        run_cluster(SERVER) as server,
        server.create_database() as url,
    ):
        home = Path(folder) / "grid.twin"
        heads = measure_folder(home, meters, figures)
        print(figures, flush=True)
        measure_database(home, url, server, heads, figures)
        print(figures, flush=True)
        measure_ingest(url, server, meters, figures)
    return figures


def main() -> None:
    """Measure, and write the table after each size."""
    columns = read_figures(PAGE)
    for meters in [int(word) for word in sys.argv[1:]] or list(SIZES):
        columns[f"{SIZES.get(meters, '')} {meters:,} meters".strip()] = measure(meters)
        write_table(columns)


def write_table(columns: dict[str, dict[str, str]]) -> None:
    """Write the figures of all sizes, the smallest first."""
    names = sorted(columns, key=lambda name: int(re.sub(r"\D", "", name)))
    rows = dict.fromkeys(what for name in names for what in columns[name])
    head = (
        f"{machine()}; memory at its peak, as the kernel counted it; `serve` was asked by {AT_ONCE}"
        " at once."
    )
    lines = [head, "", f"| | {' | '.join(names)} |", f"| --- |{' --- |' * len(names)}"]
    lines += [
        f"| {what} | {' | '.join(columns[name].get(what, '') for name in names)} |" for what in rows
    ]
    replace_figures(PAGE, lines)


if __name__ == "__main__":
    main()

"""Measure the server as its clients meet it: `python -m benchmarks.server [meters]`."""

from __future__ import annotations

import asyncio
import json
import math
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import numpy as np

import gridtwin
from benchmarks.report import Limit, machine, publish, tables
from gridtwin.analysis.state.supply_state import OUT
from gridtwin.api.views.feature_ids import FeatureIds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridtwin.twin import Twin

METERS = 596_906
CLIENTS, TILES_PER_S, LOAD_S = 200, 50, 60
MOVED = 20_000  # elements that change state at once
ZOOMS = range(10, 17)
PROGRAM = str(Path(sys.executable).with_name("gridtwin"))


def main() -> None:
    """Measure everything, and write it down."""
    meters = int(sys.argv[1]) if len(sys.argv) > 1 else METERS
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/bench.twin"
        twin = gridtwin.open(gridtwin.synthesize("houston", meters=meters, seed=1)).save(path)
        subprocess.run([PROGRAM, "tiles", "build", "--in", path], check=True)
        with serving(path) as (port, pid):
            limits = asyncio.run(measure(twin, port, pid))
            busy = os.getloadavg()[1]
    head = f"{meters:,} meters, a twin in a directory, tiles in an archive; {machine()}, client and"
    head += " server on the same two, of which others took a part"
    head += f" (load {busy:.0f}). Every answer is held against the twin's own."
    publish("The server", [head, "", *tables([], limits)])


@contextmanager
def serving(path: str) -> Iterator[tuple[int, int]]:
    """Serve a twin without a limit of rates; yield its port and process."""
    environment = {**os.environ, "GRIDTWIN_RATE": "0/0"}
    command = [PROGRAM, "serve", "--in", path, "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if found := re.search(r"at http://127.0.0.1:(\d+)/", line):
                break
        # What it logs afterwards has to be read, or the pipe fills and the server stands still.
        threading.Thread(target=process.stderr.read, daemon=True).start()
        try:
            yield int(found[1]), process.pid
        finally:
            process.terminate()


@dataclass
class Connection:
    """One kept connection; the least that HTTP needs, so that the client costs little."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def to(cls, port: int) -> Connection:
        """Connect."""
        return cls(*await asyncio.open_connection("127.0.0.1", port, limit=2**26))

    async def get(self, path: str) -> tuple[int, bytes]:
        """Return status and body."""
        request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n"
        self.writer.write(request.encode())
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = re.search(r"content-length: (\d+)", head)
        body = await self.reader.readexactly(int(length[1])) if length else b""
        if "content-encoding: gzip" in head:
            import gzip

            body = gzip.decompress(body)
        return int(head.split(" ")[1]), body


@dataclass
class Follower:
    """One client that follows what changes."""

    times: list[float] = field(default_factory=list)
    events: list[bytes] = field(default_factory=list)
    resyncs: int = 0

    async def run(self, port: int, *, keep: bool = False) -> None:
        """Follow until it is cancelled."""
        connection = await Connection.to(port)
        connection.writer.write(b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        while True:
            line = await connection.reader.readline()
            assert line, "the stream ended"
            if line.startswith(b"event: state"):
                data = await connection.reader.readline()
                self.times.append(time.perf_counter())
                if keep:
                    self.events.append(data[6:])
            self.resyncs += line.startswith(b"event: resync")


async def measure(twin: Twin, port: int, pid: int) -> list[Limit]:
    """Ask what a client asks, one after another, then all at once."""
    connection = await Connection.to(port)
    limits = [
        *await searches(twin, connection),
        *await traces(twin, connection),
        *await states(twin, connection, port),
    ]
    return limits + await load(twin, port, pid)


def quantile(times: list[float], share: float) -> float:
    """Return a quantile in milliseconds."""
    return float(np.quantile(np.array(times) * 1e3, share))


async def searches(twin: Twin, connection: Connection) -> list[Limit]:
    """Search for ids, whole and in part, and for what is nowhere."""
    data, rng, times = twin.store.network.data, random.Random(1), []
    for step in range(300):
        table = (data.usage_points, data.equipment, data.feeders)[step % 3]
        mrid = bytes(rng.choice(table.mrid)).decode()
        part = {0: mrid, 1: mrid[:-2], 2: mrid[2:-1], 3: f"{mrid}x"}[step % 4]
        began = time.perf_counter()
        status, body = await connection.get(f"/api/search?q={quote(part)}")
        times.append(time.perf_counter() - began)
        found = [each["mrid"] for each in json.loads(body)["results"]]
        assert status == 200
        assert all(part.lower() in each.lower() for each in found)
        assert found[0] == mrid if step % 4 == 0 else bool(found) == (step % 4 != 3)
    return [
        Limit("search, median", quantile(times, 0.5), 20, "ms"),
        Limit("search, p99", quantile(times, 0.99), 50, "ms"),
    ]


async def traces(twin: Twin, connection: Connection) -> list[Limit]:
    """Trace from the heads of feeders."""
    data, times = twin.store.network.data, []
    for head in data.feeders.head[:200].tolist():
        mrid = bytes(data.equipment.mrid[head]).decode()
        began = time.perf_counter()
        status, body = await connection.get(f"/api/trace/downstream?of={quote(mrid)}")
        times.append(time.perf_counter() - began)
        assert status == 200
        assert json.loads(body)["customers"] == twin.trace("downstream", mrid).customers
    return [
        Limit("trace from a feeder head, ids, median", quantile(times, 0.5), 50, "ms"),
        Limit("trace from a feeder head, ids, p99", quantile(times, 0.99), 150, "ms"),
    ]


async def states(twin: Twin, connection: Connection, port: int) -> list[Limit]:
    """Open the heads of as many feeders as move twenty thousand elements, then close them."""
    follower = Follower()
    task = asyncio.create_task(follower.run(port, keep=True))
    heads, moved = _heads(twin)
    features, times = FeatureIds(twin.store.network.data), []
    for step in range(10):
        version = await asyncio.to_thread(_switched, twin, heads, opened=step % 2 == 0)
        written = time.perf_counter()
        while not follower.events or json.loads(follower.events[-1])["version"] < version:
            await asyncio.sleep(0.001)
        times.append(follower.times[-1] - written)
        supply, out, back = twin.supply(), set[int](), set[int]()
        for event in map(json.loads, follower.events):
            out |= set(event["out"].get("usage_points", ()))
            back |= set(event["back"].get("usage_points", ()))
        expected = features.collect_ids(
            points=np.flatnonzero(supply.points == OUT).astype(np.int32)
        )
        assert (back if step % 2 else out) >= set(expected.get("usage_points", ()))
        assert json.loads(follower.events[-1])["customers_out"] == supply.customers_out
        follower.events.clear()
    task.cancel()
    status, body = await connection.get("/api/state")
    assert (status, json.loads(body)["customers_out"]) == (200, 0)
    what = f"{len(heads)} operations that move {moved:,} elements: last written to all told"
    return [
        Limit(f"{what}, median", quantile(times, 0.5), 400, "ms"),
        Limit("the same, slowest", quantile(times, 1.0), 600, "ms"),
    ]


def _switched(twin: Twin, mrids: list[str], *, opened: bool) -> int:
    for mrid in mrids:
        version = twin.switch(mrid, open=opened).version
    return version


def _heads(twin: Twin) -> tuple[list[str], int]:
    """Return heads of feeders that together move about `MOVED` elements, and how many."""
    data = twin.store.network.data
    heads = [bytes(data.equipment.mrid[row]).decode() for row in data.feeders.head.tolist()]
    count = len(heads)
    for count in range(1, len(heads) + 1):
        found = twin.what_if(dict.fromkeys(heads[:count], True))
        moves = found.supply_after.find_changes(found.supply_before)
        moved = len(moves.points) + len(moves.equipment)
        if moved >= MOVED:
            break
    return heads[:count], moved


async def load(twin: Twin, port: int, pid: int) -> list[Limit]:
    """Let many clients follow and ask for tiles for a minute, while switches are operated."""
    followers = [Follower() for _ in range(CLIENTS)]
    tasks = [asyncio.create_task(each.run(port)) for each in followers]
    await asyncio.sleep(2)
    rss = [read_rss_mb(pid)]
    times: list[float] = []
    errors: list[int] = []
    pool: asyncio.Queue[Connection] = asyncio.Queue()
    for _ in range(16):
        pool.put_nowait(await Connection.to(port))
    paths = list_tile_paths(twin)
    stop = threading.Event()
    operated: list[float] = []
    operating = asyncio.create_task(asyncio.to_thread(_operate, twin, stop, operated))

    async def one(path: str) -> None:
        began = time.perf_counter()  # the wait for a connection counts: it is the server's
        connection = await pool.get()
        status, _ = await connection.get(path)
        times.append(time.perf_counter() - began)
        if status not in {200, 204}:
            errors.append(status)
        pool.put_nowait(connection)

    began, asked = time.perf_counter(), []
    for step in range(LOAD_S * TILES_PER_S):
        await asyncio.sleep(max(0.0, began + step / TILES_PER_S - time.perf_counter()))
        asked.append(asyncio.create_task(one(paths[step % len(paths)])))
        if step % (10 * TILES_PER_S) == 0:
            rss.append(read_rss_mb(pid))
    await asyncio.gather(*asked)
    stop.set()
    await operating
    await asyncio.sleep(1)
    rss.append(read_rss_mb(pid))
    ended = [task for task in tasks if task.done()]
    counts = {len(each.times) for each in followers}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    print(f"rss {rss} operations {len(operated)} events {counts} errors {errors[:5]}")
    assert len(counts) == 1, "every client hears every event"
    resyncs = sum(each.resyncs for each in followers)
    what = f"{CLIENTS} followers, {TILES_PER_S} tiles a second, {len(operated)} operations, 1 min"
    return [
        Limit(f"{what}: errors", len(errors) + len(ended) + resyncs, 1, ""),
        Limit("the same: tile, median", quantile(times, 0.5), 100, "ms"),
        Limit("the same: tile, p99", quantile(times, 0.99), 250, "ms"),
        Limit("the same: memory grown after the first ten seconds", max(rss[-1] - rss[2], 0.0), 50,
              "MB"),
    ]  # fmt: skip


def _operate(twin: Twin, stop: threading.Event, operated: list[float]) -> None:
    """Open and close switches, one a second."""
    data, rng = twin.store.network.data, random.Random(2)
    heads = [bytes(data.equipment.mrid[row]).decode() for row in data.feeders.head.tolist()]
    while not stop.wait(0.5):
        mrid = rng.choice(heads)
        for opened in (True, False):
            twin.switch(mrid, open=opened)
            operated.append(time.perf_counter())
            if stop.wait(0.5):
                twin.switch(mrid, open=False)
                return


def list_tile_paths(twin: Twin) -> list[str]:
    """Return tiles where meters are, at every zoom that is looked at."""
    data, rng = twin.store.network.data, random.Random(3)
    paths = []
    for _ in range(2_000):
        lon, lat = data.usage_points.xy[rng.randrange(len(data.usage_points.mrid))].tolist()
        zoom = rng.choice(ZOOMS)
        side = 1 << min(zoom, 15)
        x = int((lon + 180) / 360 * side)
        y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * side)
        paths.append(f"/tiles/grid/{min(zoom, 15)}/{x}/{y}.mvt?v={twin.store.network_hash}")
    return paths


def read_rss_mb(pid: int) -> float:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else math.nan


if __name__ == "__main__":
    main()
